"""What is counted of offers: their states, and the times in which they came to them.

Labels are the state and the priority, never a facility, a person or a referral. Protection
referrals are not counted: not even that there are some may be read from a metric.
"""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Counter, Histogram

from ihala_referrals.domain.referral import Offer, Referral
from ihala_referrals.domain.words import Kind, OfferStatus, Priority

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

OFFERS = Counter("ihala_offers_total", "States that offers came to.", ["status", "priority"])
TIME_S = Histogram(
    "ihala_offer_time_seconds",
    "From sending an offer until it was received, answered (accepted or declined), completed.",
    ["step", "priority"],
    buckets=(
        *(_MINUTE * minutes for minutes in (1, 5, 15, 30)),
        *(_HOUR * hours for hours in (1, 2, 4, 8, 12, 24, 48, 72)),
        *(_DAY * days for days in (7, 14, 30, 90)),
    ),
)
_STEPS = {
    OfferStatus.RECEIVED: "received",
    OfferStatus.ACCEPTED: "answered",
    OfferStatus.DECLINED: "answered",
    OfferStatus.COMPLETED: "completed",
}
_CAME_TO = {
    (status, priority): OFFERS.labels(status.value, priority.value)
    for status in OfferStatus
    for priority in Priority
}
"""All series are there from the start: Prometheus does not see the rise that makes a series."""


def count_offers(before: Referral | None, after: Referral, now: datetime) -> None:
    """Count the states that offers came to between the two; ``before`` None is a new referral."""
    if after.kind is not Kind.MEDICAL:
        return
    known = {offer.number: offer.status for offer in before.offers} if before else {}
    for offer in after.offers:
        if known.get(offer.number) is not offer.status:
            _count(offer, known.get(offer.number), after.priority, now)


def _count(offer: Offer, was: OfferStatus | None, priority: Priority, now: datetime) -> None:
    _CAME_TO[offer.status, priority].inc()
    step = _STEPS.get(offer.status)
    asked_back = step == "received" and was is not OfferStatus.SENT
    if step is None or asked_back:
        return
    TIME_S.labels(step, priority.value).observe(max(0.0, (now - offer.sent_at).total_seconds()))
