"""The vault: what belongs to one person is encrypted with that person's own key.

It is MongoDB's client-side field level encryption, done explicitly: a data key per person lies,
wrapped by the master key, in a collection of the service's own database, and a value becomes BSON
binary of subtype 6, which any MongoDB driver that has the master key can read. Erasing a person is
deleting one key: what it had encrypted cannot be read again. A backup of the keys brings it back,
unless the erasure is done again after restoring (``ihala erasures``).

Keys are made a batch at a time and stored in one write, and a key at hand is not read back.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import bson
from bson.binary import UUID_SUBTYPE, Binary
from bson.codec_options import CodecOptions
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ihala import aead
from ihala.chance import random_bytes
from ihala.clock import utc_now
from ihala.errors import IhalaError
from ihala.master_keys import MasterKeys
from ihala.mongo import Collection, Document, UpdateOne

MASTER_KEY_BYTES = aead.KEY_BYTES
KEY_ID_BYTES = 16
_BATCH = 256
"""A batch takes 6 ms. In batches of 64 a key costs this process and MongoDB twice as much."""
_REMEMBERED_S = 0.05
_RANDOM, _DOCUMENT = b"\x02", b"\x03"
_HEAD_BYTES = len(_RANDOM) + KEY_ID_BYTES + len(_DOCUMENT)
"""A sealed value begins with the algorithm, the id of its key and the BSON type of what it was."""

_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Erased(IhalaError):
    """The key is gone: the person was erased, and nobody can read this any more."""

    kind = "erased"
    status = 410


class Vault:
    """Seals and opens the values of persons; threads may share it.

    A key that was erased by another process may still open values here for ``_REMEMBERED_S``.
    """

    def __init__(
        self, keys: Collection[Document], master: bytes | MasterKeys, *, batch: int = _BATCH
    ) -> None:
        ring = master if isinstance(master, MasterKeys) else MasterKeys({"local": master})
        if any(len(key) != MASTER_KEY_BYTES for key in ring.by_provider.values()):
            raise ValueError(f"the master key must have {MASTER_KEY_BYTES} bytes")
        self._shelf = _Shelf(keys, ring)
        self._batch = batch
        self._ready: list[tuple[bytes, bytes]] = []
        self._lock = threading.Lock()

    def new_key(self) -> bytes:
        """The id of a key that nobody has used; it is stored for good before it is given out.

        One call in ``batch`` makes and stores a whole batch in one write.
        """
        with self._lock:
            if not self._ready:
                self._ready = self._shelf.make(self._batch)
            key_id, key = self._ready.pop()
        self._shelf.remember(key_id, key)
        return key_id

    def seal(self, key_id: bytes, value: Mapping[str, Any]) -> bytes:
        """The whole value, encrypted with this key; raises Erased when the key is gone."""
        head = _RANDOM + key_id + _DOCUMENT
        plain = bson.encode(value, codec_options=_AWARE)
        return head + aead.seal(self._shelf.key(key_id), plain, about=head)

    def open(self, sealed: bytes) -> dict[str, Any]:
        """What was sealed; raises Erased when its key is gone, and Tampered when it was changed."""
        head = sealed[:_HEAD_BYTES]
        key = self._shelf.key(head[len(_RANDOM) : -len(_DOCUMENT)])
        plain = aead.unseal(key, sealed[_HEAD_BYTES:], about=head)
        value: dict[str, Any] = bson.decode(plain, codec_options=_AWARE)
        return value

    def wrapped_otherwise(self) -> list[bytes]:
        """The ids of the keys that another master key wraps than the one in use."""
        return self._shelf.wrapped_otherwise()

    def rewrap(self, ids: Sequence[bytes]) -> int:
        """Wrap these keys anew, by the master key in use; how many there still were.

        The keys themselves stay what they were. Safe to repeat, and beside any use of them.
        """
        return self._shelf.rewrap(ids)

    def erase(self, key_id: bytes) -> bool:
        """Delete the key, and with it everything it has sealed; False when it was gone before."""
        return self._shelf.erase(key_id)


class _Shelf:
    """Where keys lie: wrapped in MongoDB, and plain at hand for a moment after each was used."""

    def __init__(self, keys: Collection[Document], master: MasterKeys) -> None:
        self._keys = keys
        self._master = master
        self._provider = master.in_use
        self._at_hand: dict[bytes, tuple[bytes, float]] = {}
        self._lock = threading.Lock()

    def make(self, count: int) -> list[tuple[bytes, bytes]]:
        """So many new keys with their ids, stored in one write."""
        drawn = os.urandom(count * aead.KEY_BYTES)
        keys = (drawn[at : at + aead.KEY_BYTES] for at in range(0, len(drawn), aead.KEY_BYTES))
        made = [(UUID(bytes=random_bytes(KEY_ID_BYTES), version=4).bytes, key) for key in keys]
        self._keys.insert_many([self._document(key_id, key) for key_id, key in made])
        return made

    def _document(self, key_id: bytes, key: bytes) -> Document:
        """As MongoDB's key vaults have it."""
        now = utc_now()
        return {
            "_id": _uuid(key_id),
            "keyMaterial": self._master.wrap(key),
            "creationDate": now,
            "updateDate": now,
            "status": 0,
            "masterKey": {"provider": self._provider},
        }

    def key(self, key_id: bytes) -> bytes:
        """The key; raises Erased when it is gone, and Tampered for another master key's."""
        found = self._at_hand.get(key_id)
        if found and found[1] > time.monotonic():
            return found[0]
        document = self._keys.find_one({"_id": _uuid(key_id)})
        if document is None:
            raise Erased("This person's data were erased.")
        key = self._master.unwrap(document)
        self.remember(key_id, key)
        return key

    def wrapped_otherwise(self) -> list[bytes]:
        other = {"masterKey.provider": {"$ne": self._provider}}
        return [bytes(document["_id"]) for document in self._keys.find(other, {"_id": 1})]

    def rewrap(self, ids: Sequence[bytes]) -> int:
        """One that was erased meanwhile stays erased."""
        found = self._keys.find({"_id": {"$in": [_uuid(key_id) for key_id in ids]}})
        changes = [UpdateOne({"_id": key["_id"]}, {"$set": self._wrapped(key)}) for key in found]
        return self._keys.bulk_write(changes, ordered=False).matched_count if changes else 0

    def _wrapped(self, document: Document) -> Document:
        return {
            "keyMaterial": self._master.wrap(self._master.unwrap(document)),
            "masterKey": {"provider": self._provider},
            "updateDate": utc_now(),
        }

    def remember(self, key_id: bytes, key: bytes) -> None:
        """Keep the key at hand for a moment, and let go of those whose moment is over."""
        now = time.monotonic()
        with self._lock:
            self._at_hand.pop(key_id, None)
            self._at_hand[key_id] = key, now + _REMEMBERED_S
            while self._at_hand[oldest := next(iter(self._at_hand))][1] <= now:
                del self._at_hand[oldest]

    def erase(self, key_id: bytes) -> bool:
        """Delete the key; False when it was gone before."""
        with self._lock:
            self._at_hand.pop(key_id, None)
        return self._keys.delete_one({"_id": _uuid(key_id)}).deleted_count == 1


def _uuid(key_id: bytes) -> Binary:
    return Binary(key_id, UUID_SUBTYPE)


class Lookup:
    """Keyed hashes, by which equal texts are found without being kept (HMAC-SHA-256)."""

    def __init__(self, secret: str) -> None:
        self._begun = HMAC(secret.encode(), SHA256())

    def of(self, text: str) -> bytes:
        """The hash of a text: 16 bytes, the same for the same text and secret only."""
        mac = self._begun.copy()
        mac.update(text.encode())
        return mac.finalize()[:16]
