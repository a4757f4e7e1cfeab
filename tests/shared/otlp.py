"""A collector: takes spans by OTLP over HTTP, as any backend does, and keeps all it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class Told:
    """One span as it came, with what its process says of itself."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    links: frozenset[str]
    attributes: Mapping[str, str | int]
    failed: bool
    process: Mapping[str, str | int]


class Receiver:
    """Listens while it is entered; ``bodies`` are the exports as they came."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def spans(self) -> list[Told]:
        """All spans that have come until now."""
        return [
            _told(span, _plain(of.resource.attributes))
            for body in list(self.bodies)
            for of in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]

    def of(self, trace: str) -> list[Told]:
        """Those of one trace, and those of other traces that are linked to it."""
        return [it for it in self.spans if it.trace == trace or trace in it.links]

    def named(self, name: str) -> list[Told]:
        """Those of one name."""
        return [span for span in self.spans if span.name == name]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.paths.add(self.path)
                receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        return Handler


def _told(span: trace_pb2.Span, process: Mapping[str, str | int]) -> Told:
    return Told(
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=frozenset(link.trace_id.hex() for link in span.links),
        attributes=_plain(span.attributes),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        process=process,
    )


def _plain(pairs: Iterable[KeyValue]) -> dict[str, str | int]:
    return {
        pair.key: pair.value.string_value
        if pair.value.HasField("string_value")
        else pair.value.int_value
        for pair in pairs
    }


def exporting() -> list[str]:
    """Threads that still send spans."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith(("Otel", "last-spans"))]
