"""The documentation's lines, copied one by one, do what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ihala.testing.waiting import wait_for
from ihala_local.places import ROOT
from ihala_local.runner import running

pytestmark = pytest.mark.xdist_group("embedded-stack")

PUBLISHING = "docs/events/publishing.md"
PAGES = ("README.md", PUBLISHING, "docs/registry.md")
DATA = Path(os.environ.get("IHALA_DATA", ROOT.parent / "shared" / "data")).resolve()
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_STRICT = 'set -eu\ncurl() { command curl --fail-with-body "$@"; }\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that looks like the project's after ``make up``."""
    folder = tmp_path_factory.mktemp("documentation")
    (folder / ".venv").symlink_to(sys.prefix)
    for place in ("docs", "shared", "deploy"):
        (folder / place).symlink_to(ROOT / place)
    with running(folder / ".run", lambda _: None):
        yield folder


def script_of(page: str) -> str:
    """All of a page's blocks as one script that stops at the first line that fails."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = [
        block if kind == "sh" else f".venv/bin/python - <<'PYTHON'\n{block}PYTHON\n"
        for kind, block in _BLOCK.findall(text)
    ]
    return _STRICT + "".join(lines)


@pytest.fixture(scope="module")
def kcat_works(folder: Path) -> bool:
    """Whether there is a kcat that the embedded broker understands."""
    ask = ". .run/stack.sh; timeout 20 kcat -L -b $KAFKA"
    return shutil.which("kcat") is not None and bash(ask, folder).returncode == 0


def bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash"],
        input=script,
        cwd=folder,
        env={**os.environ, "IHALA_DATA": str(DATA)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_pages_lines_can_be_copied(folder: Path, page: str, kcat_works: bool) -> None:
    """Every request of the page succeeds."""
    script = script_of(page)
    if "kcat" in script and not kcat_works:
        pytest.skip("no kcat here that the embedded broker understands (librdkafka 2.0 is too old)")
    if "$IHALA_DATA" in script and not DATA.exists():
        pytest.skip(f"the page's example data are not at {DATA}; set IHALA_DATA")

    done = bash(script, folder)

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_what_the_ten_lines_of_python_publish_has_its_effect(folder: Path) -> None:
    """The capacity report changes the facility, the request makes a referral."""
    setting, example = _BLOCK.findall((ROOT / PUBLISHING).read_text(encoding="utf-8"))[:2]
    ask = """
        . .run/stack.sh
        curl -sS -H "Authorization: Bearer $TOKEN_CLINIC_A" \\
            "$REGISTRY/v1/facilities/$CLINIC_B/services/dialysis"
        curl -sS -H "Authorization: Bearer $TOKEN_CLINIC_A" \\
            "$REFERRALS/v1/referrals?direction=outgoing&limit=5"
    """

    published = bash(f"{setting[1]}.venv/bin/python - <<'PYTHON'\n{example[1]}PYTHON\n", folder)

    assert published.returncode == 0, published.stderr
    parts = ('"available":4', "HIS-2291")
    wait_for(
        lambda: all(part in bash(ask, folder).stdout for part in parts),
        deadline_s=30,
        every_s=0.5,
        what="what the events do",
    )
