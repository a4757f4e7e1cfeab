"""Finding facilities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.registry.conftest import MovingClock, Session
from tests.registry.samples import DIALYSIS, HOSPITAL, at, registered


def names(session: Session, **query: Any) -> list[str]:
    answer = session.get("/v1/facilities", **query)
    assert answer.status_code == 200, answer.json
    return [one["name"]["en"] for one in answer.json["items"]]


def named(name: str, **more: Any) -> dict[str, Any]:
    return DIALYSIS | {"name": {"en": name}} | more


def pages(session: Session, **query: Any) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    cursor: dict[str, str] = {}
    while True:
        page = session.get("/v1/facilities", **query, **cursor).json
        found.append(page["items"])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_by_type_area_and_text_together(editor: Session, clinic: Session) -> None:
    """All conditions must hold."""
    registered(editor, DIALYSIS)
    registered(editor, HOSPITAL)

    assert names(clinic, type="hospital") == ["Example hospital"]
    assert names(clinic, type="hospital,dialysis_centre", area="SY0702") == [
        "Dialysis centre",
        "Example hospital",
    ]
    assert names(clinic, area="SY99") == []
    assert names(clinic, q="hop exem") == ["Example hospital"]
    assert names(clinic, q="hop dialysis") == []
    assert names(clinic, q="المستشفي") == ["Example hospital"]
    assert names(clinic, q="KLA") == []


def test_by_a_service_that_is_offered(editor: Session, clinic: Session) -> None:
    """One that a facility does not normally provide is no offer, though HeRAMS lists it."""
    with_it, without = registered(editor, named("With")), registered(editor, named("Without"))
    editor.put(f"{with_it}/services/dialysis", {"availability": "not_available"}, '"1"')
    editor.put(f"{without}/services/dialysis", {"availability": "not_normally_provided"}, '"1"')

    assert names(clinic, service="dialysis") == ["With"]


def test_by_lifecycle_and_functionality(editor: Session, clinic: Session) -> None:
    """A facility that was never reported on counts as unknown."""
    closed, working = registered(editor, named("Closed")), registered(editor, named("Working"))
    registered(editor, named("Silent"))
    editor.post(f"{closed}/lifecycle", {"to": "closed", "reason": "End"})
    editor.put(f"{working}/status", {"functionality": "full"})

    assert names(clinic, lifecycle="closed") == ["Closed"]
    assert names(clinic, functionality="full,partial") == ["Working"]
    assert names(clinic, functionality="unknown", lifecycle="operational") == ["Silent"]


def test_near_a_place_by_distance(editor: Session, clinic: Session) -> None:
    """The nearest first, in metres, within the radius."""
    for name, lat in (("Far", 36.3), ("Near", 36.01), ("Middle", 36.1)):
        registered(editor, named(name, location=at(lat, 36.5)))

    found = clinic.get("/v1/facilities", near="36.0,36.5", radius_m=20_000).json["items"]

    assert [one["name"]["en"] for one in found] == ["Near", "Middle"]
    assert found[0]["distance_m"] == pytest.approx(1112, abs=5)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(1, 9),
    st.sampled_from([{}, {"near": "36.0,36.5"}, {"updated_since": "2020-01-01T00:00:00Z"}]),
)
def test_pages_neither_repeat_nor_skip(
    editor: Session, deps: Any, limit: int, query: dict[str, str]
) -> None:
    """Also where many coarse facilities share one point and one distance."""
    if not deps.facilities.collection.count_documents({}):
        for number in range(12):
            coarse = at(36.11 + number / 500, 36.51, "coarse" if number % 3 else "public")
            registered(editor, named(f"Facility {number}", location=coarse))

    whole = pages(editor, limit=200, **query)[0]
    parts = pages(editor, limit=limit, **query)

    assert [one for page in parts for one in page] == whole
    assert len(whole) == 12
    assert all(len(page) == limit for page in parts[:-1])


def test_what_changed_since_then_is_listed_in_the_order_of_change(
    editor: Session, clinic: Session, clock: MovingClock
) -> None:
    """So a copy can be kept up to date."""
    first, _ = registered(editor, named("First")), registered(editor, named("Second"))
    since = editor.get(first).json["updated_at"]
    clock.move(hours=1)
    editor.patch(first, {"tier": "primary"}, '"1"')

    assert names(clinic, updated_since=since) == ["Second", "First"]


def test_a_cursor_fits_only_the_query_and_the_caller_it_was_made_for(
    editor: Session, clinic: Session
) -> None:
    """400, with the parameter named."""
    for name in ("One", "Two"):
        registered(editor, named(name))
    cursor = editor.get("/v1/facilities", limit=1).json["next"]

    for answer in (
        editor.get("/v1/facilities", limit=1, cursor=cursor, type="hospital"),
        clinic.get("/v1/facilities", limit=1, cursor=cursor),
        editor.get("/v1/facilities", limit=1, cursor=cursor[:-4] + "AAAA"),
        editor.get("/v1/facilities", limit=1, cursor="x"),
    ):
        assert answer.status_code == 400
        assert answer.json["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("type", "castle"),
        ("service", "magic"),
        ("area", "a b"),
        ("q", "!?"),
        ("q", "x" * 101),
        ("near", "north"),
        ("near", "91,0"),
        ("near", "nan,nan"),
        ("radius_m", "5"),
        ("radius_m", "-1"),
        ("lifecycle", "alive"),
        ("functionality", "some"),
        ("updated_since", "yesterday"),
        ("updated_since", "2026-01-01T00:00:00"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "1e2"),
        ("sort", "name"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(clinic: Session, parameter: str, value: str) -> None:
    """422, with the parameter named; unknown ones are refused, too."""
    refused = clinic.get("/v1/facilities", **{parameter: value})

    assert refused.status_code == 422
    assert refused.json["errors"][0]["parameter"].split(".")[0] == parameter


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=40))
def test_any_text_can_be_searched_for(clinic: Session, text: str) -> None:
    """What has a letter or a digit is a query, all else is refused."""
    assert clinic.get("/v1/facilities", q=text).status_code in (200, 422)
