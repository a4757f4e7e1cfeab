"""Templates by HTTP: listed, and shown as they would read with what is given."""

from __future__ import annotations

from typing import Any

import pytest
from tests.notifications.conftest import Headers, Station, Web
from tests.notifications.events import SENDER


def test_templates_are_listed_and_previewed(idle_web: Web, receiver_staff: Headers) -> None:
    """With their examples where nothing else is given."""
    templates = idle_web.get("/v1/templates", headers=receiver_staff).json["items"]
    assert "offer_to_answer" in {template["name"] for template in templates}

    for template in templates:
        one = idle_web.get(f"/v1/templates/{template['name']}", headers=receiver_staff)
        assert one.json == template
        preview = idle_web.post(
            f"/v1/templates/{template['name']}/preview",
            json={"language": "ar"},
            headers=receiver_staff,
        )
        assert preview.status_code == 200, preview.json
        assert preview.json["direction"] == "rtl"


def test_a_preview_knows_the_names_of_facilities(
    station: Station, web: Web, receiver_staff: Headers
) -> None:
    """As the registry has them."""
    body = {"language": "en", "values": {"from_facility": SENDER}}

    preview = web.post("/v1/templates/offer_to_answer/preview", json=body, headers=receiver_staff)

    assert "Sending centre" in preview.json["text"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/language"),
        ({"language": "de"}, "/language"),
        ({"language": "ar", "values": {"surprise": 1}}, "/values/surprise"),
        ({"language": "ar", "values": {"code": 7}}, "/values/code"),
        ({"language": "ar", "values": {"code": ""}}, "/values/code"),
        ({"language": "ar", "values": {"code": "\u202e"}}, "/values/code"),
        ({"language": "ar", "values": {"code": "x" * 3000}}, "/values/code"),
        ({"language": "ar", "values": {"respond_by": "tomorrow"}}, "/values/respond_by"),
        ({"language": "ar", "values": {"respond_by": "2026-03-01T09:00:00"}}, "/values/respond_by"),
        (
            {"language": "ar", "values": {"respond_by": "9999-12-31T23:59:59Z"}},
            "/values/respond_by",
        ),
        ({"language": "ar", "values": {"link": "https://evil.example"}}, "/values/link"),
        ({"language": "ar", "values": {"link": "//evil.example"}}, "/values/link"),
        ({"language": "ar", "values": {"service": {"a": 1}}}, "/values/service"),
        ({"language": "ar", "values": {"to_facility": ["x"]}}, "/values/to_facility"),
        ({"language": "ar", "values": {"code": None}}, "/values/code"),
        ({"language": "ar", "values": []}, "/values"),
    ],
)
def test_a_wrong_preview_is_refused_with_a_pointer(
    idle_web: Web, receiver_staff: Headers, body: dict[str, Any], pointer: str
) -> None:
    """Missing, of another kind, hidden, too long, out of time."""
    path = "/v1/templates/offer_to_answer/preview"

    response = idle_web.post(path, json=body, headers=receiver_staff)

    assert response.status_code == 422, response.json
    assert pointer in {error["pointer"] for error in response.json["errors"]}


@pytest.mark.parametrize("days", [-1, 10**6, True, 1.5, "9"])
def test_a_wrong_number_of_days_is_refused(
    idle_web: Web, receiver_staff: Headers, days: object
) -> None:
    """Only whole numbers are counted."""
    response = idle_web.post(
        "/v1/templates/offer_waitlisted/preview",
        json={"language": "ar", "values": {"expected_wait_days": days}},
        headers=receiver_staff,
    )

    assert response.status_code == 422
