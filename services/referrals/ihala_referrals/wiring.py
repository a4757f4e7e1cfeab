"""The only place where real things are chosen. Nothing connects at import."""

from __future__ import annotations

from ihala.clock import Clock, utc_now
from ihala.mongo import Database, Document
from ihala.vault import Lookup, Vault
from ihala_referrals.config import OfReferrals
from ihala_referrals.store.facilities import FacilityStore
from ihala_referrals.store.referrals import ReferralStore
from ihala_referrals.usecases.deps import Deps

REFERRALS = "referrals"
KEYS = "keys"
DUE = (REFERRALS,)
"""The collections with work that is due by time."""


def make_deps(database: Database[Document], settings: OfReferrals, clock: Clock = utc_now) -> Deps:
    """What the use cases work with; nothing is sent to the database yet.

    Call it after the process has forked.
    """
    return Deps(
        referrals=ReferralStore(database[REFERRALS], clock),
        facilities=FacilityStore(database),
        vault=Vault(database[KEYS], settings.master_keys),
        lookup=Lookup(settings.lookup_key),
        respond_by=settings.respond_by,
        clock=clock,
    )


def prepare(deps: Deps) -> None:
    """Make every index; safe and cheap at each start."""
    deps.referrals.ensure_indexes()
    deps.facilities.ensure_indexes()
