"""A restored backup brings erased persons back; the ledger erases them again."""

from __future__ import annotations

import pytest
from tests.referrals.conftest import Session
from tests.referrals.samples import CLINIC

from ihala.caller import Caller, Role
from ihala.mongo import Database, Document
from ihala.vault import Erased
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.erasures import erase_again, erasures
from ihala_referrals.usecases.revising import erase_person


def erase(deps: Deps, path: str) -> None:
    clinic = Caller("nurse-1", None, frozenset({CLINIC}), frozenset({Role.CLINIC}))
    erase_person(deps, clinic, path.rpartition("/")[2])


def test_the_ledger_names_whoever_was_erased_by_ids_only(deps: Deps, sent: str) -> None:
    before = list(erasures(deps))

    erase(deps, sent)

    [one] = erasures(deps)
    assert before == []
    assert sent.endswith(one.referral)
    assert len(bytes.fromhex(one.key)) == 16
    assert one.at.endswith("Z")


def test_who_came_back_with_a_backup_is_erased_again(
    deps: Deps, database: Database[Document], clinic: Session, sent: str
) -> None:
    referral = database["referrals"].find_one({}) or {}
    key = database["keys"].find_one({"_id": referral["person_key"]}) or {}
    sealed = bytes(referral["private"])
    erase(deps, sent)
    [one] = erasures(deps)
    database["referrals"].replace_one({"_id": one.referral}, referral)
    database["keys"].insert_one(key)
    back = deps.vault.open(sealed)

    first, second = erase_again(deps, one), erase_again(deps, one)

    assert back
    assert (first, second) == (True, False)
    assert clinic.get(sent).json["erased_at"]
    with pytest.raises(Erased):
        deps.vault.open(sealed)


def test_the_key_goes_even_where_the_backup_is_older_than_the_referral(
    deps: Deps, database: Database[Document], sent: str
) -> None:
    referral = database["referrals"].find_one({}) or {}
    key = database["keys"].find_one({"_id": referral["person_key"]}) or {}
    erase(deps, sent)
    [one] = erasures(deps)
    database["referrals"].delete_one({"_id": one.referral})
    database["keys"].insert_one(key)

    assert erase_again(deps, one) is True
    assert database["keys"].find_one({"_id": key["_id"]}) is None
