"""The web and worker processes of the services, as parts that a supervisor can keep up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import httpx

from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for
from ihala_local.environments import (
    Around,
    settings_of_web,
    settings_of_worker,
    url_of,
    web_name,
    worker_name,
)
from ihala_local.places import ROOT

_START_S = 60
_AS_IN_THE_IMAGE = {"PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}


class Service:
    """One process of one service; it is ready when ``probe`` answers 200."""

    def __init__(self, process: Process, probe: str) -> None:
        self.process = process
        self._probe = probe

    def start(self) -> None:
        """Start it; it may take a moment until ``wait_until_ready`` would return."""
        self.process.start()

    def wait_until_ready(self) -> None:
        """Return when it serves; raises with the end of its log when it ended instead."""
        wait_for(
            self._is_ready,
            deadline_s=_START_S,
            what=f"{self.process.name} at {self._probe}",
            every_s=0.1,
            retry_on=(httpx.TransportError,),
        )

    def kill(self) -> None:
        """SIGKILL to it and its children."""
        self.process.kill()

    def stop(self) -> None:
        """SIGTERM, so that it finishes what it has begun."""
        self.process.stop()

    def _is_ready(self) -> bool:
        self.process.check_alive()
        return httpx.get(self._probe, timeout=2).status_code == httpx.codes.OK


def web(service: str, around: Around, number: int = 1) -> Service:
    """A web process: gunicorn, as deployed."""
    config = str(ROOT / "deploy" / "gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", config]
    process = _process(
        web_name(service, number),
        [*command, f"ihala_{service}.wsgi:application()"],
        settings_of_web(service, around, number),
        around,
    )
    return Service(process, f"{url_of(service, around, number)}/readyz")


def worker(service: str, around: Around, number: int = 1) -> Service:
    """A worker process: relay, consumers, due work."""
    name = worker_name(service, number)
    process = _process(
        name,
        [sys.executable, "-m", f"ihala_{service}.worker"],
        settings_of_worker(service, around, number),
        around,
    )
    host, port = around.ground.host_of(name), around.ports[f"{name}-metrics"]
    return Service(process, f"http://{host}:{port}/readyz")


def _process(name: str, command: list[str], settings: Mapping[str, str], around: Around) -> Process:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("IHALA_")}
    environment = inherited | dict(settings) | _AS_IN_THE_IMAGE
    command = list(around.ground.command(name, command))
    return Process(name, command, log=around.places.log(name), environment=environment)
