"""What the domain refuses, each with a stable name of its own."""

from __future__ import annotations

from ihala.errors import Conflict, Forbidden


class NotPossibleNow(Conflict):
    """The state of the referral or the offer does not allow this action."""

    kind = "action-not-possible"


class ConsentMissing(Conflict):
    """No offer leaves without a consent that holds and that names the receiver."""

    kind = "consent-missing"


class NotUsable(Conflict):
    """The facility cannot take referrals: it is unknown, or not operational."""

    kind = "facility-not-usable"


class NotYours(Forbidden):
    """The action belongs to the other side."""

    kind = "not-your-action"
