"""What the ``ihala`` command may do with referrals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ihala.clock import utc_now
from ihala.events.outlet import Outlet
from ihala.events.projection import Projection
from ihala.mongo import Database, Document
from ihala.operations import Ledger, Operations, Rotation
from ihala_referrals.checks import checks
from ihala_referrals.config import WorkerConfig
from ihala_referrals.handlers.effects import GROUPS
from ihala_referrals.handlers.outgoing import outlet_of, sealed_by_nobody
from ihala_referrals.keeping import COLLECTIONS
from ihala_referrals.store.facilities import TOPIC as FACILITIES
from ihala_referrals.store.facilities import FacilityStore
from ihala_referrals.store.referrals import ReferralStore
from ihala_referrals.usecases.erasures import erase_again, erasures
from ihala_referrals.wiring import DUE, REFERRALS, make_deps


def _outlets(database: Database[Document]) -> Mapping[str, Outlet]:
    store = ReferralStore(database[REFERRALS], utc_now)
    return {REFERRALS: outlet_of(store, sealed_by_nobody)}


def _projections(database: Database[Document]) -> Mapping[str, tuple[Projection, str]]:
    return {"facilities": (FacilityStore(database).projection, FACILITIES)}


def _ledger(database: Database[Document], settings: WorkerConfig) -> Ledger:
    deps = make_deps(database, settings)
    return Ledger(partial(erasures, deps), partial(erase_again, deps))


def _rotations(database: Database[Document], settings: WorkerConfig) -> Mapping[str, Rotation]:
    vault = make_deps(database, settings).vault
    return {"master": Rotation("keys of persons", vault.wrapped_otherwise, vault.rewrap)}


OPERATIONS = Operations(
    service="referrals",
    settings=WorkerConfig,
    groups=GROUPS,
    collections=COLLECTIONS,
    outlets=_outlets,
    due=DUE,
    checks=checks,
    projections=_projections,
    ledger=_ledger,
    rotations=_rotations,
)
