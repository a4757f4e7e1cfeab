"""Reading what is left of an import's file into batches, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ihala.caller import Caller
from ihala_registry.domain.facility import Details, ImportMark
from ihala_registry.domain.import_files import Row, read_rows
from ihala_registry.domain.import_rows import Reason, Refused, details_of, identifier_of
from ihala_registry.domain.imports import Import, RowOutcome, RowReport

BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row that can be taken in, with what it says and what the file calls it."""

    number: int
    key: str
    details: Details


@dataclass(slots=True)
class Batch:
    """Rows under way: those to take in, and the reports so far."""

    import_: Import
    rows: list[Numbered] = field(default_factory=list)
    reports: list[RowReport] = field(default_factory=list)

    def refuse(self, row: int, *reasons: Reason) -> None:
        """The row ends here."""
        self.reports.append(RowReport(row, RowOutcome.REFUSED, None, reasons))

    def settle(self, row: Numbered, outcome: RowOutcome, facility_id: str) -> None:
        """The row is taken in."""
        self.reports.append(RowReport(row.number, outcome, facility_id))

    def by(self) -> Caller:
        """Whose doing it is: that of who sent the file."""
        return Caller(
            self.import_.started_by,
            correlation_id=self.import_.correlation_id,
            causation_id=self.import_.id,
        )

    def mark(self, row: Numbered, outcome: RowOutcome) -> ImportMark:
        """What a facility carries that this row wrote."""
        return ImportMark(self.import_.id, row.number, outcome.value)


def batches(import_: Import, text: str) -> Iterator[Batch]:
    """What is left of the file, in batches, read up to what a row says by itself."""
    seen: dict[str, int] = {}
    rows = read_rows(text, import_.format, import_.profile)
    for row in islice(rows, import_.done):
        _repeated(import_, row, seen)
    while some := list(islice(rows, BATCH_ROWS)):
        batch = Batch(import_)
        for row in some:
            _read(batch, row, _repeated(import_, row, seen))
        yield batch


def _repeated(import_: Import, row: Row, seen: dict[str, int]) -> int | None:
    """The earlier row of the file that has the same identifier, or None."""
    identifier = identifier_of(row, import_.profile)
    if identifier is None:
        return None
    first = seen.setdefault(identifier.key, row.number)
    return first if first != row.number else None


def _read(batch: Batch, row: Row, first: int | None) -> None:
    if first is not None:
        said = f"Row {first} has the same identifier."
        batch.refuse(row.number, Reason("repeated", said, _identifier_columns(batch)))
        return
    try:
        details = details_of(row, batch.import_.profile)
    except Refused as refused:
        batch.refuse(row.number, *refused.reasons)
        return
    batch.rows.append(Numbered(row.number, details.identifiers[0].key, details))


def _identifier_columns(batch: Batch) -> str:
    return ", ".join(batch.import_.profile.identifier.columns)
