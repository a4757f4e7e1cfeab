"""What is known of facilities: a projection of ``registry.facilities``, made for matching."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from ihala.events.event import Event
from ihala.events.projection import Projection
from ihala.mongo import Database, Document
from ihala_referrals.domain.candidate import Candidate, Capacity
from ihala_referrals.domain.opening import Hours
from ihala_referrals.domain.places import Place

TOPIC = "registry.facilities"
_KEPT_S = 5.0
_MOST_KEPT = 5_000
_MOST_UNLOCATED = 50
_LEAN = {
    "organisation_id": 1,
    "name": 1,
    "lifecycle": 1,
    "coarse": 1,
    "point": 1,
    "functionality": 1,
    "accessibility": 1,
    "hours": 1,
    "time_zone": 1,
}


def document_of(event: Event) -> Document | None:
    """A facility as matching wants it: flat, with its services by code, places as GeoJSON."""
    if event.data is None:
        return None
    facility = event.data["facility"]
    status = facility.get("status") or {}
    point = facility.get("point")
    services = {service["code"]: _service(service, facility) for service in facility["services"]}
    return {
        "_id": facility["id"],
        "seq": event.data["snapshot_version"],
        "organisation_id": facility.get("managing_organisation_id"),
        "name": {key: text for key, text in facility["name"].items() if text},
        "lifecycle": facility["lifecycle"],
        "coarse": facility["sensitivity"] != "public",
        "point": point and {"type": "Point", "coordinates": [point["lon"], point["lat"]]},
        "functionality": status.get("functionality", "unknown"),
        "accessibility": status.get("accessibility", "unknown"),
        "hours": facility.get("opening_hours", []),
        "time_zone": facility.get("time_zone"),
        "service_codes": sorted(services),
        "services": {_key(code): service for code, service in services.items()},
    }


def _service(service: Document, facility: Document) -> Document:
    eligibility = service.get("eligibility") or {}
    capacity = service.get("capacity")
    return {
        "availability": service["availability"],
        "min_age": eligibility.get("min_age"),
        "max_age": eligibility.get("max_age"),
        "sex": eligibility.get("sex"),
        "languages": service.get("languages") or facility.get("languages", []),
        "capacity": capacity and _capacity(capacity),
    }


def _capacity(capacity: Document) -> Document:
    return {
        "status": capacity["status"],
        "available": capacity.get("available"),
        "wait_days": capacity.get("wait_days"),
        "reported_at": datetime.fromisoformat(capacity["reported_at"]),
        "valid_until": datetime.fromisoformat(capacity["valid_until"]),
    }


def _key(code: str) -> str:
    """A code as a field name: a dot would be read as a path."""
    return code.replace(".", "|").replace("$", "|")


class FacilityStore:
    """Facilities near a place, and facilities by id.

    What is asked for by id is kept for five seconds: a projection is never newer than that anyhow.
    """

    def __init__(
        self, database: Database[Document], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.projection = Projection(
            database, "facilities", document_of, [[("service_codes", 1), ("point", "2dsphere")]]
        )
        self._now_s = now_s
        self._kept: dict[str, tuple[float, Document]] = {}
        self._unlocated: dict[str, tuple[float, list[Document]]] = {}

    def ensure_indexes(self) -> None:
        """Make the indexes; safe to call at every start."""
        self.projection.ensure_indexes()

    def forget(self) -> None:
        """Ask MongoDB anew for whatever is asked for next."""
        self._kept, self._unlocated = {}, {}

    def known(self, ids: Iterable[str]) -> dict[str, Document]:
        """Those of the facilities that are known, by id."""
        wanted, now_s, kept = dict.fromkeys(ids), self._now_s(), self._kept
        found = {id_: it[1] for id_ in wanted if (it := kept.get(id_)) and it[0] > now_s}
        missing = [id_ for id_ in wanted if id_ not in found]
        return {**found, **self._read(missing)} if missing else found

    def _read(self, ids: Sequence[str]) -> dict[str, Document]:
        """What is not known is not kept: it may be registered at any moment."""
        if len(self._kept) > _MOST_KEPT:
            self._kept = {}
        found = {it["_id"]: it for it in self.projection.collection.find({"_id": {"$in": ids}})}
        until = self._now_s() + _KEPT_S
        self._kept |= {id_: (until, document) for id_, document in found.items()}
        return found

    def place_of(self, id_: str) -> Place | None:
        """Where a facility publishes to be; None when that is not known."""
        return place_in(self.known([id_]).get(id_))

    def candidate(self, document: Document, service_code: str, near: Place | None) -> Candidate:
        """One facility as matching sees it from a place."""
        distance = _distance_m(document, near) if near else None
        service = document["services"].get(_key(service_code))
        return _candidate(document, service, distance)

    def near(self, service_code: str, near: Place, limit: int) -> list[Candidate]:
        """The facilities that list the service, nearest first, then those without a location.

        A find by ``$nearSphere`` stops at its limit; the same asked of ``$geoNear`` in a pipeline
        took ten times as long (measured over 10,000 facilities).
        """
        here = {"type": "Point", "coordinates": [near.lon, near.lat]}
        query = {"service_codes": service_code, "point": {"$nearSphere": {"$geometry": here}}}
        found = self.projection.collection.find(query, _lean(service_code)).limit(limit)
        located = [_candidate(it, it["s"], _distance_m(it, near)) for it in found]
        return located + self._without_location(service_code)

    def _without_location(self, service_code: str) -> list[Candidate]:
        """Few, and asked for again every five seconds only."""
        until, documents = self._unlocated.get(service_code, (0.0, []))
        if until <= self._now_s():
            query = {"service_codes": service_code, "point": None}
            lean = _lean(service_code)
            found = self.projection.collection.find(query, lean).limit(_MOST_UNLOCATED)
            documents = list(found)
            if len(self._unlocated) > _MOST_KEPT:
                self._unlocated = {}
            self._unlocated[service_code] = (self._now_s() + _KEPT_S, documents)
        return [_candidate(document, document["s"], None) for document in documents]


def _lean(service_code: str) -> Document:
    """Only what matching reads, and of the services only the one that is wanted."""
    return {**_LEAN, "s": f"$services.{_key(service_code)}"}


def _distance_m(document: Document, near: Place) -> float | None:
    here = place_in(document)
    return near.distance_m(here) if here else None


def place_in(document: Document | None) -> Place | None:
    """Where a facility's document says that it is; None when that is not known."""
    point = document and document["point"]
    return Place(point["coordinates"][1], point["coordinates"][0]) if point else None


def _candidate(document: Document, service: Document | None, distance: float | None) -> Candidate:
    capacity = service and service["capacity"]
    offered: dict[str, Any] = service or {"availability": None, "languages": ()}
    return Candidate(
        facility_id=document["_id"],
        organisation_id=document["organisation_id"],
        name=document["name"],
        lifecycle=document["lifecycle"],
        coarse=document["coarse"],
        distance_m=distance,
        functionality=document["functionality"],
        accessibility=document["accessibility"],
        availability=offered["availability"],
        min_age=offered.get("min_age"),
        max_age=offered.get("max_age"),
        sex=offered.get("sex"),
        languages=tuple(offered["languages"]),
        capacity=Capacity(**capacity) if capacity else None,
        hours=tuple(_hours(one) for one in document["hours"]),
        time_zone=document["time_zone"],
    )


def _hours(kept: Document) -> Hours:
    return Hours(kept["rrule"], kept["opens_at"], kept["closes_at"])
