"""Tracing is off and nowhere until it is asked for, and never in the way of work."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.shared.otlp import Receiver, exporting

from ihala import tracing
from ihala.config import ConfigError, load
from ihala.settings import WebSettings
from ihala.testing.waiting import wait_for

ROOT = Path(__file__).parents[2]
CODE = ("shared/ihala", "services")
SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"
WORKER = """
import sys
from ihala.settings import WorkerSettings
from ihala.worker import run_worker

class Done:
    name, waiting_for = "done", None

    def run(self, stop):
        print([name for name in sys.modules if name.startswith("opentelemetry")], flush=True)

{before}
sys.exit(run_worker("things", WorkerSettings, lambda settings, database: [Done()]))
"""
WITHOUT_THE_PACKAGES = "sys.modules['opentelemetry'] = None"


def worker(before: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """A whole worker process whose one task says which parts of OpenTelemetry are loaded."""
    environment = {
        **{name: it for name, it in os.environ.items() if not name.startswith(("IHALA_", "OTEL_"))},
        "IHALA_MONGODB_URI": "mongodb://127.0.0.1:1/things",
        "IHALA_KAFKA": "127.0.0.1:1",
        "IHALA_KAFKA_SECURITY": "PLAINTEXT",
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-c", WORKER.format(before=before)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(autouse=True)
def _off_afterwards() -> Iterator[None]:
    yield
    tracing.stop()


@pytest.mark.parametrize("settings", [{}, {SETTING: ""}, {SETTING: " "}])
def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded(settings: dict[str, str]) -> None:
    """A process starts also where they are not installed."""
    ended = worker(**settings)

    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr
    assert worker(WITHOUT_THE_PACKAGES, **settings).returncode == 0


@pytest.mark.parametrize("service", ["registry", "referrals", "notifications"])
def test_no_web_or_worker_loads_it_by_being_imported(service: str) -> None:
    script = (
        f"import sys, ihala_{service}.wsgi, ihala_{service}.worker; "
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_without_the_packages_an_endpoint_stops_the_start_and_says_what_mends_it() -> None:
    ended = worker(WITHOUT_THE_PACKAGES, **{SETTING: "http://127.0.0.1:4318"})

    assert ended.returncode == 2
    assert SETTING in ended.stderr
    assert "pip install 'ihala[tracing]'" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("wrong", ["collector:4318", "grpc://collector", "http://", "http://c?q=1"])
def test_an_endpoint_is_an_address(wrong: str) -> None:
    with pytest.raises(ConfigError, match=f"{SETTING}: must be an address"):
        load(WebSettings, {SETTING: wrong})


def test_the_kill_switch_of_opentelemetry_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")

    tracing.start("things", "web", "http://127.0.0.1:4318")

    assert tracing.spans is None


def test_what_waits_is_sent_when_a_process_stops() -> None:
    with Receiver() as receiver:
        tracing.start("things", "worker", receiver.endpoint)
        with tracing.span("deliver", "INTERNAL", f"00-{'a' * 32}-{'b' * 16}-01"):
            pass
        tracing.stop()

    (span,) = receiver.spans
    assert (span.name, span.trace, span.parent) == ("deliver", "a" * 32, "b" * 16)
    assert receiver.paths == {"/v1/traces"}


def test_of_an_error_a_span_tells_only_that_there_was_one() -> None:
    with Receiver() as receiver:
        tracing.start("things", "worker", receiver.endpoint)
        with (
            pytest.raises(ValueError, match="salma"),
            tracing.span("deliver", "INTERNAL", f"00-{'a' * 32}-{'b' * 16}-01"),
        ):
            raise ValueError("salma is not at home")
        tracing.stop()

    assert receiver.spans[0].failed
    assert b"salma" not in b"".join(receiver.bodies)


def test_a_collector_that_never_answers_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes connections and says nothing: spans are dropped, and stopping takes two seconds."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "512")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        tracing.start("things", "worker", f"http://127.0.0.1:{mute.getsockname()[1]}")
        spans = tracing.spans
        assert spans is not None
        slowest_s = 0.0
        for _ in range(3_000):
            began = time.perf_counter()
            spans.begin("work", "INTERNAL", None).end()
            slowest_s = max(slowest_s, time.perf_counter() - began)
        began = time.perf_counter()
        tracing.stop()
        stopped_s = time.perf_counter() - began
    wait_for(lambda: not exporting(), deadline_s=60, what="the exporter to end")

    assert slowest_s < 2
    assert 1.5 < stopped_s < 8


def test_only_one_file_imports_opentelemetry() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
        if name.split(".")[0] == "opentelemetry"
    }

    assert found == {"shared/ihala/tracing/otlp.py"}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
