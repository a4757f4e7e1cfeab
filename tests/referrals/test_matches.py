"""Matches over HTTP, from what the registry said."""

from __future__ import annotations

from typing import Any

import pytest
from tests.referrals.conftest import MovingClock, Session, knows
from tests.referrals.samples import CENTRE, CLINIC, FAR, HOSPITAL, capacity, facility, service

from ihala_referrals.usecases.deps import Deps


def found(session: Session, **query: Any) -> Any:
    answer = session.get("/v1/matches", service="dialysis", facility_id=CLINIC, **query)
    assert answer.status_code == 200, answer.json
    return answer.json


def in_order(body: Any) -> list[str]:
    return [match["facility_id"] for match in body["matches"]]


def test_who_could_help_is_ranked_and_who_could_not_is_named_with_the_reason(
    deps: Deps, clinic: Session
) -> None:
    knows(
        deps,
        facility(CENTRE, version=2, lifecycle="suspended"),
        facility(
            HOSPITAL,
            version=2,
            point={"lat": 36.05, "lon": 36.70},
            services=[service("dialysis", eligibility={"min_age": 18, "max_age": None})],
        ),
    )

    body = found(clinic, age=12)

    assert in_order(body) == [FAR]
    assert {it["facility_id"]: it["why_not"] for it in body["excluded"]} == {
        CENTRE: ["facility_suspended"],
        HOSPITAL: ["not_eligible_age"],
    }


def test_capacity_counts_while_it_is_fresh_and_decays(
    deps: Deps, clinic: Session, clock: MovingClock
) -> None:
    full = service("dialysis", capacity=capacity(status="no_capacity", available=0))
    free = service("dialysis", capacity=capacity())
    knows(
        deps,
        facility(CENTRE, version=2, services=[full]),
        facility(HOSPITAL, version=2, point={"lat": 36.05, "lon": 36.70}, services=[free]),
    )

    assert in_order(found(clinic))[0] == HOSPITAL
    clock.move(days=2)
    later = found(clinic)
    assert in_order(later)[0] == CENTRE
    assert later["matches"][0]["why"]["capacity"]["status"] == "unknown"


def test_a_facility_without_a_place_is_found_all_the_same(deps: Deps, clinic: Session) -> None:
    knows(deps, facility(HOSPITAL, version=2, point=None, sensitivity="hidden"))

    body = found(clinic)

    assert in_order(body)[-1] == HOSPITAL
    assert body["matches"][-1]["why"]["distance_m"] is None


def test_a_search_may_start_from_any_place(clinic: Session) -> None:
    answer = clinic.get("/v1/matches", service="dialysis", lat=36.6, lon=37.0)

    assert in_order(answer.json)[0] == FAR


def test_more_are_weighed_when_the_nearest_cannot_help(deps: Deps, clinic: Session) -> None:
    shut = [
        facility(
            f"fac_{number:026d}",
            lifecycle="closed",
            point={"lat": 35.931 + number / 10_000, "lon": 36.63},
        )
        for number in range(40)
    ]
    knows(deps, *shut)

    assert in_order(found(clinic, limit=2)) == [CENTRE, HOSPITAL]


def test_an_older_snapshot_changes_nothing(deps: Deps, clinic: Session) -> None:
    knows(deps, facility(CENTRE, version=3), facility(CENTRE, version=2, lifecycle="closed"))
    knows(deps, facility(CENTRE, version=1, lifecycle="closed"))

    assert CENTRE in in_order(found(clinic))


def test_a_service_code_with_a_dot_is_no_path(deps: Deps, clinic: Session) -> None:
    knows(deps, facility(CENTRE, version=2, services=[service("imaging.ct")]))

    answer = clinic.get("/v1/matches", service="imaging.ct", facility_id=CLINIC)

    assert in_order(answer.json) == [CENTRE]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"service": "dialysis"},
        {"service": "dialysis", "lat": 36},
        {"service": "dialysis", "lat": 96, "lon": 36},
        {"service": "dialysis", "lat": "north", "lon": 36},
        {"service": "Dialysis?", "facility_id": CLINIC},
        {"service": "dialysis", "facility_id": CLINIC, "age": -1},
        {"service": "dialysis", "facility_id": CLINIC, "limit": 1000},
        {"service": "dialysis", "facility_id": CLINIC, "priority": "soon"},
        {"service": "dialysis", "facility_id": CLINIC, "colour": "red"},
        {"service": "dialysis", "facility_id": "fac_00000000000000000000n0ne0"},
    ],
)
def test_a_search_that_makes_no_sense_says_what_is_wrong(
    clinic: Session, query: dict[str, Any]
) -> None:
    answer = clinic.get("/v1/matches", **query)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["parameter"]
