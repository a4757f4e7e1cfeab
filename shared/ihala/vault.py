"""The vault: what belongs to one person is encrypted with that person's own key.

It is MongoDB's client-side field level encryption, done explicitly: a data key per person lies,
wrapped by the master key, in a collection of the service's own database, and a value becomes BSON
binary of subtype 6, which any MongoDB driver that has the master key can read. Erasing a person is
deleting one key: what it had encrypted cannot be read again, in backups and copies neither.

libmongocrypt is driven through its own Python binding, because ``pymongo``'s ``ClientEncryption``
writes and reads the key collection once for every new key. Here keys are made a batch at a time,
and a key that was just made needs no reading.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import bson
from bson.binary import Binary
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongocrypt.errors import MongoCryptError
from pymongocrypt.options import MongoCryptOptions
from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter
from pymongocrypt.synchronous.state_machine import MongoCryptCallback

from ihala.errors import IhalaError
from ihala.mongo import Collection, Document

MASTER_KEY_BYTES = 96
KEY_ID_BYTES = 16
_RANDOM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
_BATCH = 64
_REMEMBERED_MS = 50
"""libmongocrypt walks through every key it remembers at each use: with the minute of its default,
a busy sender would pay more for that than for all the encryption (measured, at 5,000 keys)."""

_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Erased(IhalaError):
    """The key is gone: the person was erased, and nobody can read this any more."""

    kind = "erased"
    status = 410


class Vault:
    """Seals and opens the values of persons. Make it after the process has forked.

    A key that was erased by another process may still open values here for ``_REMEMBERED_MS``.
    """

    def __init__(
        self, keys: Collection[Document], master_key: bytes, *, batch: int = _BATCH
    ) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key must have {MASTER_KEY_BYTES} bytes")
        self._shelf = _Shelf(keys)
        master = {"local": {"key": master_key}}
        options = MongoCryptOptions(master, key_expiration_ms=_REMEMBERED_MS)
        self._encrypter = ExplicitEncrypter(self._shelf, options)
        self._batch = batch
        self._ready: list[bytes] = []
        self._lock = threading.Lock()

    def new_key(self) -> bytes:
        """The id of a key that nobody has used; it is stored for good before it is given out.

        One call in ``batch`` makes and stores a whole batch in one write.
        """
        with self._lock:
            if not self._ready:
                self._ready = self._make(self._batch)
            return self._ready.pop()

    def _make(self, count: int) -> list[bytes]:
        ids = [bytes(self._encrypter.create_data_key("local")) for _ in range(count)]
        self._shelf.store()
        return ids

    def seal(self, key_id: bytes, value: Mapping[str, Any]) -> bytes:
        """The whole value, encrypted with this key; raises Erased when the key is gone."""
        plain = bson.encode({"v": value}, codec_options=_AWARE)
        try:
            sealed = self._encrypter.encrypt(plain, _RANDOM, key_id=key_id)
        except MongoCryptError as error:
            raise _lost(error) from error
        return Binary(bson.decode(sealed)["v"], 6)

    def open(self, sealed: bytes) -> dict[str, Any]:
        """What was sealed; raises Erased when its key is gone."""
        wrapped = bson.encode({"v": Binary(sealed, 6)})
        try:
            plain = self._encrypter.decrypt(wrapped)
        except MongoCryptError as error:
            raise _lost(error) from error
        value: dict[str, Any] = bson.decode(plain, codec_options=_AWARE)["v"]
        return value

    def erase(self, key_id: bytes) -> bool:
        """Delete the key, and with it everything it has sealed; False when it was gone before."""
        return self._shelf.erase(key_id)


def _lost(error: Exception) -> Exception:
    """A missing key is an erased person; anything else (a wrong master key) is a fault of ours."""
    if "not all keys requested were satisfied" in str(error):
        return Erased("This person's data were erased.")
    return error


class _Shelf(MongoCryptCallback):  # type: ignore[misc]
    """Where libmongocrypt finds keys: those of the last batch at hand, the others in MongoDB."""

    def __init__(self, keys: Collection[Document]) -> None:
        self._keys = keys
        self._made: list[RawBSONDocument] = []
        self._fresh: dict[bytes, bytes] = {}

    def store(self) -> None:
        """Write the keys that were made; only then are they at hand."""
        made, self._made = self._made, []
        self._keys.insert_many(made)
        self._fresh = {bytes(key["_id"]): bytes(key.raw) for key in made}

    def erase(self, key_id: bytes) -> bool:
        self._fresh.pop(key_id, None)
        return self._keys.delete_one({"_id": Binary(key_id, 4)}).deleted_count == 1

    def insert_data_key(self, data_key: Any) -> Any:
        """See MongoCryptCallback; the key waits for ``store``."""
        document = RawBSONDocument(bytes(data_key))
        self._made.append(document)
        return document["_id"]

    def fetch_keys(self, filter: Any) -> Iterator[bytes]:  # noqa: A002
        """See MongoCryptCallback; a key at hand is given once, libmongocrypt remembers it then."""
        wanted = bson.decode(bytes(filter))["$or"][0]["_id"]["$in"]
        fresh = [self._fresh.pop(bytes(id_), None) for id_ in wanted]
        if wanted and all(fresh):
            yield from (key for key in fresh if key)
            return
        yield from self._stored(wanted)

    def _stored(self, wanted: Iterable[Any]) -> Iterator[bytes]:
        raw: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
        found = self._keys.with_options(codec_options=raw)
        for key in found.find({"_id": {"$in": list(wanted)}}):
            yield bytes(key.raw)

    def bson_encode(self, doc: Mapping[str, Any]) -> bytes:
        """See MongoCryptCallback."""
        return bson.encode(doc)

    def kms_request(self, kms_context: Any) -> None:
        """See MongoCryptCallback; the master key is local, so there is nobody to ask."""
        raise NotImplementedError("only a local master key is supported")

    def collection_info(self, database: Any, filter: Any) -> Any:  # noqa: A002
        """See MongoCryptCallback; explicit encryption never asks."""
        raise NotImplementedError("only explicit encryption is supported")

    def mark_command(self, database: Any, cmd: Any) -> Any:
        """See MongoCryptCallback; explicit encryption never asks."""
        raise NotImplementedError("only explicit encryption is supported")

    def close(self) -> None:
        """See MongoCryptCallback; the client belongs to others."""


class Lookup:
    """Keyed hashes, by which equal texts are found without being kept (HMAC-SHA-256)."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, text: str) -> bytes:
        """The hash of a text: 16 bytes, the same for the same text and secret only."""
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()[:16]
