"""Whether this machine can run a Docker engine and containers: ``python -m tests.compose.probe``.

Exits with 0 when it can, else with 1 and the reason. Nothing is left behind.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.compose.engine import Engine, NoEngineError

from ihala.testing.waiting import NotInTimeError

_NOTHING = "int main(void) { return 0; }"


def try_a_container(engine: Engine, folder: Path) -> None:
    """Run a program that does nothing, on a network of its own; raises when that fails."""
    program = ["cc", "-static", "-x", "c", "-", "-o", str(folder / "nothing")]
    subprocess.run(program, input=_NOTHING, text=True, check=True)
    with tarfile.open(folder / "image.tar", "w") as image:
        image.add(folder / "nothing", "nothing")
    engine.run("import", str(folder / "image.tar"), "ihala-probe")
    engine.run("network", "create", "ihala-probe")
    limits = ["--read-only", "--cap-drop", "ALL", "--memory", "64m"]
    engine.run("run", "--rm", "--network", "ihala-probe", *limits, "ihala-probe", "/nothing")


def main() -> int:
    """Start an engine, run a container on it, stop it; the exit status."""
    engine = Engine(Path(tempfile.mkdtemp(prefix="ihala-probe-")))
    try:
        engine.start()
        with tempfile.TemporaryDirectory() as folder:
            try_a_container(engine, Path(folder))
    except (NoEngineError, NotInTimeError, AssertionError, subprocess.SubprocessError) as error:
        print(f"no containers can be run here: {error}", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        engine.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
