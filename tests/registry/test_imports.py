"""Imports: worked off in batches, resumed after any crash, nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.registry.conftest import As, MovingClock, Registry, Session

from ihala_registry.usecases import import_batches
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.work_off_imports import work_off_imports

FILE = (Path(__file__).parent / "dirty.csv").read_bytes()
"""Twelve synthetic rows in the columns of an OpenStreetMap export, most of them wrong."""

PROFILE: dict[str, Any] = {
    "identifier": {"system": "urn:example:list", "columns": ["@id"]},
    "name": {"en": ["name"]},
    "type": {"column": "kind", "means": {"Health post": "dispensary"}},
    "place": {},
    "country": "SY",
}


def start(session: Session, content: bytes = FILE, **query: Any) -> str:
    answer = session.send(
        "/v1/imports", content, "text/csv", **{"profile": "osm", "country": "MA", **query}
    )
    assert answer.status_code == 202, answer.json
    location: str = answer.headers["Location"]
    return location


def finish(deps: Deps) -> None:
    while work_off_imports(deps):
        pass


def outcomes(session: Session, location: str, **query: Any) -> dict[int, tuple[str, list[str]]]:
    items = session.get(f"{location}/rows", limit=200, **query).json["items"]
    return {
        one["row"]: (one["outcome"], [reason["code"] for reason in one.get("reasons", [])])
        for one in items
    }


EXPECTED = {
    1: ("created", []),
    2: ("created", []),
    3: ("refused", ["no_name"]),
    4: ("refused", ["unknown_type"]),
    5: ("refused", ["bad_point"]),
    6: ("refused", ["bad_point"]),
    7: ("refused", ["repeated"]),
    8: ("refused", ["unreadable"]),
    9: ("refused", ["no_identifier"]),
    10: ("refused", ["no_name", "unknown_type", "no_place"]),
    11: ("refused", ["bad_text"]),
    12: ("created", []),
}


def test_each_row_gets_its_outcome_and_no_bad_one_stops_the_rest(
    editor: Session, deps: Deps
) -> None:
    """The report says the row, the column, a code and a sentence."""
    location = start(editor)
    assert editor.get(location).json["state"] == "queued"
    finish(deps)

    done = editor.get(location).json
    assert (done["state"], done["done"], done["total"]) == ("finished", 12, 12)
    assert done["counts"] == {"created": 3, "unchanged": 0, "changed": 0, "refused": 9}
    assert outcomes(editor, location) == EXPECTED
    assert set(outcomes(editor, location, outcome="created")) == {1, 2, 12}
    repeated = editor.get(f"{location}/rows", limit=1, outcome="refused").json["items"][0]
    assert repeated["reasons"][0]["column"] == "name_ar, name_fr, name"


def test_a_created_facility_is_like_any_other(editor: Session, clinic: Session, deps: Deps) -> None:
    """With its names told apart, its event, and found by search."""
    start(editor)
    finish(deps)

    found = clinic.get("/v1/facilities", q="صيدلية المثال").json["items"]
    assert [one["name"] for one in found] == [
        {"ar": "صيدلية المثال", "fr": "Pharmacie de l'Exemple"}
    ]
    assert found[0]["identifiers"][0]["value"] == "node/1"
    entry = editor.get(f"/v1/facilities/{found[0]['id']}/history").json["items"][0]
    assert (entry["type"], entry["actor"]) == ("facility.registered", "test-registry_editor")


def test_the_same_file_again_changes_nothing(editor: Session, deps: Deps) -> None:
    """Facilities are found again by their identifier."""
    start(editor)
    finish(deps)
    versions = {one["_id"]: one["version"] for one in deps.facilities.collection.find()}

    location = start(editor)
    finish(deps)

    counts = editor.get(location).json["counts"]
    assert counts == {"created": 0, "unchanged": 3, "changed": 0, "refused": 9}
    assert {one["_id"]: one["version"] for one in deps.facilities.collection.find()} == versions


def test_a_changed_row_changes_its_facility_and_leaves_the_rest_of_it(
    editor: Session, deps: Deps
) -> None:
    """What editors added stays."""
    start(editor)
    finish(deps)
    id_ = editor.get("/v1/facilities", q="atlas").json["items"][0]["id"]
    editor.patch(f"/v1/facilities/{id_}", {"catchment_population": 900}, '"1"')

    location = start(editor, FILE.replace(b"Pharmacie Atlas", b"Pharmacie du Haut Atlas"))
    finish(deps)

    assert editor.get(location).json["counts"]["changed"] == 1
    changed = editor.get(f"/v1/facilities/{id_}").json
    assert changed["name"]["fr"] == "Pharmacie du Haut Atlas"
    assert changed["catchment_population"] == 900


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["facilities", "rows", "progress"])
def test_a_crash_anywhere_in_a_batch_repeats_and_loses_nothing(
    editor: Session, registry: Registry, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The batch is done again; each row ends with the outcome it had at first."""
    deps, clock = registry.deps, registry.clock
    monkeypatch.setattr(import_batches, "BATCH_ROWS", 4)
    location = start(editor)
    step = {
        "facilities": (deps.facilities, "add_all"),
        "rows": (deps.import_rows, "add_all"),
        "progress": (deps.imports, "advance"),
    }[point]
    real, calls = getattr(*step), []

    def crash(*args: Any) -> Any:
        calls.append(1)
        outcome = real(*args)
        if len(calls) == 1:
            raise Crash
        return outcome

    monkeypatch.setattr(type(step[0]), step[1], lambda _, *args: crash(*args))
    with pytest.raises(Crash):
        work_off_imports(deps)
    assert work_off_imports(deps) == 0, "another worker still holds it, for all we know"
    clock.move(minutes=2)
    finish(deps)

    assert editor.get(location).json["counts"] == {
        "created": 3,
        "unchanged": 0,
        "changed": 0,
        "refused": 9,
    }
    assert outcomes(editor, location) == EXPECTED
    assert deps.facilities.collection.count_documents({}) == 3


