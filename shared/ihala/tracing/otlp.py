"""Spans by OpenTelemetry, sent to a collector by OTLP over HTTP; imported only when tracing is on.

Spans wait in a bounded queue, a thread of its own sends them, and what does not fit or cannot be
delivered in time is dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ihala.chance import random_bytes
from ihala.tracing import Kind

Attributes = Mapping[str, str | int]

_STOP_WITHIN_S = 2.0
_propagator = TraceContextTextMapPropagator()


class Opened:
    """A span that has begun; ``traceparent`` is what the spans below it name as their parent."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Span) -> None:
        here = span.get_span_context()
        ids = f"{here.trace_id:032x}-{here.span_id:016x}"
        self.traceparent = f"00-{ids}-{here.trace_flags:02x}"
        self._span = span

    def end(self, attributes: Attributes | None = None, *, failed: bool = False) -> None:
        """End it now, with what is known of it by now."""
        self._span.set_attributes(dict(attributes or {}))
        if failed:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class Spans:
    """Makes the spans of one process and has them sent."""

    def __init__(self, service: str, process: str, endpoint: str) -> None:
        self._provider = TracerProvider(
            resource=Resource.create(_about(service, process)), shutdown_on_exit=False
        )
        self._exporter = OTLPSpanExporter(f"{endpoint}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("ihala", version("ihala"))
        # It says when a batch is lost; that it tries again it need not say each time.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: str | None,
        *,
        links: Iterable[str] = (),
        began_ns: int | None = None,
    ) -> Opened:
        """Begin a span below the traceparent ``parent``; without a valid one it begins a trace.

        ``links`` are the traceparents of the work that it is done for. ``began_ns`` is in
        nanoseconds since 1970; None is now.
        """
        places = [get_current_span(_context(link)).get_span_context() for link in links]
        span = self._tracer.start_span(
            name,
            _context(parent),
            SpanKind[kind],
            links=[Link(place) for place in places if place.is_valid],
            start_time=began_ns,
        )
        return Opened(span)

    def close(self) -> None:
        """Send what still waits, for two seconds at most; then nothing is tried again."""
        last = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        last.start()
        last.join(_STOP_WITHIN_S)
        if last.is_alive():
            self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _about(service: str, process: str) -> dict[str, str]:
    return {
        "service.name": f"ihala-{service}",
        "service.version": version("ihala"),
        "service.instance.id": random_bytes(16).hex(),
        "ihala.process": process,
    }


def _context(traceparent: str | None) -> Context:
    """What a traceparent says; nothing when it is not well formed."""
    return _propagator.extract({"traceparent": traceparent or ""}, Context())
