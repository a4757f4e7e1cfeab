"""A closed loop of prepared requests on kept-alive connections, cheap enough to stand aside.

The client is a process of its own with one thread, and knows just enough HTTP to see where an
answer ends, so that what is measured is the server.
"""

from __future__ import annotations

import multiprocessing
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

NUMBER = b"NNNNNN"
"""Stands in a request for six digits that are never the same twice."""

_numbers = count(100_000, 8_000)
"""Where each measurement begins: more than it asks for lie between, and a hundred fit in."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of whom: ``request`` again and again, each answered with ``status``."""

    port: int
    request: bytes
    status: int
    connections: int = 16


def per_second(load: Load, seconds: float) -> float:
    """Answers per second; raises RuntimeError when an answer has another status."""
    spawn = multiprocessing.get_context("spawn")
    receive, send = spawn.Pipe(duplex=False)
    client = spawn.Process(target=_client, args=(load, seconds, next(_numbers), send))
    client.start()
    outcome = receive.recv()
    client.join()
    if isinstance(outcome, str):
        raise RuntimeError(outcome)  # noqa: TRY004 - a message is how the client says what failed
    return float(outcome)


def _client(
    load: Load, seconds: float, first: int, send: multiprocessing.connection.Connection
) -> None:
    try:
        send.send(_measured(load, seconds, first))
    except (OSError, RuntimeError) as error:
        send.send(f"127.0.0.1:{load.port}: {error}")


def _measured(load: Load, seconds: float, first: int) -> float:
    requests = _requests(load.request, first)
    poll = select.epoll()
    open_ = {}
    for _ in range(load.connections):
        connection = _Connection(load)
        open_[connection.fileno()] = connection
        poll.register(connection.fileno(), select.EPOLLIN)
        connection.ask(next(requests))
    answers, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for number, _ in poll.poll(1.0):
            if open_[number].answered():
                answers += 1
                open_[number].ask(next(requests))
    elapsed = time.perf_counter() - started
    for connection in open_.values():
        connection.close()
    return answers / elapsed


def _requests(request: bytes, first: int) -> Iterator[bytes]:
    return (request.replace(NUMBER, b"%06d" % (number % 1_000_000)) for number in count(first))


class _Connection:
    """One connection with at most one request under way."""

    def __init__(self, load: Load) -> None:
        self._socket = socket.create_connection(("127.0.0.1", load.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expected = b"HTTP/1.1 %d " % load.status
        self._read = b""

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: bytes) -> None:
        self._read = b""
        self._socket.sendall(request)

    def answered(self) -> bool:
        """Whether the answer is complete; raises RuntimeError for one that was not expected."""
        some = self._socket.recv(65_536)
        self._read += some
        if not some:
            raise RuntimeError("the server closed the connection")
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return False
        if not head.startswith(self._expected):
            raise RuntimeError(self._read[:2000].decode(errors="replace"))
        return True

    def close(self) -> None:
        self._socket.close()


def _length(head: bytes) -> int:
    start = head.lower().index(b"content-length:") + 15
    return int(head[start:].split(b"\r\n", 1)[0])
