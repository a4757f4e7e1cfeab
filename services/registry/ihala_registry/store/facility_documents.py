"""A facility as a document, and back: its state, and what is derived from it for searching."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from ihala.mongo import Document
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.folding import search_words
from ihala_registry.domain.places import Point
from ihala_registry.domain.plain import from_plain, to_plain

HEAVY = {"history": 0, "keys": 0, "idempotency": 0, "words": 0}
"""What a reader of many facilities does not want."""

_STATE = (
    "details",
    "published",
    "lifecycle",
    "status",
    "services",
    "imported",
    "created_at",
    "updated_at",
)


def state_of(facility: Facility) -> Document:
    """All that is kept of the facility, beside what the history needs."""
    plain = to_plain(facility)
    state = {name: plain[name] for name in _STATE if name in plain}
    derived = {
        "services": plain.get("services", []),
        "words": search_words(chain(facility.details.name.texts(), facility.details.aliases)),
        "areas": facility.published.admin.codes(),
    }
    return state | derived | _spot(facility.published.point) | _identifiers(facility)


def _spot(point: Point | None) -> Document:
    """The published point as GeoJSON; a facility without one is in no index of places."""
    if point is None:
        return {}
    return {"spot": {"type": "Point", "coordinates": [point.lon, point.lat]}}


def _identifiers(facility: Facility) -> Document:
    keys = [identifier.key for identifier in facility.details.identifiers]
    return {"identifiers": keys} if keys else {}


def facility_of(document: Mapping[str, Any]) -> Facility:
    """The facility that the document holds."""
    plain = {name: document[name] for name in (*_STATE, "version", "seq") if name in document}
    return from_plain(Facility, {"id": document["_id"], **plain})


def changes(before: Facility, after: Facility) -> tuple[Document, list[str]]:
    """What to set and to unset so that the document of ``before`` becomes that of ``after``."""
    old, new = state_of(before), state_of(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    return changed, [name for name in old if name not in new]