def test_the_same_request_again_starts_no_second_import(editor: Session, deps: Deps) -> None:
    """The Idempotency-Key names the import."""
    query = {"profile": "osm", "country": "MA"}
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "monthly"}

    first, second = (
        editor._send("POST", "/v1/imports", headers, data=FILE, query_string=query)
        for _ in range(2)
    )

    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(editor.get("/v1/imports").json["items"]) == 1


def test_geojson_with_a_profile_of_ones_own(editor: Session, deps: Deps) -> None:
    """A hospital of a conflict area is coarse, also when it comes from a file."""
    features = [
        {
            "type": "Feature",
            "id": number,
            "properties": {"name": name, "kind": kind},
            "geometry": {"type": "Point", "coordinates": [36.63, 35.93]},
        }
        for number, name, kind in ((1, "Post (synthetic)", "Health post"), (2, "H", "hospital"))
    ]
    assert editor.put("/v1/import-profiles/posts", PROFILE).status_code == 200
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()

    answer = editor.send("/v1/imports", content, "application/geo+json", profile="posts")
    assert answer.status_code == 202, answer.json
    finish(deps)

    assert outcomes(editor, answer.headers["Location"]) == {1: ("created", []), 2: ("created", [])}
    items = editor.get("/v1/facilities").json["items"]
    assert {one["type"]: one["location"]["sensitivity"] for one in items} == {
        "dispensary": "public",
        "hospital": "coarse",
    }


def test_profiles_are_kept_by_name(editor: Session) -> None:
    """Built-in ones are there and stay; one's own are replaced by who has read them."""
    names = [one["name"] for one in editor.get("/v1/import-profiles").json["items"]]
    assert names == ["osm", "hdx"]
    assert editor.put("/v1/import-profiles/osm", PROFILE).status_code == 409
    assert editor.put("/v1/import-profiles/mine", PROFILE).headers["ETag"] == '"1"'
    assert editor.put("/v1/import-profiles/mine", PROFILE).status_code == 428
    assert editor.put("/v1/import-profiles/mine", PROFILE, '"1"').headers["ETag"] == '"2"'
    assert editor.get("/v1/import-profiles/mine").json["profile"]["country"] == "SY"
    no_name = editor.put("/v1/import-profiles/other", PROFILE | {"name": {}})
    assert no_name.json["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize(
    ("content", "type_", "query", "status"),
    [
        (FILE, "text/csv", {"profile": "nobodys"}, 404),
        (FILE, "text/csv", {}, 422),
        (FILE, "text/csv", {"profile": "osm", "format": "geojson"}, 422),
        (FILE, "text/csv", {"profile": "osm", "country": "Morocco"}, 422),
        (FILE, "text/csv", {"profile": "hdx"}, 422),
        (FILE, "application/geo+json", {"profile": "osm"}, 422),
        (FILE, "application/json", {"profile": "osm"}, 415),
        (b"", "text/csv", {"profile": "osm"}, 400),
        (b"\xff\xfea\x00", "text/csv", {"profile": "osm"}, 422),
        (FILE + "é".encode("latin-1"), "text/csv", {"profile": "osm"}, 422),
        (FILE.split(b"\n", 1)[0], "text/csv", {"profile": "osm"}, 422),
        (b"x" * ((16 << 20) + 1), "text/csv", {"profile": "osm"}, 413),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused_at_once(
    editor: Session, content: bytes, type_: str, query: dict[str, str], status: int
) -> None:
    """Nothing is kept of it."""
    refused = editor.send("/v1/imports", content, type_, **query)

    assert refused.status_code == status, refused.json
    assert editor.get("/v1/imports").json["items"] == []


def test_a_file_that_is_gone_fails_its_import(
    editor: Session, registry: Registry, clock: MovingClock
) -> None:
    """It waited for longer than files are kept."""
    location = start(editor)
    registry.database["import_files"].delete_many({})
    finish(registry.deps)

    failed = editor.get(location).json
    assert failed["state"] == "failed"
    assert "Send it again" in failed["failure"]


def test_only_editors_and_operators_import(as_: As, clinic: Session) -> None:
    """Also reading the reports."""
    assert clinic.send("/v1/imports", FILE, "text/csv", profile="osm").status_code == 403
    assert clinic.get("/v1/imports").status_code == 403
    assert as_("operator").get("/v1/imports").status_code == 200
