"""Retention: what goes by itself once its time is over."""

from __future__ import annotations

from ihala.mongo import Collection, Document

INDEX = "expiry"
_DAY_S = 24 * 3600


def keep_for(collection: Collection[Document], field: str, days: int) -> None:
    """Let MongoDB remove documents ``days`` days after the moment in ``field``; 0 is never.

    Safe and cheap to call again; other days than before take effect at once. A document without
    the field stays. Call it from one process only: two with different days would take turns.
    """
    known = collection.index_information().get(INDEX)
    wanted = days * _DAY_S
    if known is not None and known.get("expireAfterSeconds") != wanted:
        collection.drop_index(INDEX)
    if days:
        collection.create_index(field, expireAfterSeconds=wanted, name=INDEX)
