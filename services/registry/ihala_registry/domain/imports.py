"""An import: a file that is being worked through, row by row, and how far that has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ihala_registry.domain.import_profile import FileFormat, ImportProfile
from ihala_registry.domain.import_rows import Reason


class ImportState(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Import:
    """An import as it stands. ``done`` rows of ``total`` have an outcome."""

    id: str
    format: FileFormat
    profile_name: str
    profile: ImportProfile
    total: int
    started_by: str
    correlation_id: str
    created_at: datetime
    state: ImportState = ImportState.QUEUED
    done: int = 0
    counts: Mapping[RowOutcome, int] = field(default_factory=dict)
    finished_at: datetime | None = None
    failure: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row, and why when it was refused."""

    row: int
    outcome: RowOutcome
    facility_id: str | None = None
    reasons: tuple[Reason, ...] = ()
