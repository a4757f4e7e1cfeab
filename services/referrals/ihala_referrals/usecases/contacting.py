"""How a consenting person may be reached: decrypted only to be sealed for notifications."""

from __future__ import annotations

from typing import Any

from ihala.vault import Erased
from ihala_referrals.domain.referral import Referral
from ihala_referrals.usecases.deps import Deps


def contact_of(deps: Deps, referral: Referral) -> dict[str, Any] | None:
    """Channel, value, language, hours; None when the person may or can not be reached any more."""
    if not referral.contact_granted or referral.private is None:
        return None
    try:
        private = deps.vault.open(referral.private)
    except Erased:
        return None
    safe = private.get("safe_contact") or {}
    value = safe.get("value") or private.get("phone")
    if not value:
        return None
    language = safe.get("language") or next(iter(private.get("languages") or ()), None)
    contact = {
        "channel": safe.get("channel") or "sms",
        "value": value,
        "language": language,
        "safe_hours": safe.get("hours"),
        "shared_device": safe.get("shared_device", False),
    }
    return {name: it for name, it in contact.items() if it is not None}
