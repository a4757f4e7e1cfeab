"""The one way in which a stored referral changes on behalf of a caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ihala.caller import Caller
from ihala.errors import Stale
from ihala.events.history import answered, retrying
from ihala_referrals.domain.decided import Decided
from ihala_referrals.domain.referral import Referral
from ihala_referrals.store.referrals import Kept
from ihala_referrals.usecases.counted import count_offers
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.viewing import View, view, visible

Decide = Callable[[Referral], Decided]


def change(
    deps: Deps, caller: Caller, referral_id: str, expected: int | None, decide: Decide
) -> View:
    """Load, decide, save once; the referral as the caller may see it afterwards.

    The same request again (by its Idempotency-Key) changes nothing. With an ``expected`` version,
    Stale when the referral is at another. A lost race is decided anew on what won it.
    """
    return view(deps, _changed(deps, caller, referral_id, expected, decide), caller)


@retrying
def _changed(
    deps: Deps, caller: Caller, referral_id: str, expected: int | None, decide: Decide
) -> Kept:
    before = visible(deps, referral_id, caller)
    if answered(before.document, caller):
        return Kept(before.referral, before.document, replayed=True)
    if expected is not None and expected != before.version:
        raise Stale(f"The referral is at version {before.version} now; read it again.")
    decision = decide(before.referral)
    if not decision.events:
        return before
    after = deps.referrals.save(before, decision, caller)
    count_offers(before.referral, after.referral, deps.clock())
    return after


def secret(deps: Deps, referral: Referral, text: str | None) -> bytes | None:
    """Words about the person, encrypted with the person's key; None stays None."""
    if text is None:
        return None
    words: Mapping[str, Any] = {"text": text}
    return deps.vault.seal(referral.person_key, words)
