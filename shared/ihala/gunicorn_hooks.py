"""gunicorn's hooks: one /metrics for all web processes, and problems where HTTP itself is broken.

``deploy/gunicorn.conf.py`` calls ``share_metrics()`` while it is read (before the service is
imported), and imports ``when_ready``, ``post_fork``, ``post_worker_init``, ``child_exit``,
``on_exit`` and ``worker_exit`` from here.
The arbiter serves the metrics on their own port. It never imports the service.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import socket
import tempfile
from typing import Any

from ihala.gunicorn_worker import Worker

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_OWNER = "IHALA_METRICS_OWNER"
_YOUNG_OBJECTS = 10_000
_KINDS = {400: "bad-request", 414: "uri-too-long", 431: "headers-too-large"}


def share_metrics() -> None:
    """Make a fresh directory where the web processes keep their counters, when metrics are on."""
    if int(os.environ.get("IHALA_METRICS_PORT", "0") or "0"):
        os.environ[_DIRECTORY] = tempfile.mkdtemp(prefix="ihala-metrics-")
        os.environ[_OWNER] = str(os.getpid())


def when_ready(server: Any) -> None:
    """Serve the sum of all processes' metrics from the arbiter."""
    port = int(os.environ.get("IHALA_METRICS_PORT", "0") or "0")
    if not port:
        return
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    bind = os.environ.get("IHALA_METRICS_BIND", "127.0.0.1")
    start_http_server(port, addr=bind, registry=registry)
    server.log.info("metrics on http://%s:%s/metrics", bind, port)


def post_fork(_server: Any, _worker: Any) -> None:
    """Answer what gunicorn refuses before the service sees it with a problem document as well."""
    from gunicorn import util

    # The place where gunicorn writes its own error page, which has no setting.
    util.write_error = write_problem


def post_worker_init(_worker: Any) -> None:
    """Spare the garbage collector what was loaded, which stays, and half-built answers.

    With Python's own thresholds it took a seventh of the time of creating a referral (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 20)


def write_problem(sock: socket.socket, status: int, reason: str, _message: str) -> None:
    """Write the problem document of a request that is not HTTP, or too long a one."""
    problem = {
        "type": f"urn:ihala:problem:{_KINDS.get(status, 'bad-request')}",
        "title": reason,
        "status": status,
        "detail": "The request line or a header cannot be read, or is too long.",
        "correlation_id": os.urandom(16).hex(),
    }
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    sock.settimeout(1)
    sock.sendall(head.encode("latin-1") + body)


def worker_exit(_server: Any, _worker: Any) -> None:
    """Send the last spans of a process that ends; its service began them after the fork."""
    from ihala import tracing

    tracing.stop()


def child_exit(_server: Any, worker: Any) -> None:
    """Drop the gauges of a process that is gone (its counters stay), and wait for it no more."""
    if isinstance(worker, Worker):
        worker.is_gone()
    if os.environ.get(_DIRECTORY):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Remove the directory that ``share_metrics`` made."""
    if os.environ.get(_OWNER) == str(os.getpid()):
        shutil.rmtree(os.environ[_DIRECTORY], ignore_errors=True)
