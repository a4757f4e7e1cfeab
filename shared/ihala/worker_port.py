"""The worker's own port: /metrics for Prometheus, /healthz and /readyz for whoever keeps it up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Protocol, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

StartResponse = Callable[..., Any]


class Watched(Protocol):
    """A task, as far as its health is concerned."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def waiting_for(self) -> str | None:
        """What keeps it from its work, or None."""


class _Waiting(Collector):
    """Which tasks wait, as Prometheus reads it: asked at each scrape, so that it is never old."""

    def __init__(self, tasks: Sequence[Watched]) -> None:
        self._tasks = tasks

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client.registry.Collector."""
        waiting = GaugeMetricFamily(
            "ihala_task_waiting", "1 while a task waits for the world.", labels=["task"]
        )
        for task in self._tasks:
            waiting.add_metric([task.name], 1.0 if task.waiting_for else 0.0)
        yield waiting


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Probes come every few seconds and are not worth a line."""


class WorkerPort:
    """Serves while it is entered; port 0 serves nothing."""

    def __init__(self, bind: str, port: int, tasks: Sequence[Watched]) -> None:
        self._tasks = tasks
        self._metrics = make_wsgi_app()
        self._waiting = _Waiting(tasks)
        self._server: WSGIServer | None = None
        if port:
            self._server = make_server(bind, port, self._answer, _Server, _Quiet)

    def __enter__(self) -> Self:
        if self._server:
            REGISTRY.register(self._waiting)
            threading.Thread(target=self._server.serve_forever, name="port", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            REGISTRY.unregister(self._waiting)

    def _answer(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            scraped: Iterable[bytes] = self._metrics(environ, start)
            return scraped
        if path == "/healthz":
            return _say(start, "200 OK", {"status": "alive"})
        if path == "/readyz":
            return self._readiness(start)
        return _say(start, "404 Not Found", {"paths": ["/metrics", "/healthz", "/readyz"]})

    def _readiness(self, start: StartResponse) -> Iterable[bytes]:
        missing = {task.name: task.waiting_for for task in self._tasks if task.waiting_for}
        if missing:
            waiting = {"status": "waiting", "waiting_for": missing}
            return _say(start, "503 Service Unavailable", waiting)
        return _say(start, "200 OK", {"status": "ready"})


def _say(start: StartResponse, status: str, body: dict[str, Any]) -> Iterable[bytes]:
    payload = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
    start(status, headers)
    return [payload]
