"""Is it still true? What a message was about, compared with what the referral says now."""

from __future__ import annotations

from dataclasses import dataclass

NO_LONGER_ASKED = frozenset({"declined", "expired", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a referral: the last event's word. ``seq`` is that event's number."""

    seq: int
    status: str
    offer_number: int | None = None
    offer_status: str | None = None
    scheduled_at: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for a message to be worth sending.

    ``offer_status`` lists the statuses in which the offer of that number may be; None asks for
    an active referral without an open offer. ``scheduled_at`` must be the appointment still.
    """

    referral_id: str
    offer_number: int | None = None
    offer_status: frozenset[str] | None = None
    scheduled_at: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the message is still true, and the fact that says so, as a word for the trace."""

    holds: bool
    because: str


def still_true(condition: Condition | None, facts: Facts | None) -> Verdict:
    """Compare; where nothing is known or nothing is asked, the message stands."""
    if condition is None:
        return Verdict(True, "always_true")
    if facts is None:
        return Verdict(True, "nothing_known")
    if condition.offer_status is None:
        return _without_open_offer(facts)
    return _of_offer(condition, condition.offer_status, facts)


def _without_open_offer(facts: Facts) -> Verdict:
    if facts.status != "active":
        return Verdict(False, f"referral_{facts.status}")
    if facts.offer_status is None or facts.offer_status in NO_LONGER_ASKED:
        return Verdict(True, "no_open_offer")
    return Verdict(False, f"offer_{facts.offer_status}")


def _of_offer(condition: Condition, wanted: frozenset[str], facts: Facts) -> Verdict:
    if facts.offer_number != condition.offer_number:
        return Verdict(False, "another_offer")
    if facts.offer_status not in wanted:
        return Verdict(False, f"offer_{facts.offer_status}")
    if condition.scheduled_at and facts.scheduled_at != condition.scheduled_at:
        return Verdict(False, "another_appointment")
    return Verdict(True, f"offer_{facts.offer_status}")
