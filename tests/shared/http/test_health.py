"""Alive, and ready or why not."""

from __future__ import annotations

import threading

import pytest
from flask.testing import FlaskClient
from tests.shared.http.conftest import MakeThings

from ihala.http.health import Readiness
from ihala.testing.waiting import wait_for


def test_an_app_is_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert client.get("/readyz").get_json() == {
        "status": "ready",
        "checks": {"token_keys": "ready"},
        "missing": [],
    }


def test_what_is_missing_is_named_and_nothing_else(things_app: MakeThings) -> None:
    def no_database() -> None:
        raise ConnectionError("mongodb://user:secret@host")

    client = things_app(readiness={"mongodb": no_database}).test_client()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.get_json()["missing"] == ["mongodb"]
    assert response.get_json()["checks"] == {"mongodb": "failing", "token_keys": "ready"}
    assert "secret" not in response.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200


def test_a_check_that_hangs_is_slow_and_is_not_piled_up() -> None:
    release, started = threading.Event(), []

    def hangs() -> None:
        started.append(1)
        release.wait(30)

    readiness = Readiness({"hangs": hangs, "fine": int}, timeout_s=0.05, keep_s=0)

    states = [readiness.states() for _ in range(3)]
    release.set()

    assert states == [{"hangs": "slow", "fine": "ready"}] * 3
    assert len(started) == 1
    wait_for(lambda: readiness.states()["hangs"] == "ready")


def test_asking_often_does_not_check_often() -> None:
    asked: list[int] = []
    readiness = Readiness({"counted": lambda: asked.append(1)}, keep_s=60)

    for _ in range(10):
        readiness.states()

    assert len(asked) == 1


@pytest.mark.parametrize("error", [TimeoutError, ValueError, OSError])
def test_whatever_a_check_raises_means_not_ready(error: type[Exception]) -> None:
    def fails() -> None:
        raise error("no")

    assert Readiness({"fails": fails}).states() == {"fails": "failing"}
