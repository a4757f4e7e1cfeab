"""Registering, reading and changing facilities."""

from __future__ import annotations

from tests.registry.conftest import As, Session
from tests.registry.samples import DIALYSIS, HOSPITAL


def test_a_registered_facility_can_be_read_by_everyone(editor: Session, clinic: Session) -> None:
    answer = editor.post("/v1/facilities", DIALYSIS)

    assert answer.status_code == 201
    read = clinic.get(answer.headers["Location"])
    assert read.status_code == 200
    assert read.json["name"]["en"] == "Dialysis centre"
    assert read.headers["ETag"] == '"1"'
