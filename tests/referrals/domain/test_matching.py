"""Who could help, in what order and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.referrals.domain.making import NOW

from ihala_referrals.domain.candidate import Candidate, Capacity, Wanted
from ihala_referrals.domain.matching import ranked
from ihala_referrals.domain.opening import Hours, open_at
from ihala_referrals.domain.places import Place
from ihala_referrals.domain.words import Priority

WANTED = Wanted(Priority.URGENT)


def candidate(id_: str = "fac_1", **changes: Any) -> Candidate:
    plain = Candidate(
        facility_id=id_,
        organisation_id=None,
        name={"en": id_},
        lifecycle="operational",
        coarse=False,
        distance_m=1234.0,
        functionality="full",
        accessibility="full",
        availability="fully",
        capacity=Capacity("capacity", 3, 0, NOW - timedelta(hours=1), NOW + timedelta(hours=1)),
    )
    return replace(plain, **changes)


def capacity(status: str, **changes: Any) -> Capacity:
    known = Capacity(status, 0, None, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    return replace(known, **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lifecycle": "suspended"}, "facility_suspended"),
        ({"functionality": "none"}, "facility_not_functioning"),
        ({"accessibility": "none"}, "no_access"),
        ({"availability": "not_available"}, "service_not_available"),
        ({"availability": None}, "service_not_available"),
        ({"min_age": 18}, "not_eligible_age"),
        ({"max_age": 10}, "not_eligible_age"),
        ({"sex": "female"}, "not_eligible_sex"),
    ],
)
def test_who_cannot_help_is_left_out_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    wanted = replace(WANTED, age=12, sex="male")

    matches, excluded = ranked([candidate(**changes)], wanted, NOW)

    assert matches == []
    assert excluded[0].reasons == (reason,)


def test_no_capacity_excludes_only_for_emergencies() -> None:
    full = candidate(capacity=capacity("no_capacity"))

    assert ranked([full], WANTED, NOW)[0]
    emergency = ranked([full], replace(WANTED, priority=Priority.EMERGENCY), NOW)
    assert emergency[1][0].reasons == ("no_capacity",)


def test_a_limit_that_cannot_be_checked_does_not_exclude() -> None:
    matches, _ = ranked([candidate(min_age=18)], WANTED, NOW)

    assert matches[0].why["eligibility"] == "unknown"


def test_a_capacity_decays_to_unknown() -> None:
    """Past its validity the figure is not repeated, only when it was reported."""
    old = candidate(capacity=capacity("capacity", available=5, valid_until=NOW))

    why = ranked([old], WANTED, NOW)[0][0].why["capacity"]

    assert why["status"] == "unknown"
    assert "available" not in why
    assert why["age_minutes"] == 60


def test_a_little_farther_with_capacity_comes_before_near_without() -> None:
    near = candidate("near", distance_m=2_000.0, capacity=capacity("no_capacity"))
    farther = candidate("farther", distance_m=30_000.0)

    matches, _ = ranked([near, farther], WANTED, NOW)

    assert [match.facility_id for match in matches] == ["farther", "near"]


def test_the_place_of_a_coarse_facility_is_told_by_the_kilometre() -> None:
    matches, _ = ranked([candidate(coarse=True), candidate("fac_2")], WANTED, NOW)

    assert sorted(match.why["distance_m"] for match in matches) == [1000, 1200]


def test_a_facility_without_a_location_is_listed_last() -> None:
    matches, _ = ranked([candidate("hidden", distance_m=None), candidate()], WANTED, NOW)

    assert [match.facility_id for match in matches] == ["fac_1", "hidden"]
    assert matches[1].why["distance_m"] is None


def test_the_sender_itself_is_never_a_candidate() -> None:
    assert ranked([candidate()], replace(WANTED, from_facility_id="fac_1"), NOW) == ([], [])


def test_a_shared_language_comes_before_none() -> None:
    wanted = replace(WANTED, languages=("ku",))
    candidates = [candidate("arabic", languages=("ar",)), candidate("kurdish", languages=("ku",))]

    matches, _ = ranked(candidates, wanted, NOW)

    assert matches[0].facility_id == "kurdish"
    assert matches[0].why["languages"] == ["ku"]


kinds = st.builds(
    candidate,
    st.text("abc", min_size=1, max_size=4),
    distance_m=st.one_of(st.none(), st.floats(0, 5e5)),
    functionality=st.sampled_from(["full", "partial", "none", "unknown"]),
    availability=st.sampled_from(["fully", "partially", "not_available", None]),
    lifecycle=st.sampled_from(["operational", "suspended", "closed"]),
)


@given(st.lists(kinds, max_size=20, unique_by=lambda one: one.facility_id), st.randoms())
def test_everybody_is_matched_or_left_out_whatever_the_order(
    candidates: list[Candidate], random: Any
) -> None:
    """And the order of the matches depends on the facts alone."""
    matches, excluded = ranked(candidates, WANTED, NOW)
    shuffled = candidates[:]
    random.shuffle(shuffled)

    again, _ = ranked(shuffled, WANTED, NOW)

    found = [one.facility_id for one in matches] + [one.facility_id for one in excluded]
    assert sorted(found) == sorted(one.facility_id for one in candidates)
    assert [one.facility_id for one in again] == [one.facility_id for one in matches]
    assert [one.cost for one in matches] == sorted(one.cost for one in matches)


WEEKDAYS = Hours("FREQ=WEEKLY;BYDAY=SA,SU,MO,TU,WE,TH", "08:00", "16:00")
NIGHTS = Hours("FREQ=DAILY", "20:00", "06:00")


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ([WEEKDAYS], datetime(2026, 3, 2, 9, tzinfo=UTC), True),
        ([WEEKDAYS], datetime(2026, 3, 2, 14, tzinfo=UTC), False),
        ([WEEKDAYS], datetime(2026, 3, 6, 9, tzinfo=UTC), False),
        ([NIGHTS], datetime(2026, 3, 2, 1, tzinfo=UTC), True),
        ([NIGHTS], datetime(2026, 3, 2, 19, tzinfo=UTC), True),
        ([NIGHTS], datetime(2026, 3, 2, 9, tzinfo=UTC), False),
        ([Hours("FREQ=DAILY", "00:00", "24:00")], datetime(2026, 3, 2, 3, tzinfo=UTC), True),
        ([], datetime(2026, 3, 2, 9, tzinfo=UTC), None),
        ([Hours("FREQ=SECONDLY", "08:00", "16:00")], datetime(2026, 3, 2, 9, tzinfo=UTC), None),
        ([Hours("nonsense", "08:00", "16:00")], datetime(2026, 3, 2, 9, tzinfo=UTC), None),
        ([Hours("FREQ=DAILY", "8", "soon")], datetime(2026, 3, 2, 9, tzinfo=UTC), None),
    ],
)
def test_doors_are_open_by_the_rule_and_the_local_time(
    hours: list[Hours], moment: datetime, expected: bool | None
) -> None:
    """Damascus is three hours ahead of UTC."""
    assert open_at(hours, "Asia/Damascus", moment) is expected


def test_in_an_unknown_time_zone_nobody_knows_whether_it_is_open() -> None:
    assert open_at([NIGHTS], "Mars/Olympus", NOW) is None


@given(st.text(max_size=40))
def test_no_rule_is_an_error(rule: str) -> None:
    assert open_at([Hours(rule, "08:00", "16:00")], "Asia/Damascus", NOW) in (True, False, None)


def test_distances_agree_with_the_known_one_from_idlib_to_aleppo() -> None:
    idlib, aleppo = Place(35.9306, 36.6339), Place(36.2021, 37.1343)

    assert idlib.distance_m(aleppo) == pytest.approx(54_300, rel=0.01)
