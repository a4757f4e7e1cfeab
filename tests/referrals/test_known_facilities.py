"""What is known of facilities by id: kept for a moment, but never that one is not known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.referrals.samples import facility, facility_event

from ihala.mongo import Database, Document, connect
from ihala_referrals.store import facilities
from ihala_referrals.store.facilities import FacilityStore

NEW = "fac_00000000000000000000000new"


def store_of(database: Database[Document]) -> FacilityStore:
    return FacilityStore(database, now_s=lambda: 0.0)


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[Document]]:
    database = connect(mongodb_uri)
    yield database
    database.client.close()


def test_one_that_was_asked_for_too_early_is_known_as_soon_as_it_is_heard_of(
    database: Database[Document],
) -> None:
    store = store_of(database)

    before = store.known([NEW])
    store.projection.apply([facility_event(facility(NEW))])

    assert before == {}
    assert store.known([NEW]).keys() == {NEW}


def test_what_is_known_is_kept_and_found_beside_what_must_be_asked_for(
    database: Database[Document],
) -> None:
    store, other = store_of(database), f"{NEW[:-1]}2"
    store.projection.apply([facility_event(facility(NEW))])
    first = store.known([NEW])[NEW]
    store.projection.apply([facility_event(facility(other))])

    found = store.known([other, NEW])

    assert found.keys() == {NEW, other}
    assert found[NEW] is first


def test_making_room_takes_nothing_away_from_who_asks(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = store_of(database), f"{NEW[:-1]}2"
    events = [facility_event(facility(id_)) for id_ in (NEW, other)]
    store.projection.apply(events)
    store.known([NEW])

    monkeypatch.setattr(facilities, "_MOST_KEPT", 0)

    assert store.known([NEW, other]).keys() == {NEW, other}
