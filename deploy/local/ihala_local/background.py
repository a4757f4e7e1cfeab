"""The stack as a process of its own that goes on when the terminal is gone."""

from __future__ import annotations

import subprocess
import sys

from ihala.testing.processes import DiedError
from ihala.testing.waiting import wait_for
from ihala_local.places import Places
from ihala_local.stack import Told

_START_S = 180


def start(places: Places, told: Told) -> None:
    """Start ``serve`` in a session of its own; returns when the stack is ready.

    Raises DiedError with the end of its log when it gave up.
    """
    places.stack_file.unlink(missing_ok=True)
    log = places.log("stack")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ihala_local", "serve", "--folder", str(places.folder)]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_for(
        lambda: _is_ready(child, places, told),
        deadline_s=_START_S,
        what=f"the stack; see {log}",
        every_s=0.2,
    )


def _is_ready(child: subprocess.Popen[bytes], places: Places, told: Told) -> bool:
    lines = places.log("stack").read_text(encoding="utf-8", errors="replace").splitlines()
    if child.poll() is not None:
        raise DiedError("it did not start:\n" + "\n".join(lines[-30:]))
    if lines:
        told(lines[-1].strip())
    return places.stack_file.exists()
