"""Every report of capacity and status as it came in: append-only, one document each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from ihala.mongo import ASCENDING, DESCENDING, Database, Document, UpdateOne
from ihala.retention import keep_for


class Weight(StrEnum):
    """How a report was seen when it arrived."""

    NEWER = "newer"
    OLDER = "older"
    FACILITY_CLOSED = "facility_closed"


class ReportStore:
    """The collections ``capacity_reports`` and ``status_reports``."""

    def __init__(self, database: Database[Document]) -> None:
        self._capacity = database["capacity_reports"]
        self._status = database["status_reports"]

    def ensure_indexes(self) -> None:
        """Make the indexes that looking back needs."""
        newest = ("reported_at", DESCENDING)
        self._capacity.create_index(
            [("facility_id", ASCENDING), ("service_code", ASCENDING), newest], name="service"
        )
        self._status.create_index([("facility_id", ASCENDING), newest], name="facility")

    def keep_for(self, days: int) -> None:
        """How long reports are kept; 0 is for good."""
        for collection in (self._capacity, self._status):
            keep_for(collection, "received_at", days)

    def file_capacity(
        self, id_: str, facility_id: str, service_code: str, report: Any, filing: Document
    ) -> None:
        """File a capacity report; one that was filed before stays as it is."""
        of = {"facility_id": facility_id, "service_code": service_code}
        self._file(self._capacity, id_, {**of, **report, **filing})

    def file_status(self, id_: str, facility_id: str, report: Any, filing: Document) -> None:
        """File a status report; one that was filed before stays as it is."""
        self._file(self._status, id_, {"facility_id": facility_id, **report, **filing})

    @staticmethod
    def _file(collection: Any, id_: str, report: Document) -> None:
        collection.bulk_write([UpdateOne({"_id": id_}, {"$setOnInsert": report}, upsert=True)])


def filing(received_at: datetime, received_from: str, weight: Weight) -> Document:
    """What is noted on every report beside what it says."""
    return {"received_at": received_at, "received_from": received_from, "seen_as": weight.value}
