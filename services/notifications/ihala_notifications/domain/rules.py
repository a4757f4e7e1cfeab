"""The rules: which event is told to whom, in which words, and until when it is true.

Every referral event of the domain is named here, also those of which nobody is told: silence is a
decision too. The table in ``docs/notifications.md`` says the same for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ihala_notifications.domain.message import Channel

OPEN_FOR_ANSWER = frozenset({"sent", "received"})
NOT_YET_DECIDED = frozenset({"sent", "received", "info_requested"})
TAKEN = frozenset({"accepted", "scheduled", "no_show", "in_care", "completed", "cancelling"})

DESK = frozenset({Channel.EMAIL, Channel.INBOX})
INBOX_ONLY = frozenset({Channel.INBOX})
EMAIL_ONLY = frozenset({Channel.EMAIL})


class Party(StrEnum):
    """Whom a rule tells, in the referral's own terms."""

    RECEIVER = "receiver"
    SENDER = "sender"
    SUPERVISORS = "supervisors"
    PERSON = "person"


class TrueWhile(StrEnum):
    """Against which fact a message is checked before it is sent."""

    ALWAYS = "always"
    OFFER_STATUS = "offer_status"
    SAME_APPOINTMENT = "same_appointment"
    NO_OPEN_OFFER = "no_open_offer"


@dataclass(frozen=True, slots=True)
class Rule:
    """Tell ``party`` with ``template`` when the event happens.

    ``quiet`` messages are of the bulk class whatever the referral's priority is. ``only_when`` is
    a field of the event and the value that it must have.
    """

    name: str
    party: Party
    template: str
    channels: frozenset[Channel] = DESK
    true_while: TrueWhile = TrueWhile.ALWAYS
    offer_status: frozenset[str] = field(default_factory=frozenset)
    quiet: bool = False
    only_when: tuple[str, str] | None = None


def _while(*status: str) -> dict[str, object]:
    return {"true_while": TrueWhile.OFFER_STATUS, "offer_status": frozenset(status)}


def _rule(event: str, party: Party, template: str, **more: object) -> Rule:
    return Rule(f"{event}:{party}", party, template, **more)  # type: ignore[arg-type]


_RECEIVER, _SENDER = Party.RECEIVER, Party.SENDER
_SUPERVISORS, _PERSON = Party.SUPERVISORS, Party.PERSON

RULES: Mapping[str, tuple[Rule, ...]] = {
    # The sender wrote it down; nobody else is concerned yet.
    "referral.created": (),
    "referral.revised": (),
    # What follows from it for others comes as events of its own: withdrawn, cancelled.
    "referral.consent_withdrawn": (),
    "referral.person_erased": (),
    "referral.sent": (_rule("sent", _RECEIVER, "offer_to_answer", **_while(*OPEN_FOR_ANSWER)),),
    # The sender sees it in the referral; a mail for every reading would drown the answers.
    "referral.received": (),
    "referral.accepted": (_rule("accepted", _SENDER, "offer_accepted", **_while(*TAKEN)),),
    "referral.declined": (_rule("declined", _SENDER, "offer_declined"),),
    "referral.information_requested": (
        _rule(
            "information_requested", _SENDER, "information_requested", **_while("info_requested")
        ),
    ),
    "referral.information_provided": (
        _rule(
            "information_provided", _RECEIVER, "information_provided", **_while(*NOT_YET_DECIDED)
        ),
    ),
    "referral.waitlisted": (
        _rule("waitlisted", _SENDER, "offer_waitlisted", **_while("waitlisted")),
    ),
    "referral.scheduled": (
        _rule(
            "scheduled",
            _SENDER,
            "appointment_made",
            true_while=TrueWhile.SAME_APPOINTMENT,
            offer_status=frozenset({"scheduled"}),
        ),
        _rule(
            "scheduled",
            _PERSON,
            "your_appointment",
            channels=EMAIL_ONLY,
            true_while=TrueWhile.SAME_APPOINTMENT,
            offer_status=frozenset({"scheduled"}),
        ),
    ),
    "referral.no_show": (_rule("no_show", _SENDER, "person_did_not_come", **_while("no_show")),),
    "referral.arrived": (
        _rule("arrived", _SENDER, "person_arrived", channels=INBOX_ONLY, quiet=True),
    ),
    "referral.interim_noted": (
        _rule("interim_noted", _SENDER, "interim_note", channels=INBOX_ONLY, quiet=True),
    ),
    # Closing the loop is the product: the counter-referral is always announced by e-mail too.
    "referral.completed": (_rule("completed", _SENDER, "visit_completed"),),
    # A referral that closed by itself was not read by anybody, so nobody is told that it was.
    "referral.closed": (
        _rule(
            "closed",
            _RECEIVER,
            "loop_closed",
            channels=INBOX_ONLY,
            quiet=True,
            only_when=("by", "sender"),
        ),
    ),
    # The receiver may still be preparing; the sender's staff see that it took effect.
    "referral.withdrawn": (
        _rule("withdrawn", _RECEIVER, "offer_withdrawn"),
        _rule("withdrawn", _SENDER, "offer_withdrawn", channels=INBOX_ONLY, quiet=True),
    ),
    "referral.cancellation_requested": (
        _rule(
            "cancellation_requested",
            _RECEIVER,
            "cancellation_requested",
            **_while("cancelling"),
        ),
    ),
    "referral.respond_by_half": (
        _rule("respond_by_half", _RECEIVER, "answer_reminder", **_while(*NOT_YET_DECIDED)),
    ),
    "referral.expired": (
        _rule("expired", _SENDER, "offer_expired"),
        _rule("expired", _RECEIVER, "offer_expired", channels=INBOX_ONLY),
        _rule("expired", _SUPERVISORS, "offer_expired", channels=INBOX_ONLY),
    ),
    "referral.choice_needed": (
        _rule("choice_needed", _SENDER, "choice_needed", true_while=TrueWhile.NO_OPEN_OFFER),
    ),
    "referral.unmet": (_rule("unmet", _SUPERVISORS, "need_unmet", channels=INBOX_ONLY),),
    # The need is gone: whoever was asked or is preparing must know at once.
    "referral.cancelled": (_rule("cancelled", _RECEIVER, "referral_cancelled"),),
}

PROTECTED_RULE = Rule("protected", Party.RECEIVER, "notice_neutral")
"""What is protected is told in constant words, to the desk that the event names."""
