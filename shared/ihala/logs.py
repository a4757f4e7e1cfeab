"""Logs: one JSON object a line, with the correlation id, without personal data."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_QUIET = ("pymongo", "urllib3", "asyncio", "httpx")
_SILENT = ("kafka",)
"""Kafka's client says the same at every retry, as an error; relay and consumer say it once."""
_BY_REPR = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def configure(service: str, process: str, level: str = "INFO") -> None:
    """Make every log line of this process JSON on standard error, libraries' lines included.

    Each line names the service and the process, whichever thread it comes from.
    """

    def of_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {**event, "service": service, "process": process}

    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        of_process,
    ]
    as_json: list[Processor] = [
        structlog.processors.dict_tracebacks,
        structlog.processors.JSONRenderer(_as_json),
    ]
    structlog.configure(
        processors=[*shared, *as_json],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    _take_in_libraries(shared, as_json, level)


def _as_json(line: EventDict, default: Callable[[object], Any]) -> str:
    """One line; what JSON has no word for is there by its ``repr``, which knows what to hide."""
    try:
        return orjson.dumps(line, default, _BY_REPR).decode()
    except orjson.JSONEncodeError:
        # Half a surrogate pair, or a whole number beyond 64 bits.
        return json.dumps(line, default=default, ensure_ascii=False)


class _Lines:
    """Writes each line with one call. What cannot be written is lost: no work fails for its log.

    The system does not mix it with another thread's, unless it is longer than 4 KiB and nobody
    reads the other end of a pipe in time. A lock held while writing, as structlog's own loggers
    have it, makes busy threads queue: each write lets another thread run, and that one soon wants
    to write as well.
    """

    def __init__(self, *_: object) -> None:
        self._number = sys.stderr.fileno()

    def msg(self, line: str) -> None:
        left = f"{line}\n".encode(errors="backslashreplace")
        with suppress(OSError):
            while left:
                left = left[os.write(self._number, left) :]

    debug = info = warning = error = critical = exception = msg


class _Handler(logging.Handler):
    """Writes what libraries say as our own lines are written."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = _Lines()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.msg(self.format(record))
        except Exception:  # noqa: BLE001 - as logging's own: no work fails for what it says
            self.handleError(record)


def _take_in_libraries(shared: list[Processor], as_json: list[Processor], level: str) -> None:
    """What libraries say by the standard library's logging comes out in the same shape."""
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[meta, *as_json]
    )
    handler = _Handler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one module."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return log
