"""What the services are made of is written down, and an audit says only what it knows."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

ROOT = Path(__file__).parents[2]
NOT_ASKED = 3


class Advisories:
    """A source that speaks OSV's protocol; ``known`` are its vulnerabilities by package."""

    def __init__(self) -> None:
        self.known: dict[str, list[dict[str, Any]]] = {}
        self.asked: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/query"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        advisories = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                name = query["package"]["name"]
                advisories.asked.add(name)
                body = json.dumps({"vulns": advisories.known.get(name, [])}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with Advisories() as source:
        yield source


def audit(source: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "requirements" / "audit.py")],
        env={**os.environ, "IHALA_AUDIT_OSV": source, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_nothing_found_is_said_of_what_was_asked(advisories: Advisories) -> None:
    said = audit(advisories.url)

    assert said.returncode == 0, said.stdout + said.stderr
    assert f"0 known vulnerabilities in {len(locked('dev.txt'))} packages" in said.stdout
    assert {"flask", "pymongo", "ruff"} <= advisories.asked


def test_what_is_found_is_named_with_its_mend_and_fails(advisories: Advisories) -> None:
    version = locked("dev.txt")["flask"]
    events = [{"introduced": "0"}, {"fixed": "99.0"}]
    advisories.known["flask"] = [
        {
            "id": "OSV-1",
            "summary": "made up for this test",
            "affected": [
                {
                    "package": {"name": "flask", "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": events}],
                }
            ],
        }
    ]

    said = audit(advisories.url)

    assert said.returncode == 1
    assert f"flask {version}: OSV-1 (mended in 99.0)" in said.stdout


def test_a_source_that_cannot_be_reached_is_not_taken_for_an_all_clear() -> None:
    said = audit("http://127.0.0.1:1/v1/query")
    required = audit("http://127.0.0.1:1/v1/query", IHALA_AUDIT_REQUIRED="1")

    assert said.returncode == 0
    assert "NOT AUDITED" in said.stdout
    assert "known vulnerabilities" not in said.stdout
    assert required.returncode == NOT_ASKED


def test_a_source_that_knows_none_of_the_packages_audited_nothing() -> None:
    """A mirror of PyPI without advisories answers so, and pip-audit ends well."""
    answer_of = runpy.run_path(str(ROOT / "requirements" / "audit.py"))["answer_of"]

    answer = answer_of({"dependencies": [{"name": "flask", "skip_reason": "not found"}]})

    assert (answer.audited, answer.unknown, answer.found) == ([], ["flask"], [])


@pytest.mark.timeout(400)
def test_the_bill_of_materials_names_everything_in_the_lock(tmp_path: Path) -> None:
    made = tmp_path / "ihala.cdx.json"
    command = ["/usr/bin/make", "--old-file=.venv/.ready", "sbom", f"SBOM={made}"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=360)

    bill = json.loads(made.read_text())

    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "ihala"
    assert {it["name"].lower(): it["version"] for it in bill["components"]} == {
        name.lower(): version for name, version in locked("runtime.txt").items()
    }
