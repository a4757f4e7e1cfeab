"""What became of each row of an import: append-only, one document each."""

from __future__ import annotations

from collections.abc import Sequence

from ihala.clock import Clock
from ihala.mongo import ASCENDING, Database, Document, insert_new
from ihala.retention import keep_for
from ihala_registry.domain.imports import RowOutcome, RowReport
from ihala_registry.domain.plain import from_plain, to_plain


class ImportRowStore:
    """The import_rows collection."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._rows = database["import_rows"]
        self._clock = clock

    def ensure_indexes(self) -> None:
        """Make all indexes; safe to call at every start."""
        self._rows.create_index([("import_id", ASCENDING), ("row", ASCENDING)], name="row")
        self._rows.create_index(
            [("import_id", ASCENDING), ("outcome", ASCENDING), ("row", ASCENDING)], name="outcome"
        )

    def keep_for(self, days: int) -> None:
        """How long what became of a row is kept; 0 is for good."""
        keep_for(self._rows, "kept_at", days)

    def add_all(self, import_id: str, reports: Sequence[RowReport]) -> None:
        """Keep the reports; a row that has one already keeps the first."""
        of = {"import_id": import_id, "kept_at": self._clock()}
        documents = [
            {"_id": f"{import_id}:{report.row}", **of, **to_plain(report)} for report in reports
        ]
        insert_new(self._rows, documents)

    def page(
        self, import_id: str, outcomes: Sequence[RowOutcome], limit: int, after: int | None
    ) -> tuple[list[RowReport], int | None]:
        """At most ``limit`` reports behind the row, and the last one's row while more follow."""
        filter_: Document = {"import_id": import_id}
        if outcomes:
            filter_["outcome"] = {"$in": [outcome.value for outcome in outcomes]}
        if after is not None:
            filter_["row"] = {"$gt": after}
        found = self._rows.find(filter_).sort("row", ASCENDING).limit(limit + 1)
        items = [from_plain(RowReport, document) for document in found]
        return items[:limit], items[limit - 1].row if len(items) > limit else None
