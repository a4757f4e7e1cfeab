"""A process waits for a database that is away, and ends when the database does not let it in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ihala.config import ConfigError
from ihala.mongo import Database, Document, connect
from ihala.prepared import Prepared
from ihala.testing.ports import free_port


@contextmanager
def prepared(uri: str) -> Iterator[Prepared]:
    database = connect(uri, timeout_s=2)

    def make_index() -> None:
        database.things.create_index("name")

    with database.client:
        yield Prepared(database, make_index)


def test_a_database_that_is_away_is_waited_for() -> None:
    nobody = f"mongodb://127.0.0.1:{free_port()}/kit?directConnection=true"

    with prepared(nobody) as away:
        assert not away.try_now()


def test_a_database_that_is_there_is_prepared_once(
    mongodb_uri: str, database: Database[Document]
) -> None:
    with prepared(mongodb_uri) as there:
        assert there.try_now()

    assert "name_1" in database.things.index_information()


def test_a_wrong_password_is_a_setting_that_is_wrong(mongodb_uri: str) -> None:
    guessed = mongodb_uri.replace("mongodb://", "mongodb://registry:guessed@")

    with (
        prepared(guessed) as refused,
        pytest.raises(ConfigError, match="IHALA_MONGODB_URI: MongoDB refuses its user or"),
    ):
        refused.try_now()
