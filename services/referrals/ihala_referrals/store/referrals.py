"""The collection of referrals: one document each, with its offers, notes and history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ihala.caller import Caller
from ihala.clock import Clock
from ihala.errors import Conflict
from ihala.events.history import HistoryCollection
from ihala.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError
from ihala_referrals.domain.decided import Decided
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.words import OPEN, Kind, ReferralStatus
from ihala_referrals.store.documents import changes, to_document, to_referral
from ihala_referrals.store.queries import Wanted, query_of

_WITHOUT_HISTORY = {"history": 0}
_ALIVE = [str(ReferralStatus.DRAFT), str(ReferralStatus.ACTIVE)]
_MAX_DUPLICATES = 20


class CodeTaken(Conflict):
    """Another referral has this code: draw again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A referral as it is stored; ``document`` is what a later save is guarded by."""

    referral: Referral
    document: Mapping[str, Any]
    replayed: bool = False

    @property
    def version(self) -> int:
        """The version that ETags speak of."""
        return int(self.document["version"])


class ReferralStore:
    """Referrals, found by whoever may see them, saved with their events in one write."""

    def __init__(self, collection: Collection[Document], clock: Clock) -> None:
        self.history = HistoryCollection(collection, clock)
        self._collection = collection

    def ensure_indexes(self) -> None:
        """Make the indexes; safe to call at every start."""
        self.history.ensure_indexes()
        for keys, options in (
            ([("code", ASCENDING)], {"unique": True}),
            ([("from_facility_id", ASCENDING), ("_id", DESCENDING)], {}),
            ([("offers.to_facility_id", ASCENDING), ("_id", DESCENDING)], {}),
            ([("recognised_by", ASCENDING)], {}),
            ([("due_at", ASCENDING)], {"sparse": True, "name": "due"}),
        ):
            self._collection.create_index(keys, **options)

    def create(self, decided: Decided, by: Caller) -> Kept:
        """Store a new referral with its events, in one write.

        Raises CodeTaken when another one has its code, AlreadyExists when its id is known.
        """
        referral = decided.referral
        try:
            saved = self.history.create(referral.id, to_document(referral), decided.events, by)
        except DuplicateKeyError as error:
            raise CodeTaken(f"code {referral.code} is taken") from error
        if saved.replayed:
            return Kept(to_referral(saved.document), saved.document, replayed=True)
        return Kept(referral, saved.document)

    def find(self, id_: str) -> Kept | None:
        """The referral, whoever asks: visibility is the use case's matter."""
        document = self._collection.find_one({"_id": id_}, _WITHOUT_HISTORY)
        return Kept(to_referral(document), document) if document else None

    def save(
        self, before: Kept, decided: Decided, by: Caller, more: Mapping[str, Any] | None = None
    ) -> Kept:
        """Store what was decided about ``before``; LostRace when somebody else was faster.

        A claim by the due loop ends with it, since what is due is reckoned anew.
        """
        changed, gone = changes(before.document, to_document(decided.referral))
        document = self.history.save(
            before.document,
            {**changed, **(more or {})},
            decided.events,
            by,
            unset=[*gone, "claimed_until"],
        )
        return Kept(decided.referral, document)

    def events_of(self, id_: str) -> Sequence[Mapping[str, Any]]:
        """The whole history of one referral, oldest first."""
        document = self._collection.find_one({"_id": id_}, {"history": 1}) or {}
        entries: Sequence[Mapping[str, Any]] = document.get("history", ())
        return entries

    def page(self, wanted: Wanted, limit: int, after: str | None) -> tuple[list[Kept], str | None]:
        """The newest first, at most ``limit`` behind the id ``after``; where to go on, or None."""
        query = query_of(wanted)
        if query is None:
            return [], None
        if after is not None:
            query = {"$and": [query, {"_id": {"$lt": after}}]}
        without = {"history": 0, "private": 0, "notes": 0}
        found = self._collection.find(query, without).sort("_id", DESCENDING).limit(limit + 1)
        kept = [Kept(to_referral({**it, "private": None, "notes": ()}), it) for it in found]
        return kept[:limit], kept[limit - 1].referral.id if len(kept) > limit else None

    def alike(
        self, recognised_by: Sequence[bytes], service_code: str, facilities: frozenset[str]
    ) -> list[Referral]:
        """Referrals of the same person for the same service, under way from the facilities."""
        if not recognised_by or not facilities:
            return []
        found = self._collection.find(
            {
                "recognised_by": {"$in": list(recognised_by)},
                "service_code": service_code,
                "kind": str(Kind.MEDICAL),
                "status": {"$in": _ALIVE},
                "from_facility_id": {"$in": sorted(facilities)},
            },
            _WITHOUT_HISTORY,
        )
        newest = found.sort("_id", DESCENDING).limit(_MAX_DUPLICATES)
        return [to_referral(document) for document in newest]

    def ended_before(self, moment: datetime, limit: int) -> list[Kept]:
        """Referrals that ended, saw no event since the moment, and whose person is still known.

        No index is kept for it: it is asked a few times a day, and reads what is that old.
        """
        found = self._collection.find(
            {
                "created_at": {"$lt": moment},
                "status": {"$nin": _ALIVE},
                "erased_at": None,
                "$expr": {"$lt": [{"$max": "$history.time"}, moment]},
            },
            _WITHOUT_HISTORY,
        ).limit(limit)
        return [kept_from(document) for document in found]

    def erased(self) -> Iterator[Kept]:
        """Every referral whose person was erased."""
        found = self._collection.find({"erased_at": {"$type": "date"}}, _WITHOUT_HISTORY)
        return (kept_from(document) for document in found)

    def stranded(
        self, facility_id: str, still_offered: frozenset[str], seq: int, limit: int
    ) -> list[Kept]:
        """Referrals with an open offer at a facility that no longer offers what they need.

        Those that the same or a later event of the facility has met already are not among them.
        """
        open_here = {"to_facility_id": facility_id, "status": {"$in": sorted(OPEN)}}
        found = self._collection.find(
            {
                "offers": {"$elemMatch": open_here},
                "offers.to_facility_id": facility_id,
                "status": str(ReferralStatus.ACTIVE),
                "service_code": {"$nin": sorted(still_offered)},
                f"rescues.{facility_id}": {"$not": {"$gte": seq}},
            },
            _WITHOUT_HISTORY,
        ).limit(limit)
        return [Kept(to_referral(document), document) for document in found]


def kept_from(document: Document) -> Kept:
    """The referral that a whole document holds."""
    return Kept(to_referral(document), document)
