"""A restore refuses to mix itself with what is there, and services wait for its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.shared.backups.filled import Databases, made

from ihala.backups.errors import BackupError
from ihala.backups.restoring import Order, restore
from ihala.backups.taking import Client
from ihala.prepared import RESTORING, Prepared, RestoreUnderwayError


def test_full_databases_running_workers_and_half_restored_ones_are_refused(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    folder, _ = made(client, databases, tmp_path)

    def said() -> str:
        with pytest.raises(BackupError) as error:
            restore(client, folder, Order())
        return str(error.value)

    full = said()
    client[databases[0]][RESTORING].insert_one({"_id": RESTORING})
    half = said()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    client[databases[0]]["leases"].insert_one(
        {"_id": "relay:0/1", "holder": "host:77:abcd", "until": soon}
    )

    assert "is not empty (keys, referrals)" in full
    assert "half restored" in half
    assert "host:77 holds relay:0/1" in said()


def test_a_service_waits_for_the_end_of_a_restore(client: Client, databases: Databases) -> None:
    database = client[databases[0]]
    database[RESTORING].insert_one({"_id": RESTORING})
    prepared = Prepared(database, lambda: None)

    with pytest.raises(RestoreUnderwayError):
        prepared.check()
    waiting = prepared.try_now()
    database.drop_collection(RESTORING)

    assert waiting is False
    assert prepared.try_now() is True
