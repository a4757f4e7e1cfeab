"""Wall clocks that jump, one process at a time, while monotonic clocks go on.

A small library is preloaded into the processes. (libfaketime 0.9.10 would do it, but after a jump
its sleep takes the moved clock for the monotonic one, and fails or never ends.)
"""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.faults.chaos import Injected

_SOURCE = Path(__file__).with_name("clock_jump.c")
_JUMPS_S = (-3 * 3600, -1200, -90, -15, 15, 90, 1200, 3 * 3600)


class Clocks:
    """How far the wall clock of each process is off, in whole seconds; at first not at all."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        folder.mkdir(parents=True)
        self._library = _built(folder)
        self._files = {name: folder / f"{name}.clock" for name in names}
        for name in names:
            self.set(name, 0)

    def set(self, name: str, off_s: int) -> None:
        """Move the clock of one process, now and for as long as it is not moved again."""
        file = self._files[name]
        with file.open("r+b" if file.exists() else "wb") as opened:
            opened.write(struct.pack("=q", off_s))

    def settings(self, name: str) -> Mapping[str, str]:
        """What the process must find in its environment."""
        return {"LD_PRELOAD": str(self._library), "IHALA_TEST_CLOCK": str(self._files[name])}


class ClockJump:
    """A clock is set wrong, by a quarter of a minute up to three hours, and right again later."""

    kind = "clock jump"

    def __init__(self, clocks: Clocks, names: Sequence[str]) -> None:
        self._clocks = clocks
        self._names = sorted(names)

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        name, off_s = chance.choice(self._names), chance.choice(_JUMPS_S)
        lasts_s = chance.uniform(5, 30)
        self._clocks.set(name, off_s)
        return Injected(f"{name}, {off_s:+} s", lasts_s, lambda: self._clocks.set(name, 0))


def _built(folder: Path) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        raise RuntimeError("no C compiler for the clocks that jump: install one (Debian: gcc)")
    library = folder / "clock_jump.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
    subprocess.run(command, check=True)
    return library
