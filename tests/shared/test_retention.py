"""What is kept, how long, and why: declared in one table, and done."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ihala.kept import Kept, find
from ihala.mongo import Database, Document
from ihala.operations import Operations, installed
from ihala.retention import keep_for

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "keeping.md"
SERVICES = installed()


def expiry(database: Database[Document]) -> int | None:
    index = database["reports"].index_information().get("expiry", {})
    seconds: int | None = index.get("expireAfterSeconds")
    return seconds


def test_documents_leave_after_the_days_that_are_set_and_other_days_take_effect(
    database: Database[Document],
) -> None:
    keep_for(database["reports"], "at", 2)
    keep_for(database["reports"], "at", 2)
    first = expiry(database)

    keep_for(database["reports"], "at", 30)
    second = expiry(database)
    keep_for(database["reports"], "at", 0)

    assert (first, second, expiry(database)) == (2 * 86400, 30 * 86400, None)


def test_a_view_of_a_projection_falls_under_its_line() -> None:
    table = [Kept("facilities", "", ""), Kept("facilities_v*", "", "")]

    assert find(table, "facilities") == table[0]
    assert find(table, "facilities_v12") == table[1]
    assert find(table, "facilities_version") is None


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_setting_of_the_table_is_a_setting_of_the_worker(service: str) -> None:
    settings = {
        field.metadata["name"]: field.metadata["default"]
        for field in dataclasses.fields(SERVICES[service].settings)
    }

    for kept in SERVICES[service].collections:
        if kept.setting:
            assert settings[kept.setting] == kept.days, kept.name


def rows_of(operations: Operations) -> list[str]:
    """The table's lines as the page shows them."""
    return [
        f"| `{kept.name}` | {kept.holds} | {_how_long(kept)} | {kept.because} | {kept.backup} |"
        for kept in operations.collections
    ]


def _how_long(kept: Kept) -> str:
    days = f"{kept.days} days" if kept.days else "–"
    return f"{days}, `{kept.setting}`" if kept.setting else days


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_page_for_operators_shows_the_whole_table(service: str) -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [row for row in rows_of(SERVICES[service]) if row not in page] == []
