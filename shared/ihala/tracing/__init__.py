"""Tracing: what became of one piece of work in all processes, and where its time went.

Off until an OTLP endpoint is configured: then nothing of OpenTelemetry is imported, and looking at
``spans``, which is None, is all that anybody pays. Only ``ihala.tracing.otlp`` imports it.

Guarantees when it is on: no work waits for a collector, or fails with it. A span never holds an id,
a query, a body or the text of an error: only names of routes, topics, groups and event types, and
status codes, as the callers of this module say them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from ihala.config import ConfigError

if TYPE_CHECKING:
    from ihala.tracing.otlp import Spans

Kind = Literal["SERVER", "PRODUCER", "CONSUMER", "INTERNAL"]
"""What a span is in OpenTelemetry's words."""

_MISSING = (
    "cannot start, settings are wrong:\n  OTEL_EXPORTER_OTLP_ENDPOINT: is set, but the packages for"
    " tracing are not installed; pip install 'ihala[tracing]', or leave the setting empty"
)

spans: Spans | None = None
"""Makes the spans of this process; None while tracing is off."""


def start(service: str, process: str, endpoint: str) -> None:
    """Trace this process from now on; does nothing when ``endpoint`` is empty.

    Call it after a fork, in the process that works. Sampling, headers, timeouts and the queue are
    set by OpenTelemetry's own variables. Raises ConfigError when the packages are not installed.
    """
    global spans  # noqa: PLW0603 - a process traces, or it does not
    if not endpoint or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return
    try:
        from ihala.tracing.otlp import Spans
    except ModuleNotFoundError as error:
        raise ConfigError(_MISSING) from error
    spans = Spans(service, process, endpoint)


def stop() -> None:
    """Send what still waits, within two seconds, and trace no more; safe when nothing is traced."""
    global spans
    closing, spans = spans, None
    if closing is not None:
        closing.close()


@contextmanager
def span(name: str, kind: Kind, parent: str | None) -> Iterator[None]:
    """Trace what is done inside, when tracing is on and it belongs to a trace.

    Of an error it tells only that there was one.
    """
    if spans is None or not parent:
        yield
        return
    opened, failed = spans.begin(name, kind, parent), True
    try:
        yield
        failed = False
    finally:
        opened.end(failed=failed)
