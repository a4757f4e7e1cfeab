"""Two databases as services leave them: what is in them, and a backup of both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from ihala.backups.manifest import Manifest
from ihala.backups.taking import Client, Plan, catalog_of, take
from ihala.vault import Vault

MASTER_KEY = bytes(range(96))
MANY = 2_500
Databases = tuple[str, str]


def fill(client: Client, names: Databases) -> None:
    first, second = (client[name] for name in names)
    first["referrals"].insert_many([{"_id": n, "text": "x" * 100} for n in range(MANY)])
    first["referrals"].create_index([("text", 1), ("_id", -1)], name="text")
    Vault(first["keys"], MASTER_KEY, batch=4).new_key()
    second.create_collection(
        "strict", validator={"a": {"$exists": True}}, collation={"locale": "ar"}
    )
    second.create_collection("empty")
    place = {"type": "Point", "coordinates": [36.6, 35.9]}
    second["places"].insert_one({"_id": "fac", "point": place, "key": "k"})
    second["places"].create_index([("point", "2dsphere")])
    second["places"].create_index(
        "key", unique=True, partialFilterExpression={"key": {"$exists": True}}
    )
    second["files"].create_index("at", expireAfterSeconds=3600, name="expiry")
    second["relay_topics"].insert_one({"_id": "t", "topic_id": "abc", "last": {"0": [1, 2]}})
    second["leases"].insert_one({"_id": "relay", "until": datetime(2026, 1, 1, tzinfo=UTC)})


def contents(client: Client, names: Databases) -> dict[str, Any]:
    return {
        f"{found.database}.{found.name}": (
            [document.raw for document in raw(client, found.database, found.name)],
            found.options,
            found.indexes,
        )
        for found in catalog_of(client, names)
        if found.name != "relay_topics"
    }


def raw(client: Client, database: str, name: str) -> Iterator[Any]:
    options: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
    return iter(client[database][name].with_options(codec_options=options).find().sort("_id", 1))


def made(client: Client, databases: Databases, parent: Path, *keys: Any) -> tuple[Path, Manifest]:
    return take(client, parent, Plan(databases, keys))
