"""gunicorn's hooks: one /metrics for all web processes, served by the arbiter on its own port.

``deploy/gunicorn.conf.py`` calls ``share_metrics()`` while it is read (before the service is
imported), and imports ``when_ready``, ``child_exit`` and ``on_exit`` from here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_OWNER = "IHALA_METRICS_OWNER"


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


def child_exit(_server: Any, worker: Any) -> None:
    """Drop the gauges of a process that is gone; its counters stay in the sum."""
    if os.environ.get(_DIRECTORY):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Remove the directory that ``share_metrics`` made."""
    if os.environ.get(_OWNER) == str(os.getpid()):
        shutil.rmtree(os.environ[_DIRECTORY], ignore_errors=True)
