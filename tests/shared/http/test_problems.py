"""Every error is a problem document that a person can act on, and that tells nobody our insides."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from tests.shared.http.conftest import MakeThings
from tests.shared.http.things import KNOWN_ID

from ihala.http.verifying import UndocumentedAnswerError
from ihala.mongo import connect

PROBLEM = "application/problem+json"
Headers = dict[str, str]


def test_an_error_of_a_use_case_becomes_a_problem_with_its_words(
    client: FlaskClient, operator: Headers
) -> None:
    response = client.post("/v1/things/thg_000000000001/break", headers=operator)

    assert response.status_code == 409
    assert response.content_type == PROBLEM
    problem = response.get_json()
    assert problem["type"] == "urn:ihala:problem:conflict"
    assert problem["detail"] == "It is broken already."
    assert problem["instance"] == "/v1/things/thg_000000000001/break"
    assert problem["correlation_id"] == response.headers["X-Correlation-Id"]


def test_a_schema_s_refusal_names_every_field_with_pointer_and_code(
    client: FlaskClient, clinic: Headers
) -> None:
    body = {
        "colour": "blue",
        "place": {"lat": 91},
        "parts": [{"code": "ok"}, {"code": "Not a code", "amount": True}],
        "nmae": 1,
    }

    response = client.post("/v1/things", json=body, headers=clinic)

    assert response.status_code == 422
    errors = {error["pointer"]: error["code"] for error in response.get_json()["errors"]}
    assert errors == {
        "/name": "required",
        "/colour": "not_allowed",
        "/place/lat": "out_of_range",
        "/place/lon": "required",
        "/parts/1/code": "wrong_format",
        "/parts/1/amount": "wrong_type",
        "/nmae": "unknown",
    }


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("ar-SY,en;q=0.5", "غير موجود"),
        ("fr", "Introuvable"),
        ("de, fr;q=0.9", "Introuvable"),
        ("tlh", "Not found"),
        ("", "Not found"),
        ("\x7f;;q=,q=x", "Not found"),
    ],
)
def test_a_problem_is_told_in_the_reader_s_language(
    client: FlaskClient, language: str, title: str
) -> None:
    response = client.get("/nowhere", headers={"Accept-Language": language})

    assert response.get_json()["title"] == title
    assert response.headers["Vary"] == "Accept-Language"
    assert response.headers["Content-Language"] in ("ar", "fr", "en")


def test_field_errors_are_told_in_the_reader_s_language(
    client: FlaskClient, clinic: Headers
) -> None:
    headers = {**clinic, "Accept-Language": "fr"}

    problem = client.post("/v1/things", json={}, headers=headers).get_json()

    assert problem["errors"] == [
        {"pointer": "/name", "detail": "Ce champ est obligatoire.", "code": "required"}
    ]


def test_a_wrong_method_says_which_are_allowed(client: FlaskClient, clinic: Headers) -> None:
    response = client.delete(f"/v1/things/{KNOWN_ID}", headers=clinic)

    assert response.status_code == 405
    assert response.content_type == PROBLEM
    assert {"GET", "PATCH"} <= set(response.headers["Allow"].split(", "))


def test_a_bug_leaks_nothing_and_is_logged_without_its_message(
    things_app: MakeThings, operator: Headers
) -> None:
    client = things_app().test_client()

    with capture_logs() as logs:
        response = client.post(f"/v1/things/{KNOWN_ID}/break", headers=operator)

    assert response.status_code == 500
    assert response.get_json()["type"] == "urn:ihala:problem:internal"
    failed = next(line for line in logs if line["event"] == "request.failed")
    assert failed["error"] == "RuntimeError"
    assert "break_thing" in failed["where"][-1]
    assert failed["correlation_id"] == response.get_json()["correlation_id"]
    assert "Fatima" not in str(logs)
    assert "Fatima" not in response.get_data(as_text=True)


def test_a_world_that_is_down_asks_to_try_later(client: FlaskClient, operator: Headers) -> None:
    response = client.post("/v1/things/thg_000000000002/break", headers=operator)

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.get_json()["type"] == "urn:ihala:problem:unavailable"


def test_a_database_that_cannot_be_reached_is_a_world_that_is_down(
    things_app: MakeThings, operator: Headers
) -> None:
    def ask_nobody(**_: object) -> Any:
        database = connect("mongodb://127.0.0.1:1/none", timeout_s=0.05)
        with closing(database.client):
            database["things"].find_one()

    app = things_app()
    app.view_functions.update({"things.break_thing": ask_nobody})

    response = app.test_client().post(f"/v1/things/{KNOWN_ID}/break", headers=operator)

    assert response.status_code == 503
    assert response.get_json()["type"] == "urn:ihala:problem:unavailable"
    assert "127.0.0.1" not in response.get_data(as_text=True)


def test_an_answer_that_is_not_what_was_documented_fails_in_tests(
    things_app: MakeThings, operator: Headers
) -> None:
    app = things_app()
    app.testing = True

    with pytest.raises(UndocumentedAnswerError, match="answered"):
        app.test_client().post("/v1/things/thg_000000000003/break", headers=operator)


def test_every_answer_forbids_sniffing_and_storing(client: FlaskClient, clinic: Headers) -> None:
    for response in (client.get("/nowhere"), client.get("/v1/things", headers=clinic)):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
