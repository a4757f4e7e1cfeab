"""The worker process: a few named tasks, each in its own thread, that live and die together.

It answers /metrics, /healthz and /readyz on a port of its own; /readyz says what it waits for.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from ihala import tracing
from ihala.config import ConfigError, load
from ihala.logs import configure, logger
from ihala.metrics import count_failure
from ihala.mongo import Database, Document, connect, is_world_down
from ihala.settings import WorkerSettings
from ihala.worker_port import WorkerPort

log = logger(__name__)

Settings = TypeVar("Settings", bound=WorkerSettings)


class Task(Protocol):
    """Work that goes on until it is told to stop."""

    @property
    def name(self) -> str:
        """What the task is called in logs."""

    @property
    def waiting_for(self) -> str | None:
        """What keeps it from its work, in a few words without secrets; None while nothing does."""

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raising ends the whole process, which is then restarted."""


class Loop:
    """Calls ``step`` for ever: at once while it finds something to do, else every ``idle_s``.

    ``step`` says how much it did. While the world is down the loop waits longer and longer, up to
    ten seconds; any other error ends the process. ``ring`` wakes an idle loop.
    """

    def __init__(self, name: str, step: Callable[[], int], idle_s: float = 1.0) -> None:
        self.name = name
        self.waiting_for: str | None = None
        self._step = step
        self._idle_s = idle_s
        self._bell = threading.Event()

    def ring(self) -> None:
        """There is something to do."""
        self._bell.set()

    def run(self, stop: threading.Event) -> None:
        """See Task."""
        failures = 0
        while not stop.is_set():
            try:
                self._bell.clear()
                done = self._step()
                failures, self.waiting_for = 0, None
            except Exception as error:
                if not is_world_down(error):
                    raise
                failures, self.waiting_for = failures + 1, type(error).__name__
                log.warning("waiting for the world", task=self.name, error=self.waiting_for)
                count_failure(self.name, error)
                stop.wait(min(10.0, 0.2 * 2**failures))
                continue
            if not done:
                self._wait(stop)

    def _wait(self, stop: threading.Event) -> None:
        """Wait for the bell, looking up twice a second so that stopping is prompt."""
        until = time.monotonic() + self._idle_s
        while not stop.is_set() and not self._bell.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return
            self._bell.wait(min(left, 0.5))


def run_worker(
    service: str,
    settings_of: type[Settings],
    tasks_of: Callable[[Settings, Database[Document]], Sequence[Task]],
) -> int:
    """A whole worker process, from its environment to its exit status.

    Settings that are missing or wrong, a password that MongoDB refuses among them, end it at once,
    all named (status 2). ``tasks_of`` may wait for the database.
    """
    try:
        settings = load(settings_of, os.environ)
        configure(service, "worker", settings.log_level)
        tracing.start(service, "worker", settings.otlp_endpoint)
        tasks = tasks_of(settings, connect(settings.mongodb_uri))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - an operator reads it, no program
        return 2
    try:
        with WorkerPort(settings.bind, settings.metrics_port, tasks):
            return run_tasks(tasks)
    finally:
        tracing.stop()


def run_tasks(tasks: Sequence[Task]) -> int:
    """Run the tasks until SIGTERM or SIGINT (exit status 0), or until one fails (status 1)."""
    stop = threading.Event()
    failed: list[str] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [
        threading.Thread(target=_guarded, args=(task, stop, failed), name=task.name, daemon=True)
        for task in tasks
    ]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        pass
    deadline = time.monotonic() + 15
    for thread in threads:
        thread.join(max(0.1, deadline - time.monotonic()))
    return 1 if failed else 0


def _guarded(task: Task, stop: threading.Event, failed: list[str]) -> None:
    try:
        task.run(stop)
    except Exception:
        log.exception("task failed, the process ends", task=task.name)
        failed.append(task.name)
    finally:
        stop.set()
