"""A client, and two filled databases of this test alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pymongo import MongoClient
from tests.shared.backups.filled import Databases, fill

from ihala.backups.taking import Client
from ihala.testing.parts import Mongod


@pytest.fixture
def client(mongod: Mongod) -> Iterator[Client]:
    opened: Client = MongoClient(mongod.uri(""), tz_aware=True)
    with opened:
        yield opened


@pytest.fixture
def databases(client: Client) -> Iterator[Databases]:
    """Two databases as services leave them."""
    run = os.urandom(4).hex()
    names = (f"test_first_{run}", f"test_second_{run}")
    fill(client, names)
    yield names
    for name in names:
        client.drop_database(name)
