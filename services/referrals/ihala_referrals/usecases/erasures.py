"""The ledger of erasures: who was erased, by opaque ids, so that an old backup can be made good."""

from __future__ import annotations

from collections.abc import Iterator

from ihala.clock import rfc3339
from ihala.operations import Erasure
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.forgetting import forget


def erasures(deps: Deps) -> Iterator[Erasure]:
    """Every person that was erased: the referral, the key that was deleted, and when."""
    for kept in deps.referrals.erased():
        referral = kept.referral
        if referral.erased_at is not None:
            at = rfc3339(referral.erased_at)
            yield Erasure(referral.id, referral.person_key.hex(), at)


def erase_again(deps: Deps, erasure: Erasure) -> bool:
    """Erase a person whom a restored backup still knew; False when nothing was left to erase.

    Safe to repeat. The key goes even where the referral is newer than the backup.
    """
    had_key = deps.vault.erase(bytes.fromhex(erasure.key))
    kept = deps.referrals.find(erasure.referral)
    if kept is None or kept.referral.erased_at is not None:
        return had_key
    return forget(deps, kept)
