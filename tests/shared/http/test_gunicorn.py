"""The edge over real HTTP: gunicorn's processes, the metrics of all of them, raw sockets."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ihala.testing.ports import free_port, is_listening
from ihala.testing.processes import Process
from ihala.testing.tokens import Issuer
from ihala.testing.waiting import wait_for

ROOT = Path(__file__).parents[3]
CONFIGURATION = """
from ihala.gunicorn_hooks import (
    child_exit, on_exit, post_fork, share_metrics, when_ready,
)
share_metrics()
worker_class = "gthread"
workers = 2
threads = 4
limit_request_field_size = 16384
limit_request_line = 8190
control_socket_disable = True
"""


@dataclass(frozen=True)
class Served:
    url: str
    metrics_url: str
    port: int
    process: Process


@pytest.fixture(scope="module")
def served(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("gunicorn")
    configuration = folder / "gunicorn.conf.py"
    configuration.write_text(CONFIGURATION)
    port, metrics_port = free_port(), free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("IHALA_")},
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
        "IHALA_MONGODB_URI": "mongodb://127.0.0.1:1/things",
        "IHALA_TOKEN_ISSUER": issuer.name,
        "IHALA_JWKS": str(issuer.jwks_file),
        "IHALA_CURSOR_KEY": "0123456789abcdef0123456789abcdef",
        "IHALA_METRICS_PORT": str(metrics_port),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", str(configuration)]
    command += ["-b", f"127.0.0.1:{port}", "tests.shared.http.things:application()"]
    process = Process("gunicorn", command, log=folder / "log", environment=environment, folder=ROOT)
    process.start()
    url, metrics_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}/metrics"
    wait_for(lambda: is_listening(port) and is_listening(metrics_port), what="gunicorn")
    yield Served(url, metrics_url, port, process)
    process.stop()
    assert not list(folder.glob("ihala-metrics-*")), "the metrics folder is left behind"


def counted(served: Served, line: str) -> float:
    """The value of a metric's line, 0 when it is not there yet."""
    text = httpx.get(served.metrics_url).text
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_metrics_are_the_sum_of_all_processes(served: Served, clinic: dict[str, str]) -> None:
    line = 'ihala_http_requests_total{method="GET",route="/v1/things/{thing_id}",status="404"}'
    before = counted(served, line)

    def ask(n: int) -> int:
        # A connection for each request, so that both processes get some.
        return httpx.get(f"{served.url}/v1/things/thg_{n:012}", headers=clinic).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(100, 140)))

    assert statuses == [404] * 40
    assert counted(served, line) == before + 40
    latency = (
        'ihala_http_request_duration_seconds_count{method="GET",route="/v1/things/{thing_id}"}'
    )
    assert counted(served, latency) >= 40


def test_metrics_survive_the_death_of_a_process(served: Served) -> None:
    line = 'ihala_http_requests_total{method="GET",route="/v1/things/count",status="200"}'
    for _ in range(10):
        httpx.get(f"{served.url}/v1/things/count")
    before = counted(served, line)

    workers = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
    for pid in workers.split():
        os.kill(int(pid), 9)

    wait_for(
        lambda: httpx.get(f"{served.url}/v1/things/count").status_code == 200,
        retry_on=(httpx.HTTPError,),
        what="new processes",
    )
    assert counted(served, line) >= before + 1


def test_metrics_are_not_on_the_service_s_own_port(served: Served) -> None:
    assert httpx.get(f"{served.url}/metrics").status_code == 404


def test_a_chunked_body_that_is_too_large_is_refused(
    served: Served, clinic: dict[str, str]
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"note": "'
        for _ in range(40):
            yield b"x" * 65536

    headers = {**clinic, "Content-Type": "application/json"}

    try:
        response = httpx.post(f"{served.url}/v1/things", content=chunks(), headers=headers)
    except httpx.WriteError:
        pytest.skip("the server closed before the client could read the answer")

    assert response.status_code == 413, response.text
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_body_that_breaks_off_is_not_taken_for_whole(served: Served, issuer: Issuer) -> None:
    token = issuer.token("laboratory", roles=["machine"])
    head = (
        "POST /v1/things/import HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n"
    )

    answer = exchange(served.port, head.encode() + b"row\n" * 5)

    assert answer.startswith(b"HTTP/1.1 400")


def test_arabic_travels_unescaped(served: Served, clinic: dict[str, str]) -> None:
    response = httpx.get(f"{served.url}/v1/things/thg_000000000000", headers=clinic)

    assert "مركز غسيل الكلى".encode() in response.content


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/things/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/things/thg_%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/things?limit=%ff HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
        b"GET //v1//things HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/things HTTP/1.1\r\nHost: \xff..\r\nAccept-Language: \xff\r\n\r\n",
        b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET http://other/v1/things HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"HEAD /v1/things/count HTTP/1.0\r\n\r\n",
        b"GET /v1/things HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20000 + b"\r\n\r\n",
        b"GET /v1/things?" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_strange_bytes_never_make_a_500(served: Served, request_bytes: bytes) -> None:
    answer = exchange(served.port, request_bytes)

    status = int(answer.split(b" ", 2)[1])
    assert status == 200 or (400 <= status < 500 and b"application/problem+json" in answer)


def test_bytes_that_are_no_request_end_the_connection_and_nothing_else(served: Served) -> None:
    assert exchange(served.port, b"\x16\x03\x01\x02\x00\x01") == b""
    assert httpx.get(f"{served.url}/healthz").status_code == 200


@pytest.mark.parametrize("chunks", [b"zz\r\n\r\n", b"5\r\nab", b"-1\r\n\r\n", b""])
def test_chunks_that_are_none_are_the_sender_s_mistake(
    served: Served, clinic: dict[str, str], chunks: bytes
) -> None:
    head = (
        "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {clinic['Authorization']}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    answer = exchange(served.port, head.encode() + chunks)

    assert answer.split(b" ", 2)[1] in (b"400", b"422")
    assert b"application/problem+json" in answer


def exchange(port: int, request: bytes) -> bytes:
    """Send the bytes, close our side, and read what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))
