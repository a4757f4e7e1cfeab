"""One of everything, as ``docker-compose.yml`` says, once for all tests of the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.compose.conftest import deployment_of
from tests.compose.deployment import Deployment
from tests.compose.engine import Engine


@pytest.fixture(scope="module")
def spare(engine: Engine, images: dict[str, str]) -> Iterator[Deployment]:
    """The project's files and secrets, with nothing started, for things to go wrong with.

    What runs by then has been proven and makes room: two deployments are much for two cores.
    """
    if running := engine.run("ps", "--quiet").split():
        engine.run("stop", "--time", "5", *running)
    with deployment_of(engine, images, "ihala-spare") as deployment:
        yield deployment


@pytest.fixture(scope="session")
def deployed(
    engine: Engine, images: dict[str, str], say: Callable[[str], None]
) -> Iterator[Deployment]:
    with deployment_of(engine, images, "ihala-proof") as deployment:
        deployment.up()
        say("all containers are well")
        yield deployment
