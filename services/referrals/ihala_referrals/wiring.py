"""The only place where real things are chosen. Nothing connects at import."""

from __future__ import annotations

from ihala.clock import Clock, utc_now
from ihala.logs import logger
from ihala.mongo import Database, Document, is_world_down
from ihala.vault import Lookup, Vault
from ihala_referrals.config import OfReferrals
from ihala_referrals.store.facilities import FacilityStore
from ihala_referrals.store.referrals import ReferralStore
from ihala_referrals.usecases.deps import Deps

log = logger(__name__)

REFERRALS = "referrals"
KEYS = "keys"


def make_deps(database: Database[Document], settings: OfReferrals, clock: Clock = utc_now) -> Deps:
    """What the use cases work with; nothing is sent to the database yet.

    Call it after the process has forked.
    """
    return Deps(
        referrals=ReferralStore(database[REFERRALS], clock),
        facilities=FacilityStore(database),
        vault=Vault(database[KEYS], settings.master_key),
        lookup=Lookup(settings.lookup_key),
        respond_by=settings.respond_by,
        clock=clock,
    )


def prepare(deps: Deps) -> None:
    """Make every index; safe and cheap at each start."""
    deps.referrals.ensure_indexes()
    deps.facilities.ensure_indexes()


class Prepared:
    """Whether the database answers and has its indexes; the first check to reach it makes them."""

    def __init__(self, database: Database[Document], deps: Deps) -> None:
        self._database = database
        self._deps = deps
        self._done = False

    def check(self) -> None:
        """Return when the database can be used; raise what is wrong otherwise."""
        if self._done:
            self._database.command("ping")
            return
        prepare(self._deps)
        self._done = True

    def try_now(self) -> None:
        """Prepare at the start; with the database down, the process starts, and is not ready."""
        try:
            self.check()
        except Exception as error:
            if not is_world_down(error):
                raise
            log.warning("the database cannot be reached yet", error=type(error).__name__)
