"""Logs: one JSON object a line, with the correlation id, without personal data."""

from __future__ import annotations

import logging
import sys

import structlog

_QUIET = ("kafka", "pymongo", "urllib3", "asyncio")


def configure(service: str, process: str, level: str = "INFO") -> None:
    """Make every log line of this process JSON on standard error, libraries' lines included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service, process=process)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module."""
    log: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return log
