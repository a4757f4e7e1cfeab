"""Inserts that are asked for at the same time: one command, and each document for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from bson.errors import InvalidDocument

from ihala.inserting import ENOUGH, Inserting
from ihala.mongo import (
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    PyMongoError,
    connect,
    is_world_down,
)
from ihala.testing.mongod import Mongod
from ihala.testing.waiting import wait_for


@pytest.fixture
def things(own_mongod: Mongod) -> Iterator[Collection[Document]]:
    """Of a mongod that the test may stop and kill; each has a code of its own."""
    database = connect(own_mongod.uri("inserting"), timeout_s=3)
    database["things"].create_index("code", unique=True)
    yield database["things"]
    database.client.close()


def test_one_alone_is_stored_at_once(database: Database[Document]) -> None:
    Inserting(database["things"]).insert({"_id": "thing", "code": 1})

    assert database["things"].find_one() == {"_id": "thing", "code": 1}


def test_what_is_asked_meanwhile_goes_in_few_commands(
    own_mongod: Mongod, things: Collection[Document]
) -> None:
    """Three for seven documents: the first, four that are enough, and the two that came then."""
    before = insert_commands(things)

    with asked(own_mongod, things, [{"_id": n, "code": n} for n in range(7)]) as outcomes:
        own_mongod.process.resume()

    assert [outcome.exception() for outcome in outcomes] == [None] * 7
    assert sorted(thing["_id"] for thing in things.find()) == list(range(7))
    assert insert_commands(things) - before == 3


def test_a_document_that_is_refused_is_refused_alone(
    own_mongod: Mongod, things: Collection[Document]
) -> None:
    """The error names what is taken, as if it had been inserted by itself."""
    things.insert_one({"_id": "old", "code": 3})

    with asked(own_mongod, things, [{"_id": n, "code": n} for n in range(7)]) as outcomes:
        own_mongod.process.resume()

    refused = outcomes[3].exception()
    assert isinstance(refused, DuplicateKeyError)
    assert refused.details is not None
    assert refused.details["keyValue"] == {"code": 3}
    assert [n for n, outcome in enumerate(outcomes) if outcome.exception()] == [3]
    assert {thing["_id"] for thing in things.find()} == {"old", 0, 1, 2, 4, 5, 6}


def test_what_cannot_be_written_down_harms_nobody_else(database: Database[Document]) -> None:
    inserting = Inserting(database["things"])

    with pytest.raises(InvalidDocument):
        inserting.insert({"_id": "odd", "value": object()})

    inserting.insert({"_id": "even"})
    assert [thing["_id"] for thing in database["things"].find()] == ["even"]


def test_a_database_that_dies_is_told_to_everybody_and_forgotten(
    own_mongod: Mongod, things: Collection[Document]
) -> None:
    """Nobody waits for ever or is told a lie, and whoever comes next finds the way free."""
    with asked(own_mongod, things, [{"_id": n, "code": n} for n in range(7)]) as outcomes:
        own_mongod.kill()
        told = [outcome.exception(timeout=20) for outcome in outcomes]
        own_mongod.start()

    assert all(isinstance(error, PyMongoError) and is_world_down(error) for error in told)
    Inserting(things).insert({"_id": "next", "code": "next"})
    assert things.find_one({"_id": "next"})


def test_under_load_everybody_is_stored_and_nobody_twice(database: Database[Document]) -> None:
    """Eight threads, two hundred documents, every tenth of which somebody else has stored."""
    things = database["things"]
    inserting = Inserting(things)
    taken = set(range(0, 200, 10))
    things.insert_many([{"_id": n, "by": "somebody else"} for n in sorted(taken)])

    with ThreadPoolExecutor(8) as threads:
        wanted = [threads.submit(inserting.insert, {"_id": n, "by": "us"}) for n in range(200)]

    refused = {n for n, outcome in enumerate(wanted) if outcome.exception()}
    assert refused == taken
    assert {thing["_id"] for thing in things.find({"by": "us"})} == set(range(200)) - taken


@contextmanager
def asked(
    mongod: Mongod, things: Collection[Document], documents: Sequence[dict[str, Any]]
) -> Iterator[list[Future[None]]]:
    """One insert, and four, are under way at a mongod that stands still; the others wait."""
    inserting = Inserting(things)
    left, waiting = divmod(len(documents) - 1, ENOUGH)

    def all_have_asked() -> bool:
        return (inserting._under_way, len(inserting._waiting)) == (1 + left, waiting)

    with ThreadPoolExecutor(len(documents)) as threads:
        mongod.process.pause()
        outcomes = [threads.submit(inserting.insert, document) for document in documents]
        wait_for(all_have_asked, what="all to have asked")
        yield outcomes


def insert_commands(things: Collection[Document]) -> int:
    status = things.database.client.admin.command("serverStatus")
    return int(status["metrics"]["commands"]["insert"]["total"])
