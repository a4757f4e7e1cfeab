"""What the doctor asks of referrals alone: whether the master key is the right one."""

from __future__ import annotations

from collections.abc import Iterator

from ihala.doctor.finding import Finding, bad, ok
from ihala.mongo import Database, Document
from ihala.vault import Vault
from ihala_referrals.config import WorkerConfig
from ihala_referrals.wiring import KEYS


def checks(database: Database[Document], settings: WorkerConfig) -> Iterator[Finding]:
    """The master key unwraps a key that it has wrapped; nothing about a person is read."""
    newest = database[KEYS].find_one({}, {"_id": 1}, sort=[("_id", -1)])
    if newest is None:
        yield ok("master key", "no key was made with it yet")
        return
    try:
        Vault(database[KEYS], settings.master_keys).seal(bytes(newest["_id"]), {"by": "doctor"})
    except Exception as error:  # noqa: BLE001 - whatever it is, the key did not open.
        mend = "put the master key back that the data were made with: there is no other way"
        says = f"it does not open the keys of persons ({type(error).__name__})"
        yield bad("master key", says, mend)
        return
    yield ok("master key", "it opens the keys of persons")
