"""An engine, the images, and the main job on what a folder's own ``deployed`` has started."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.compose.deployment import GATEWAY, ROOT, SERVICES, Deployment
from tests.compose.engine import Engine, spoken
from tests.compose.story import StoryThroughTheGateway, closing_story

from ihala.testing.waiting import wait_for
from ihala_local import people, sample

Say = Callable[[str], None]


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Print a line past pytest's capturing."""
    began = time.monotonic()
    capturing = request.config.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        with capturing.global_and_fixture_disabled():
            print(f"\n{time.monotonic() - began:5.0f} s  {text}", end="")  # noqa: T201

    return line


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    part = Engine(Path(tempfile.mkdtemp(prefix="ihala-engine-")))
    try:
        part.start()
        yield part
    finally:
        part.stop()


@pytest.fixture(scope="session")
def images(engine: Engine, say: Say, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The images, as a server without a network gets them: from an archive and from nowhere else.

    IHALA_IMAGES names an archive that ``deploy/images --save`` has written before.
    """
    archive = os.environ.get("IHALA_IMAGES")
    if archive is None:
        archive = str(tmp_path_factory.mktemp("archive") / "images.tar.gz")
        maker = [str(ROOT / "deploy" / "images"), "--save", archive]
        spoken(maker, engine.environment, within_s=1500)
        say("the images are made, and saved as one archive")
        engine.run("image", "prune", "--all", "--force")
        assert engine.run("image", "ls", "--quiet").split() == []
    engine.run("load", "--input", archive, within_s=600)
    named = engine.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    say(f"images: {', '.join(sorted(named))}")
    return {name.partition(":")[0]: name for name in named}


@contextmanager
def deployment_of(engine: Engine, images: dict[str, str], project: str) -> Iterator[Deployment]:
    """A deployment of its own that is taken down, data included, in the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"{project}-"))
    folder.chmod(0o755)
    deployment = Deployment(engine, folder, images["python"], project)
    try:
        with pytest.MonkeyPatch.context() as patch:
            # Our own HTTP clients believe the authority that deploy/secrets made, and no other.
            patch.setenv("SSL_CERT_FILE", str(deployment.secrets / "authority_certificate"))
            yield deployment
    finally:
        wait_for(
            partial(deployment.down, "--volumes", "--timeout", "5"),
            deadline_s=120,
            what="the engine to let go of its networks",
            every_s=2,
            retry_on=(AssertionError,),
        )
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stack(deployed: Deployment) -> dict[str, Any]:
    """What the story needs to know: addresses, tokens, and the ids of the facilities."""
    editor = people.editor_token(deployed.issuer)
    made = sample.put_in(
        f"{GATEWAY}/registry",
        editor,
        deployed.folder / "sample.json",
        only=lambda facility: (
            "dialysis" in str(facility["services"]) or facility["key"].startswith("kafr-takharim")
        ),
    )
    places = {"clinic_a": made.clinic_a, "clinic_b": made.clinic_b}
    return {name: f"{GATEWAY}/{name}" for name in SERVICES} | {
        "tokens": people.tokens(deployed.issuer, places, made.organisation),
        "facilities": places,
        "mail_dir": str(deployed.mail),
    }


@pytest.fixture(scope="session")
def told(stack: dict[str, Any], say: Say) -> Iterator[StoryThroughTheGateway]:
    """A story told to its end, before anything was restarted."""
    with closing_story(stack) as story:
        story.tell()
        say("the main job is done")
        yield story
