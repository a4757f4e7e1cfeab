"""``ihala parked``: what waits for a person is shown, tried again, mended or let go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.shared.cli.smallest import GROUP, Ihala, parked

from ihala.events.parking import Parking
from ihala.mongo import Database, Document


def test_parked_events_are_listed_and_shown_whole(
    ihala: Ihala, database: Database[Document]
) -> None:
    id_ = parked(database)

    listed = ihala("parked", "list", "registry")
    shown = ihala("parked", "show", "registry", id_)

    assert id_ in listed.stdout
    assert "KeyError: 'unit'" in listed.stdout
    assert json.loads(shown.stdout)["event"]["data"]["service_code"] == "dialysis"


def test_a_retry_makes_the_event_due_and_is_kept_in_the_audit(
    ihala: Ihala, database: Database[Document]
) -> None:
    id_ = parked(database)

    result = ihala("parked", "retry", "registry", id_, "--by", "amal", "--reason", "mended")

    assert result.exit_code == 0, result.output
    assert [it.id for it in Parking(database, GROUP).claim_due()] == [id_]
    (kept,) = database["parked_audit"].find()
    assert (kept["act"], kept["by"], kept["reason"]) == ("retry", "amal", "mended")


@pytest.mark.parametrize("act", ["retry", "skip"])
def test_no_act_without_a_reason(ihala: Ihala, database: Database[Document], act: str) -> None:
    id_ = parked(database)
    sure = ["--yes"] if act == "skip" else []

    missing = ihala("parked", act, "registry", id_, *sure)
    blank = ihala("parked", act, "registry", id_, *sure, "--reason", "  ")

    assert missing.exit_code == blank.exit_code == 2
    assert database["parked"].count_documents({}) == 1
    assert database["parked_audit"].count_documents({}) == 0


def test_a_skipped_event_is_gone_and_kept_in_the_audit(
    ihala: Ihala, database: Database[Document]
) -> None:
    id_ = parked(database)

    declined = ihala("parked", "skip", "registry", id_, "--reason", "a test", typed="n\n")
    result = ihala("parked", "skip", "registry", id_, "--reason", "a test", typed="y\n")

    assert declined.exit_code == 1
    assert result.exit_code == 0, result.output
    assert database["parked"].count_documents({}) == 0
    (kept,) = database["parked_audit"].find()
    assert kept["parked"]["_id"] == id_


def test_an_edit_must_keep_to_the_contract(
    ihala: Ihala, database: Database[Document], tmp_path: Path
) -> None:
    id_ = parked(database)
    kept = database["parked"].find_one({"_id": id_})
    assert kept is not None
    mended = kept["event"]["data"] | {"available": 7}
    file = tmp_path / "mended.json"

    file.write_text(json.dumps({**mended, "unit": "sofa"}))
    refused = ihala("parked", "edit", "registry", id_, "--data", str(file), "--reason", "typo")
    file.write_text(json.dumps(mended))
    taken = ihala("parked", "edit", "registry", id_, "--data", str(file), "--reason", "typo")

    assert refused.exit_code == 2
    assert "unit" in refused.output
    assert taken.exit_code == 0, taken.output
    (due,) = Parking(database, GROUP).claim_due()
    assert due.event.data is not None
    assert due.event.data["available"] == 7


def test_what_is_not_parked_is_said_so(ihala: Ihala) -> None:
    assert "Nothing is parked" in ihala("parked", "list", "registry").output
    assert "is not parked" in ihala("parked", "show", "registry", "nobody").output
