"""Working through imports: a batch of rows at a time, resumable after any crash, nothing twice.

A batch writes facilities, then the rows' reports, then the import's progress, which is guarded by
where it stood. A batch that is done again finds the facilities by their identifiers, and those it
wrote itself by the mark that each carries, so every row ends with the outcome it had at first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from ihala.errors import IhalaError, LostRace
from ihala.events.event import Happened
from ihala.ids import new_id
from ihala_registry.domain import facility as rules
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.import_files import decoded
from ihala_registry.domain.import_rows import Reason, updated
from ihala_registry.domain.imports import Import, RowOutcome
from ihala_registry.domain.places import Point, default_sensitivity, publish
from ihala_registry.domain.vocabulary import Lifecycle
from ihala_registry.store.facilities import NewFacility
from ihala_registry.store.imports import Progress
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.import_batches import Batch, Numbered, batches

_BATCHES_AT_A_TIME = 20
"""After so many the import is put back, so that stopping is prompt and others get their turn."""

_TRIES = 5


def work_off_imports(deps: Deps) -> int:
    """Work on one import that is due, if there is one; how many rows were done."""
    import_ = deps.imports.claim()
    if import_ is None:
        return 0
    content = deps.imports.content(import_.id)
    if content is None:
        deps.imports.fail(import_, "The file waited too long and is gone. Send it again.")
        return 0
    return _work_on(deps, import_, decoded(content))


def _work_on(deps: Deps, import_: Import, text: str) -> int:
    done = 0
    for batch in islice(batches(import_, text), _BATCHES_AT_A_TIME):
        advanced = _work_off(deps, import_, batch)
        if advanced is None:
            return done
        done += len(batch.reports)
        import_ = advanced
    deps.imports.release(import_)
    return done


def _work_off(deps: Deps, import_: Import, batch: Batch) -> Import | None:
    """The import after the batch, or None when another worker is at it."""
    kept = _kept(deps, batch.rows)
    centroids = _centroids(deps, batch.rows, kept.values())
    kept |= _create(deps, batch, [row for row in batch.rows if row.key not in kept], centroids)
    for row in batch.rows:
        if row.key in kept:
            _take_over(deps, batch, row, kept[row.key], centroids)
    reports = sorted(batch.reports, key=lambda report: report.row)
    deps.import_rows.add_all(import_.id, reports)
    counts = Counter(report.outcome for report in reports)
    return deps.imports.advance(import_, Progress(reports[0].row, reports[-1].row, counts))


def _kept(deps: Deps, rows: Sequence[Numbered]) -> dict[str, Facility]:
    """The facilities that the rows name, by identifier."""
    return {
        identifier.key: facility
        for facility in deps.facilities.by_identifiers(row.key for row in rows)
        for identifier in facility.details.identifiers
    }


def _centroids(
    deps: Deps, rows: Sequence[Numbered], kept: Iterable[Facility]
) -> Mapping[str, Point]:
    admins = [row.details.location.admin for row in rows]
    admins += [facility.details.location.admin for facility in kept]
    return deps.areas.centroids(code for admin in admins for code in (admin.adm3, admin.adm2))


def _create(
    deps: Deps, batch: Batch, rows: Sequence[Numbered], centroids: Mapping[str, Point]
) -> dict[str, Facility]:
    """Make the facilities; those that somebody else made meanwhile, to be taken over."""
    new = {row.number: _new(deps, batch, row, centroids) for row in rows}
    there = deps.facilities.add_all(list(new.values()))
    made = {number: one.facility.id for number, one in new.items()}
    late = [row for row in rows if made[row.number] in there]
    kept = _kept(deps, late)
    for row in rows:
        if made[row.number] not in there:
            batch.settle(row, RowOutcome.CREATED, made[row.number])
        elif row.key not in kept:
            batch.refuse(row.number, Reason("conflict", "It came and went meanwhile. Retry."))
    return kept


def _new(deps: Deps, batch: Batch, row: Numbered, centroids: Mapping[str, Point]) -> NewFacility:
    location = row.details.location
    if location.sensitivity is None:
        sensitivity = default_sensitivity(
            row.details.type, location.admin.country, deps.rules.conflict_countries
        )
        location = replace(location, sensitivity=sensitivity)
    now = deps.clock()
    facility = Facility(
        id=new_id("fac"),
        details=replace(row.details, location=location),
        published=publish(location, centroids),
        lifecycle=Lifecycle.OPERATIONAL,
        created_at=now,
        updated_at=now,
        imported=batch.mark(row, RowOutcome.CREATED),
    )
    return NewFacility(facility, [Happened("facility.registered", {})], batch.by())


def _take_over(
    deps: Deps, batch: Batch, row: Numbered, facility: Facility, centroids: Mapping[str, Point]
) -> None:
    """Bring the facility up to what the row says, whoever else is changing it."""
    for _ in range(_TRIES):
        try:
            outcome = _overlay(deps, batch, row, facility, centroids)
        except LostRace:
            facility = deps.facilities.get(facility.id) or facility
        except IhalaError as error:
            batch.refuse(row.number, Reason(error.kind, error.detail))
            return
        else:
            batch.settle(row, outcome, facility.id)
            return
    batch.refuse(row.number, Reason("conflict", "Others kept changing it. Import it again."))


def _overlay(
    deps: Deps, batch: Batch, row: Numbered, facility: Facility, centroids: Mapping[str, Point]
) -> RowOutcome:
    mark = facility.imported
    if mark and (mark.import_id, mark.row) == (batch.import_.id, row.number):
        return RowOutcome(mark.outcome)
    details = updated(facility.details, row.details)
    published = publish(details.location, centroids)
    after, events = rules.change(facility, details, published, deps.clock())
    if not events:
        return RowOutcome.UNCHANGED
    after = replace(after, imported=batch.mark(row, RowOutcome.CHANGED))
    deps.facilities.save(facility, after, events, batch.by())
    return RowOutcome.CHANGED
