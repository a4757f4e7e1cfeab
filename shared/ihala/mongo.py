"""MongoDB, behind one file: connecting, pymongo's names, and telling a dead server from a bug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument as Encoded
from pymongo import ASCENDING, DESCENDING, MongoClient, ReturnDocument, UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    WriteError,
    WTimeoutError,
)
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from ihala.errors import WorldIsDown

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "BulkWriteError",
    "Collection",
    "Database",
    "Document",
    "DuplicateKeyError",
    "Encoded",
    "OperationFailure",
    "PyMongoError",
    "ReturnDocument",
    "UpdateMany",
    "UpdateOne",
    "connect",
    "encoded",
    "insert_new",
    "is_refused",
    "is_world_down",
    "mongodb_uri",
    "raise_unless_known",
    "refusals",
]

Document = dict[str, Any]

_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)

_DUPLICATE_KEY = 11000
"""The server's code for a write that would double a unique value."""

_REFUSED_CODES = frozenset({13, 18})
"""The server's codes for a user that may not do it, and for a name or password that is wrong."""

_TRANSIENT_CODES = frozenset(
    {6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031}
)
"""Server codes that say "not now": unreachable, shutting down, stepping down, out of disk space."""


def mongodb_uri(text: str) -> str:
    """A MongoDB URI that names the service's own database."""
    try:
        parsed = parse_uri(text)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise ValueError(f"must be a MongoDB URI: {error}") from error
    if not parsed["database"]:
        raise ValueError("must name a database, as in mongodb://host:27017/ihala_registry")
    return text


def connect(uri: str, *, timeout_s: float = 5.0) -> Database[Document]:
    """The database that the URI names; nothing is sent until the first operation.

    Writes wait for a majority and the journal; an operation never waits longer than ``timeout_s``.
    Call it after the process has forked.
    """
    client: MongoClient[Document] = MongoClient(
        uri,
        serverSelectionTimeoutMS=int(timeout_s * 1000),
        timeoutMS=int(timeout_s * 1000),
        tz_aware=True,
        retryWrites=True,
        connect=False,
    )
    concern = WriteConcern(w="majority", j=True)
    return client.get_default_database().with_options(codec_options=_AWARE, write_concern=concern)


def insert_new(
    collection: Collection[Document], documents: Sequence[Mapping[str, Any]]
) -> set[Any]:
    """Insert all in one bulk write; the ids of those that were there already.

    What is there already, by its id or by another unique field, stays as it is.
    """
    if not documents:
        return set()
    try:
        collection.insert_many([dict(document) for document in documents], ordered=False)
    except BulkWriteError as error:
        raise_unless_known(error)
        problems = error.details.get("writeErrors", [])
        return {documents[problem["index"]]["_id"] for problem in problems}
    return set()


def encoded(document: Mapping[str, Any]) -> Encoded:
    """The document as it goes over the wire; raises what pymongo raises where it cannot."""
    return Encoded(bson.encode(document, codec_options=_AWARE))


def refusals(error: BulkWriteError, count: int) -> dict[int, PyMongoError]:
    """What ``insert_one`` would have raised, by place, of so many documents in an unordered write.

    Where it is unknown whether a majority has them, it is every one.
    """
    if error.details.get("writeConcernErrors"):
        return dict.fromkeys(range(count), error)
    return {problem["index"]: _write_error(problem) for problem in _problems(error.details)}


def _write_error(problem: Mapping[str, Any]) -> WriteError:
    kind = DuplicateKeyError if problem.get("code") == _DUPLICATE_KEY else WriteError
    return kind(problem["errmsg"], problem.get("code"), problem)


def raise_unless_known(error: BulkWriteError) -> None:
    """Raise the error again unless all that went wrong is that something was there already."""
    problems = error.details.get("writeErrors", [])
    if error.details.get("writeConcernErrors") or any(
        problem.get("code") != _DUPLICATE_KEY for problem in problems
    ):
        raise error


def is_refused(error: BaseException) -> bool:
    """Whether the server does not take the name and password, or not for this."""
    return isinstance(error, OperationFailure) and error.code in _REFUSED_CODES


def is_world_down(error: BaseException) -> bool:
    """Whether the error means that the world (server, network, disk) fails, not this operation."""
    if isinstance(error, (WorldIsDown, ConnectionFailure, ExecutionTimeout, WTimeoutError)):
        return True
    if isinstance(error, BulkWriteError):
        return any(_is_transient(problem) for problem in _problems(error.details))
    if isinstance(error, OperationFailure):
        return error.code in _TRANSIENT_CODES
    return isinstance(error, PyMongoError) and error.timeout


def _is_transient(problem: Mapping[str, Any]) -> bool:
    return problem.get("code") in _TRANSIENT_CODES


def _problems(details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
