"""The words of a referral: its states, the sides that may move it, and the reasons they give."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Whether the need is medical, or one of protection that only protection staff may know of."""

    MEDICAL = "medical"
    PROTECTION = "protection"


class Priority(StrEnum):
    """How soon somebody must answer."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class ReferralStatus(StrEnum):
    """Where the person's need stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    FULFILLED = "fulfilled"
    UNMET = "unmet"
    CANCELLED = "cancelled"


class OfferStatus(StrEnum):
    """Where the need as it was put to one facility stands."""

    SENT = "sent"
    RECEIVED = "received"
    INFO_REQUESTED = "info_requested"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SCHEDULED = "scheduled"
    NO_SHOW = "no_show"
    IN_CARE = "in_care"
    COMPLETED = "completed"
    CANCELLING = "cancelling"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


ENDED = frozenset(
    {OfferStatus.DECLINED, OfferStatus.COMPLETED, OfferStatus.WITHDRAWN, OfferStatus.EXPIRED}
)
OPEN = frozenset(OfferStatus) - ENDED
UNANSWERED = frozenset(
    {OfferStatus.SENT, OfferStatus.RECEIVED, OfferStatus.INFO_REQUESTED, OfferStatus.WAITLISTED}
)
"""The receiver has not bound itself yet: the offer can be withdrawn, and it can expire."""

TAKEN = frozenset(
    {
        OfferStatus.ACCEPTED,
        OfferStatus.SCHEDULED,
        OfferStatus.NO_SHOW,
        OfferStatus.IN_CARE,
        OfferStatus.COMPLETED,
        OfferStatus.CANCELLING,
    }
)
"""The receiver has taken the person: what the consent lists is disclosed to it."""


class Side(StrEnum):
    """In what part somebody meets a referral."""

    SENDER = "sender"
    RECEIVER = "receiver"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"


class DeclineReason(StrEnum):
    """Why a facility, or the person, says no."""

    NO_CAPACITY = "no_capacity"
    SERVICE_NOT_AVAILABLE = "service_not_available"
    NOT_ELIGIBLE = "not_eligible"
    FACILITY_NOT_FUNCTIONING = "facility_not_functioning"
    NO_ACCESS = "no_access"
    WRONG_DESTINATION = "wrong_destination"
    DUPLICATE = "duplicate"
    CLIENT_DECLINED = "client_declined"
    UNREACHABLE = "unreachable"
    INSUFFICIENT_INFORMATION = "insufficient_information"
    OTHER = "other"


class DeclinedBy(StrEnum):
    """Whether the facility or the person said no: the two must not be mixed up."""

    PROVIDER = "provider"
    CLIENT = "client"


class WithdrawReason(StrEnum):
    """Why the sender takes an offer back."""

    FOUND_ELSEWHERE = "found_elsewhere"
    SENT_BY_MISTAKE = "sent_by_mistake"
    NO_ANSWER = "no_answer"
    CLIENT_DECLINED = "client_declined"
    OTHER = "other"


class VoidReason(StrEnum):
    """Why the need itself is gone."""

    DIED = "died"
    ADMITTED_ELSEWHERE = "admitted_elsewhere"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    DUPLICATE = "duplicate"


class UnmetReason(StrEnum):
    """Why a need stays unmet: what needs assessments are made of."""

    NOBODY_LEFT = "nobody_left"
    TOO_LATE = "too_late"
    TOO_FAR = "too_far"
    TOO_EXPENSIVE = "too_expensive"
    CLIENT_DECLINED = "client_declined"
    OTHER = "other"


class Outcome(StrEnum):
    """How a visit ended, as the counter-referral says."""

    TREATED = "treated"
    CONTINUING = "continuing"
    FOLLOW_UP_NEEDED = "follow_up_needed"
    REFERRED_ONWARD = "referred_onward"
    NOT_TREATED = "not_treated"
    DIED = "died"
    OTHER = "other"
