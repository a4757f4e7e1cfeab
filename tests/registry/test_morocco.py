"""The real file: 7,997 health facilities of OpenStreetMap, with all their dirt."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.registry.conftest import Session

from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.work_off_imports import work_off_imports

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("IHALA_DATA", ROOT.parent / "shared" / "data"))
FILE = DATA / "morocco" / "osm_health_facilities_mar_2026.csv"
"""© OpenStreetMap contributors, ODbL 1.0."""

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason=f"{FILE} is absent: set IHALA_DATA to the folder with the data"
)


def start(editor: Session) -> str:
    answer = editor.send("/v1/imports", FILE.read_bytes(), "text/csv", profile="osm", country="MA")
    assert answer.status_code == 202, answer.json
    location: str = answer.headers["Location"]
    return location


def rows(editor: Session, location: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = editor.get(f"{location}/rows", limit=200, **query, **cursor).json
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def import_it(deps: Deps, editor: Session) -> str:
    location = start(editor)
    while work_off_imports(deps):
        pass
    return location


def test_the_whole_file_goes_in_and_each_row_says_what_became_of_it(
    deps: Deps, editor: Session
) -> None:
    """334 have no name, 522 are doctors' practices, which are no facilities here.

    What went in is found in both scripts, and again by a second import, which changes nothing.
    """
    first = import_it(deps, editor)

    done = editor.get(first).json
    assert (done["state"], done["done"], done["total"]) == ("finished", 7997, 7997)
    assert done["counts"] == {"created": 7180, "unchanged": 0, "changed": 0, "refused": 817}
    refused = rows(editor, first, outcome="refused")
    codes = Counter(reason["code"] for row in refused for reason in row["reasons"])
    assert codes == {"no_name": 334, "unknown_type": 522}
    assert deps.facilities.collection.count_documents({}) == 7180

    found = editor.get("/v1/facilities", q="misk").json["items"]
    assert {"ar": "صيدلية مسك", "fr": "Pharmacie Misk"} in [one["name"] for one in found]
    near = {"near": "33.9632595,-6.8729779", "radius_m": 500, "type": "pharmacy"}
    nearest = editor.get("/v1/facilities", **near).json["items"]
    assert nearest[0]["distance_m"] == 0

    again = editor.get(import_it(deps, editor)).json
    assert again["counts"] == {"created": 0, "unchanged": 7180, "changed": 0, "refused": 817}
