"""A collection's file: documents, compressed, encrypted for whoever may read them, and summed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import pyrage
from bson.raw_bson import RawBSONDocument

from ihala.backups.errors import BackupError, NoSpaceError

_GZIP = 31
"""zlib's number for the gzip format, which every system's gunzip reads."""

_LEVEL = 3
_PIECE = 1 << 20
_BATCH_DOCUMENTS = 1_000
_BATCH_BYTES = 8 << 20

Apply = Callable[[list[RawBSONDocument]], None]
"""Is given one batch of documents after another."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What was written or read: how many documents and bytes, and their SHA-256."""

    count: int
    content_sha256: str
    size: int
    sha256: str


def recipient(text: str) -> Any:
    """The public key that a text holds; raises ValueError."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ValueError("must be a public key of age, such as age1…") from error


def identity(text: str) -> Any:
    """The secret key that a text holds, as age-keygen writes it; raises ValueError."""
    lines = [line for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0] if lines else text)
    except pyrage.IdentityError as error:
        raise ValueError("must be a secret key of age, AGE-SECRET-KEY-1…") from error


def new_identity(file: Path) -> str:
    """Write a fresh secret key to a new file that only we can read; its public key."""
    made = pyrage.x25519.Identity.generate()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(f"# public key: {made.to_public()}\n{made}\n")
    return str(made.to_public())


def write_file(path: Path, batches: Iterable[bytes], recipients: Sequence[Any]) -> Sums:
    """Write whole documents to a new file and wait until the disk has them.

    Raises NoSpaceError when the disk is full.
    """
    pull = _Pull(batches)
    try:
        with path.open("xb") as file:
            into = _Summed(file)
            if recipients:
                _encrypt(pull, into, recipients)
            else:
                shutil.copyfileobj(pull, into, _PIECE)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(f"no space left for {path}: free some, or name another") from error
        raise
    return Sums(pull.count, pull.sha256.hexdigest(), into.size, into.sha256.hexdigest())


def read_file(path: Path, identity: Any, apply: Apply) -> Sums:
    """Give all documents of a file to ``apply``, in batches; what was read.

    Raises BackupError for a file that is not there, damaged, or that the identity does not open.
    """
    unpack = _Unpack(apply)
    try:
        with path.open("rb") as file:
            from_ = _Read(file)
            if identity is None:
                shutil.copyfileobj(from_, unpack, _PIECE)
            else:
                _decrypt(from_, unpack, identity)
            unpack.finish()
            shutil.copyfileobj(from_, _Nowhere(), _PIECE)
    except FileNotFoundError as error:
        raise BackupError(f"{path} is missing: use another copy of this backup") from error
    except (zlib.error, EOFError) as error:
        raise BackupError(f"{path} is damaged: use another copy of this backup") from error
    return Sums(unpack.count, unpack.sha256.hexdigest(), from_.size, from_.sha256.hexdigest())


def sum_of_file(path: Path) -> tuple[int, str]:
    """The size and SHA-256 of a file as it lies there; raises BackupError when it does not."""
    try:
        with path.open("rb") as file:
            from_ = _Read(file)
            shutil.copyfileobj(from_, _Nowhere(), _PIECE)
    except FileNotFoundError as error:
        raise BackupError(f"{path} is missing: use another copy of this backup") from error
    return from_.size, from_.sha256.hexdigest()


def _encrypt(pull: _Pull, into: _Summed, recipients: Sequence[Any]) -> None:
    """age tells errors of ours as text only: ours is raised instead."""
    try:
        pyrage.encrypt_io(pull, into, recipients)
    except pyrage.EncryptError as error:
        _raise(pull.error or into.error or error, error)


def _decrypt(from_: _Read, unpack: _Unpack, identity: Any) -> None:
    try:
        pyrage.decrypt_io(from_, unpack, [identity])
    except (pyrage.DecryptError, OSError) as error:
        if unpack.error is not None:
            _raise(unpack.error, error)
        if "No matching keys" in str(error):
            raise BackupError(
                "this backup is encrypted for another key: put the secret key that belongs to its"
                " recipient into IHALA_BACKUP_IDENTITY_FILE"
            ) from error
        raise zlib.error(str(error)) from error


def _raise(error: Exception, cause: Exception) -> NoReturn:
    raise error from cause


class _Pull:
    """A file to read from, made of batches of documents; they are counted and compressed."""

    def __init__(self, batches: Iterable[bytes]) -> None:
        self.count = 0
        self.sha256 = hashlib.sha256()
        self.error: Exception | None = None
        self._pieces = self._compressed(batches)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        try:
            while not self._left:
                self._left = next(self._pieces)
        except StopIteration:
            return b""
        except Exception as error:
            self.error = error
            raise
        given, self._left = self._left[:size], self._left[size:]
        return given

    def _compressed(self, batches: Iterable[bytes]) -> Iterator[bytes]:
        gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        for batch in batches:
            self.count += sum(1 for _ in _documents(bytearray(batch)))
            self.sha256.update(batch)
            yield gzip.compress(batch)
        yield gzip.flush()


class _Summed:
    """A file to write to, which is summed."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.error: Exception | None = None
        self._file = file

    def write(self, data: bytes) -> int:
        """Write all of it."""
        try:
            self._file.write(data)
        except OSError as error:
            self.error = error
            raise
        self.sha256.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """See the standard library's files."""
        self._file.flush()


class _Read:
    """A file to read from, which is summed."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        data = self._file.read(size)
        self.sha256.update(data)
        self.size += len(data)
        return data


class _Nowhere:
    """What is written here is read for its sum only."""

    def write(self, data: bytes) -> int:
        """Take it."""
        return len(data)


class _Unpack:
    """A file to write to: what is written is decompressed, cut into documents and given away."""

    def __init__(self, apply: Apply) -> None:
        self.count = 0
        self.sha256 = hashlib.sha256()
        self.error: Exception | None = None
        self._apply = apply
        self._gzip = zlib.decompressobj(_GZIP)
        self._left = bytearray()
        self._batch: list[RawBSONDocument] = []
        self._batch_bytes = 0

    def write(self, data: bytes) -> int:
        """Take a piece of the compressed documents."""
        try:
            self._take(self._gzip.decompress(data))
        except Exception as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """See the standard library's files."""

    def finish(self) -> None:
        """Give the last batch away; raises EOFError when a document or the stream is cut off."""
        if not self._gzip.eof or self._left:
            raise EOFError("cut off")
        self._give()

    def _take(self, plain: bytes) -> None:
        self.sha256.update(plain)
        self._left += plain
        for document in _documents(self._left):
            self._batch.append(RawBSONDocument(document))
            self._batch_bytes += len(document)
            if len(self._batch) >= _BATCH_DOCUMENTS or self._batch_bytes >= _BATCH_BYTES:
                self._give()

    def _give(self) -> None:
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        self.count += len(batch)
        if batch:
            self._apply(batch)


def _documents(buffer: bytearray) -> Iterator[bytes]:
    """Take the whole documents off the front of a buffer; each begins with its own length."""
    at = 0
    while len(buffer) - at >= 4:
        length = int.from_bytes(buffer[at : at + 4], "little")
        if length < 5:
            raise EOFError("no document begins here")
        if len(buffer) - at < length:
            break
        yield bytes(buffer[at : at + length])
        at += length
    del buffer[:at]
