"""Compares each read model with what it is a copy of, field by field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ihala.clock import utc_now
from ihala.events.event import Event
from ihala.mongo import Database, Document
from ihala_notifications.store.desks import desk_document
from ihala_notifications.store.facts import facts_document
from ihala_referrals.store.facilities import document_of
from ihala_registry.domain.views import snapshot
from ihala_registry.store.facility_documents import facility_of

Kept = Mapping[str, Document]
DocumentOf = Callable[[Event], Document | None]


def mistakes_of_projections(databases: Mapping[str, Database[Document]]) -> Iterable[str]:
    """Facilities in referrals, desks and facts in notifications: each as its source is by now."""
    for facility in databases["registry"]["facilities"].find():
        event = _event_of_facility(facility)
        yield from _differs(databases["referrals"], "facilities_v1", document_of, event)
        yield from _differs(databases["notifications"], "desks_v1", desk_document, event)
    facts = {it["_id"]: it for it in databases["notifications"]["referral_facts_v1"].find()}
    for referral in databases["referrals"]["referrals"].find({}, {"history": 1}):
        last = _last_event(referral)
        expected, found = facts_document(last), facts.get(referral["_id"])
        if expected != found:
            yield f"referral {referral['_id']} is {found} in notifications, {expected} here"


def _differs(
    database: Database[Document], name: str, document_of: DocumentOf, event: Event
) -> Iterable[str]:
    expected = document_of(event)
    found = database[name].find_one({"_id": event.key})
    if expected != found:
        yield f"facility {event.key} is {found} in {name}, {expected} in the registry"


def _event_of_facility(document: Document) -> Event:
    """The event that would tell of the facility as it stands."""
    shown = json.loads(json.dumps(snapshot(facility_of(document))))
    data = {"facility": shown, "snapshot_version": document["version"]}
    return _event(document["_id"], document["seq"], "facility.reported", data)


def _last_event(referral: Document) -> Event:
    entry = referral["history"][-1]
    return _event(referral["_id"], entry["seq"], entry["type"], entry["data"])


def _event(key: str, seq: int, type_: str, data: dict[str, Any]) -> Event:
    return Event(
        id=f"{key}:{seq}",
        type=type_,
        source="tests",
        subject=key,
        time=utc_now(),
        data=data,
        key=key,
        seq=seq,
    )
