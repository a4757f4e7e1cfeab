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


def test_the_whole_file_goes_in_and_each_row_says_what_became_of_it(
    deps: Deps, editor: Session
) -> None:
    first = start(editor)
    while work_off_imports(deps):
        pass

    done = editor.get(first).json
    assert (done["state"], done["done"], done["total"]) == ("finished", 7997, 7997)
    assert sum(done["counts"].values()) == 7997
    refused = rows(editor, first, outcome="refused")
    codes = Counter(reason["code"] for row in refused for reason in row["reasons"])
    print(done, codes)
    assert codes == {"no_name": 334, "unknown_type": 522}
