"""Persons whose referrals ended long ago are forgotten, where the setting says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.referrals.conftest import MovingClock, Session
from tests.referrals.samples import referral

from ihala.mongo import Database, Document
from ihala.vault import Erased
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.forgetting import forget, forget_ended

KEPT_DAYS = 100


@pytest.fixture
def ended(clinic: Session, centre: Session, sent: str) -> str:
    """The path of a referral whose loop is closed."""
    centre.post(f"{sent}/offers/1/accept", {})
    centre.post(f"{sent}/offers/1/complete", {"outcome": "treated"})
    assert clinic.post(f"{sent}/close").status_code == 200
    return sent


def test_the_person_goes_after_the_days_and_the_facts_stay(
    deps: Deps, database: Database[Document], clock: MovingClock, clinic: Session, ended: str
) -> None:
    key = bytes(database["referrals"].find_one({})["person_key"])  # type: ignore[index]
    sealed = deps.vault.seal(key, {"name": "x"})

    clock.move(days=KEPT_DAYS - 1)
    early = forget_ended(deps, KEPT_DAYS)
    clock.move(days=2)
    late = forget_ended(deps, KEPT_DAYS)

    assert (early, late, forget_ended(deps, KEPT_DAYS)) == (0, 1, 0)
    seen = clinic.get(ended).json
    assert seen["erased_at"]
    assert seen["status"] == "fulfilled"
    assert "name" not in seen["person"]
    with pytest.raises(Erased):
        deps.vault.open(sealed)


def test_a_referral_under_way_and_the_setting_0_forget_nobody(
    deps: Deps, clock: MovingClock, clinic: Session, ended: str
) -> None:
    clinic.post("/v1/referrals", referral())

    clock.move(days=5_000)

    assert forget_ended(deps, 0) == 0
    assert forget_ended(deps, KEPT_DAYS) == 1


def test_forgetting_that_broke_off_behind_the_key_is_finished_the_next_time(
    deps: Deps, clock: MovingClock, clinic: Session, ended: str
) -> None:
    kept = deps.referrals.ended_before(clock() + timedelta(days=1), 1)[0]
    deps.vault.erase(kept.referral.person_key)

    assert forget(deps, kept) is True
    assert clinic.get(ended).json["erased_at"]
