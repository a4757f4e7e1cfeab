"""Child processes that can be killed and started again, and that never outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class DiedError(RuntimeError):
    """A process ended that should have stayed up; the message holds the end of its log."""


class Process:
    """One command, run again and again on the same settings; its output is appended to ``log``.

    On Linux the kernel kills it when the thread that started it ends, so start it from a thread
    that lives as long as the process should.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.log = log
        self._environment = environment
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the last start."""
        if self._child is None:
            raise DiedError(f"{self.name} was never started")
        return self._child.pid

    def start(self) -> None:
        """Start it; does nothing when it runs already."""
        if self.is_alive():
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self._environment) if self._environment is not None else None,
                cwd=self._folder,
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - only calls into the C library
            )

    @property
    def exit_status(self) -> int | None:
        """How the last run ended, as ``subprocess`` says it; None while it runs."""
        return self._child.poll() if self._child else None

    def is_alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def check_alive(self) -> None:
        """Raise DiedError with the end of the log when it has ended."""
        if not self.is_alive():
            code = self._child.returncode if self._child else "never started"
            raise DiedError(f"{self.name} ended (exit {code}):\n{self.log_end()}")

    def log_end(self, size: int = 4000) -> str:
        """The last ``size`` bytes of its output."""
        if not self.log.exists():
            return "(no log)"
        return self.log.read_bytes()[-size:].decode(errors="replace")

    def kill(self) -> None:
        """SIGKILL to it and its children: what a power cut would do to them."""
        self._signal(signal.SIGKILL, whole_group=True)
        self._wait(10)

    def pause(self) -> None:
        """SIGSTOP to it and its children: they stand still, and their connections stay open."""
        self._signal(signal.SIGSTOP, whole_group=True)

    def resume(self) -> None:
        """SIGCONT: they go on where they stood still."""
        self._signal(signal.SIGCONT, whole_group=True)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting for what it does."""
        self._signal(signal.SIGTERM)

    def stop(self, grace_s: float = 15.0) -> None:
        """SIGTERM, then SIGKILL when it has not ended after ``grace_s`` seconds."""
        self.ask_to_stop()
        try:
            self._wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: signal.Signals, *, whole_group: bool = False) -> None:
        if self._child is None or self._child.poll() is not None:
            return
        if whole_group:
            os.killpg(self._child.pid, number)
        else:
            self._child.send_signal(number)

    def _wait(self, timeout_s: float) -> None:
        if self._child is not None:
            self._child.wait(timeout_s)


def _die_with_parent() -> Callable[[], object] | None:
    """Asks Linux to kill the child when its parent ends, however it ends."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
