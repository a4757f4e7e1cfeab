"""How long referrals take can be read from metrics; that a protection referral exists cannot."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client import REGISTRY
from tests.referrals.conftest import MovingClock, Session
from tests.referrals.samples import referral

from ihala_referrals.domain.words import Kind
from ihala_referrals.store.documents import to_referral
from ihala_referrals.usecases.counted import count_offers
from ihala_referrals.usecases.deps import Deps


class Rise:
    """By how much samples rose since the start of a test."""

    def __init__(self) -> None:
        self._before = samples()

    def of(self, name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return samples().get(key, 0.0) - self._before.get(key, 0.0)


def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        if metric.name.startswith("ihala_offer")
        for sample in metric.samples
    }


def test_the_times_until_received_answered_and_completed_are_measured(
    clinic: Session, centre: Session, clock: MovingClock
) -> None:
    rise = Rise()
    path = clinic.post("/v1/referrals", referral(send=True, priority="urgent")).headers["Location"]
    clock.move(minutes=10)
    centre.post(f"{path}/open")
    clock.move(minutes=20)
    centre.post(f"{path}/offers/1/accept")
    clock.move(hours=3)
    done = centre.post(f"{path}/offers/1/complete", {"outcome": "treated", "note": "Done."})

    assert done.status_code == 200, done.json
    times = "ihala_offer_time_seconds_sum"
    assert rise.of(times, step="received", priority="urgent") == 10 * 60
    assert rise.of(times, step="answered", priority="urgent") == 30 * 60
    assert rise.of(times, step="completed", priority="urgent") == 210 * 60
    for status in ("sent", "received", "accepted", "completed"):
        assert rise.of("ihala_offers_total", status=status, priority="urgent") == 1


def test_the_same_request_again_counts_once(clinic: Session) -> None:
    rise = Rise()
    body = referral(send=True)

    first = clinic.post("/v1/referrals", body, key="the-same-key")
    again = clinic.post("/v1/referrals", body, key="the-same-key")

    assert first.json["id"] == again.json["id"]
    assert rise.of("ihala_offers_total", status="sent", priority=body["priority"]) == 1


def test_a_declined_offer_and_the_next_one_are_counted_in_one_step(
    clinic: Session, centre: Session
) -> None:
    rise = Rise()
    body = referral(send=True, auto_forward=True)
    path = clinic.post("/v1/referrals", body).headers["Location"]

    declined = centre.post(f"{path}/offers/1/decline", {"reason": "no_capacity"})

    assert declined.status_code == 200, declined.json
    priority = body["priority"]
    assert rise.of("ihala_offers_total", status="declined", priority=priority) == 1
    assert rise.of("ihala_offers_total", status="sent", priority=priority) == 2
    assert rise.of("ihala_offer_time_seconds_count", step="answered", priority=priority) == 1


def test_protection_referrals_are_not_counted(deps: Deps, sent: str) -> None:
    stored = deps.referrals.history.get(sent.rpartition("/")[2])
    assert stored is not None
    hidden = replace(to_referral(stored), kind=Kind.PROTECTION)
    before = samples()

    count_offers(None, hidden, deps.clock())

    assert samples() == before
