"""Fixtures of the edge: the things service, and callers with tokens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.shared.http.things import Shelf, make_things, settings_for

from ihala.http.verifying import verify_answers
from ihala.testing.ports import free_port, is_listening
from ihala.testing.processes import Process
from ihala.testing.tokens import Issuer
from ihala.testing.waiting import wait_for

ROOT = Path(__file__).parents[3]
MakeThings = Callable[..., Flask]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def things_app(issuer: Issuer, shelf: Shelf) -> MakeThings:
    """Makes the app; keyword arguments in capitals are settings, others go to ``make_app``."""

    def make(**options: Any) -> Flask:
        variables = {name: options.pop(name) for name in list(options) if name.isupper()}
        settings = settings_for(str(issuer.jwks_file), issuer.name, **variables)
        app = make_things(settings, shelf, **options)
        verify_answers(app)
        return app

    return make


@pytest.fixture
def client(things_app: MakeThings) -> FlaskClient:
    return things_app().test_client()


@pytest.fixture
def clinic(issuer: Issuer) -> dict[str, str]:
    return issuer.header("nurse-1", roles=["clinic"], facilities=["fac_1"], organisation="org_1")


@pytest.fixture
def operator(issuer: Issuer) -> dict[str, str]:
    return issuer.header("operator-1", roles=["operator"])


@pytest.fixture
def machine(issuer: Issuer) -> dict[str, str]:
    return issuer.header("laboratory", roles=["machine"])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def web(port: int, tmp_path: Path) -> Iterator[Process]:
    """gunicorn as deployed, with two processes."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("IHALA_")},
        "PYTHONPATH": str(ROOT),
        "IHALA_WEB_BIND": f"127.0.0.1:{port}",
        "FOLDER": str(tmp_path),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py")]
    command += ["tests.shared.http.slow:application"]
    process = Process("web", command, log=tmp_path / "log", environment=environment, folder=ROOT)
    process.start()
    wait_for(lambda: is_listening(port), deadline_s=60, what="gunicorn")
    yield process
    process.kill()
