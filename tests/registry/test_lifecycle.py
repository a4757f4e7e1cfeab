"""The rules by which a facility changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihala_registry.domain.errors import FacilityClosed, TransitionNotAllowed
from ihala_registry.domain.facility import (
    ALLOWED,
    BEGINNINGS,
    Details,
    Facility,
    change,
    move,
    put_service,
    report_capacity,
    report_status,
)
from ihala_registry.domain.places import Admin, Precision, Published
from ihala_registry.domain.reports import Capacity, CapacityReport, Status, capacity_of
from ihala_registry.domain.services import ServiceOffer
from ihala_registry.domain.values import LocalisedText
from ihala_registry.domain.vocabulary import (
    Availability,
    CapacityStatus,
    CapacityUnit,
    FacilityType,
    Functionality,
    Lifecycle,
)

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FACILITY = Facility(
    id="fac_0000000000000000000000test",
    details=Details(LocalisedText(en="Example"), FacilityType.DIALYSIS_CENTRE),
    published=Published(Precision.NONE, Admin()),
    lifecycle=Lifecycle.OPERATIONAL,
    created_at=NOW,
    updated_at=NOW,
)
DIALYSIS = ServiceOffer("dialysis", Availability.FULLY)
HOURS = st.integers(-500, 0).map(lambda hours: NOW + timedelta(hours=hours))


def capacity(reported_at: datetime, available: int = 3) -> Capacity:
    report = CapacityReport(CapacityUnit.CHAIR, reported_at, available=available)
    return capacity_of(report, NOW, {CapacityUnit.CHAIR: timedelta(hours=24)})


@given(st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(Lifecycle), max_size=12))
def test_a_life_follows_the_table_and_ends_when_closed(
    beginning: Lifecycle, wishes: list[Lifecycle]
) -> None:
    """A step that is not in the table is refused and changes nothing; others are events."""
    facility = replace(FACILITY, lifecycle=beginning)

    for to in wishes:
        before = facility
        if to in ALLOWED[before.lifecycle]:
            facility, events = move(before, to, "because", NOW)
            assert [event.type for event in events] == ["facility.lifecycle_changed"]
            assert facility.lifecycle is to
        else:
            with pytest.raises(TransitionNotAllowed):
                move(before, to, "because", NOW)
        assert before.lifecycle is not Lifecycle.CLOSED or facility == before


@given(st.permutations(range(6)), st.lists(HOURS, min_size=6, max_size=6, unique=True))
def test_whatever_the_order_of_arrival_the_newest_report_counts(
    order: list[int], moments: list[datetime]
) -> None:
    """Late and repeated reports change nothing."""
    reports = [capacity(moment, available=index) for index, moment in enumerate(moments)]
    facility = replace(FACILITY, services=(DIALYSIS,))

    for index in [*order, *order]:
        service = facility.service("dialysis")
        assert service is not None
        facility, _ = report_capacity(facility, service, reports[index], NOW)

    kept = facility.service("dialysis")
    assert kept is not None
    assert kept.capacity == max(reports, key=lambda report: report.reported_at)


def test_a_closed_facility_takes_no_reports_and_offers_no_services() -> None:
    """409, and by event: filed only."""
    closed = replace(FACILITY, lifecycle=Lifecycle.CLOSED)

    with pytest.raises(FacilityClosed):
        report_status(closed, Status(NOW, Functionality.FULL), NOW)
    with pytest.raises(FacilityClosed):
        put_service(closed, DIALYSIS, NOW)
    with pytest.raises(FacilityClosed):
        report_capacity(closed, DIALYSIS, capacity(NOW), NOW)


def test_a_changed_service_keeps_the_capacity_that_was_reported() -> None:
    """Editors say what is offered, reporters say how much of it is left."""
    facility = replace(FACILITY, services=(replace(DIALYSIS, capacity=capacity(NOW)),))

    after, _ = put_service(facility, replace(DIALYSIS, referral_required=True), NOW)

    kept = after.service("dialysis")
    assert kept is not None
    assert kept.capacity == capacity(NOW)
    assert kept.referral_required


def test_saying_the_same_again_changes_nothing() -> None:
    """No event, so nothing is saved and no version is spent."""
    assert change(FACILITY, FACILITY.details, FACILITY.published, NOW) == (FACILITY, ())


def test_the_event_of_a_change_names_the_fields_and_not_the_values() -> None:
    """Values may be for staff only."""
    details = replace(FACILITY.details, aliases=("Old name",), catchment_population=1000)

    _, events = change(FACILITY, details, FACILITY.published, NOW)

    assert events[0].data == {"changed": ["aliases", "catchment_population"]}


@pytest.mark.parametrize(
    ("available", "waitlist", "expected"),
    [
        (3, None, CapacityStatus.CAPACITY),
        (0, None, CapacityStatus.NO_CAPACITY),
        (0, 4, CapacityStatus.WAITLIST),
        (None, None, CapacityStatus.UNKNOWN),
    ],
)
def test_figures_say_the_status_when_the_reporter_does_not(
    available: int | None, waitlist: int | None, expected: CapacityStatus
) -> None:
    """A status that is given is kept as it is."""
    report = CapacityReport(CapacityUnit.CHAIR, NOW, available=available, waitlist_length=waitlist)

    assert capacity_of(report, NOW, {CapacityUnit.CHAIR: timedelta(hours=1)}).status is expected
