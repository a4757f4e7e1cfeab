"""How gunicorn runs the web process of a service, on one machine and in a container alike."""

import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from ihala import logs
from ihala.gunicorn_hooks import (
    child_exit,
    on_exit,
    post_fork,
    post_worker_init,
    share_metrics,
    when_ready,
    worker_exit,
)

__all__ = [
    "child_exit",
    "on_exit",
    "post_fork",
    "post_worker_init",
    "when_ready",
    "worker_exit",
]

share_metrics()

bind = os.environ.get("IHALA_WEB_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("IHALA_WEB_PROCESSES", "2"))
threads = int(os.environ.get("IHALA_WEB_THREADS", "8"))
# gthread, but connections go to the process that has fewest, and none come in once it stops.
worker_class = "ihala.gunicorn_worker.Worker"

# A request that takes longer than this hangs; clients are told to retry with their key.
timeout = 30
graceful_timeout = 20
# Longer than the gateway keeps idle connections, so that it is never the one who is surprised.
keepalive = 75

limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 16_380

# Heartbeats belong into memory: a slow disk must not look like a dead process.
_memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unlinked file of its own there
worker_tmp_dir = str(_memory) if _memory.is_dir() else None
control_socket_disable = True

# Every request is one JSON line of the service's own log.
accesslog = None
errorlog = "-"


class logger_class(Logger):  # type: ignore[misc]  # noqa: N801 - the name gunicorn wants
    """gunicorn's own lines, as JSON on standard error like all others."""

    def setup(self, cfg: Any) -> None:
        """See gunicorn.glogging.Logger."""
        super().setup(cfg)
        logs.configure(os.environ.get("IHALA_SERVICE", ""), "web")
        self.error_log.handlers.clear()
        self.error_log.propagate = True
