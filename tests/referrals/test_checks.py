"""What the doctor says of the master key."""

from __future__ import annotations

import base64
import dataclasses
import json
import os

from tests.referrals.conftest import LOOKUP_KEY, MASTER_KEY

from ihala.config import load
from ihala.master_keys import master_keys
from ihala.mongo import Database, Document
from ihala.sealing import new_key
from ihala_referrals.checks import checks
from ihala_referrals.config import WorkerConfig
from ihala_referrals.operations import OPERATIONS
from ihala_referrals.wiring import KEYS


def settings() -> WorkerConfig:
    public = json.dumps(new_key().as_dict(private=False))
    variables = {
        "IHALA_MONGODB_URI": "mongodb://127.0.0.1:1/ihala_referrals",
        "IHALA_KAFKA": "127.0.0.1:1",
        "IHALA_KAFKA_SECURITY": "PLAINTEXT",
        "IHALA_MASTER_KEY": MASTER_KEY,
        "IHALA_LOOKUP_KEY": LOOKUP_KEY,
        "IHALA_CONTACT_PUBLIC_KEY": public,
    }
    return load(WorkerConfig, variables)


def test_the_right_master_key_is_well_and_another_one_is_named(
    sent: str, database: Database[Document]
) -> None:
    other = dataclasses.replace(
        settings(), master_keys=master_keys(base64.b64encode(os.urandom(96)).decode())
    )
    keys = database[KEYS].count_documents({})

    (right,), (wrong,) = checks(database, settings()), checks(database, other)

    assert right.level == "ok"
    assert right.says == "it opens the keys of persons"
    assert wrong.level == "bad"
    assert "put the master key back" in wrong.mend
    assert database[KEYS].count_documents({}) == keys


def test_the_command_plugs_this_in() -> None:
    assert OPERATIONS.checks is checks
