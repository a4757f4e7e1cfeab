"""One runner at a time for a folder, even when the last one was killed."""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

from ihala.testing.waiting import wait_for


class AlreadyUpError(RuntimeError):
    """Another runner holds the folder."""


class RunnerLock:
    """A locked file with the process id of its holder; the system unlocks it when that one ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle: int | None = None

    def take(self) -> None:
        """Hold it until this process ends; raises AlreadyUpError when another one does."""
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise AlreadyUpError(
                f"it is up already (process {self.holder()}); `make down` stops it"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle

    def holder(self) -> int | None:
        """The process that holds it, or None."""
        if not self._file.exists() or not self._is_taken():
            return None
        text = self._file.read_text(encoding="utf-8")
        return int(text) if text else None

    def end_holder(self, deadline_s: float = 90) -> bool:
        """Ask the holder to stop and wait until it has; False when there is none."""
        pid = self.holder()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        wait_for(
            lambda: not self._is_taken(), deadline_s=deadline_s, what=f"process {pid}", every_s=0.1
        )
        return True

    def release(self) -> None:
        """Let go, and remove the file."""
        if self._handle is not None:
            self._file.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None

    def _is_taken(self) -> bool:
        if not self._file.exists():
            return False
        handle = os.open(self._file, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False
