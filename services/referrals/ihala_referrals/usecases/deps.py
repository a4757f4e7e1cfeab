"""What use cases work with: real things, chosen once in ``wiring``."""

from __future__ import annotations

from dataclasses import dataclass

from ihala.clock import Clock
from ihala.vault import Lookup, Vault
from ihala_referrals.domain.respond_by import RespondBy
from ihala_referrals.store.facilities import FacilityStore
from ihala_referrals.store.referrals import ReferralStore


@dataclass(frozen=True)
class Deps:
    """Everything that a use case needs from outside itself."""

    referrals: ReferralStore
    facilities: FacilityStore
    vault: Vault
    lookup: Lookup
    respond_by: RespondBy
    clock: Clock
