"""The master keys: the first wraps new keys of persons, the others still unwrap older ones.

A key with a name is MongoDB's provider ``local:NAME``, which is noted with every key that it wraps;
the one without a name is ``local``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ihala import aead

_NAME = re.compile(r"[A-Za-z0-9_]{1,32}")


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master keys by provider, the one in use first."""

    by_provider: Mapping[str, bytes]

    @property
    def in_use(self) -> str:
        """The provider whose key wraps what is new."""
        return next(iter(self.by_provider))

    def wrap(self, key: bytes) -> bytes:
        """The key of a person, wrapped by the master key in use."""
        return aead.seal(self.by_provider[self.in_use], key)

    def unwrap(self, document: Mapping[str, Any]) -> bytes:
        """The key of a person, from a key vault's document.

        Raises Tampered when the master key that wrapped it is not among ours.
        """
        master = self.by_provider.get(document["masterKey"]["provider"])
        if master is None:
            raise aead.Tampered("another master key has wrapped this")
        return aead.unseal(master, document["keyMaterial"])

    def __repr__(self) -> str:
        return f"MasterKeys({', '.join(self.by_provider)})"


def master_keys(text: str) -> MasterKeys:
    """A setting: one ``NAME:BASE64`` a line, the one in use first; one may have no name."""
    by_provider: dict[str, bytes] = {}
    for line in text.split():
        name, _, encoded = line.rpartition(":")
        provider = _provider(name)
        if provider in by_provider:
            raise ValueError(f"names {name or 'a key without a name'} twice")
        by_provider[provider] = _key(encoded)
    if len(set(by_provider.values())) < len(by_provider):
        raise ValueError("holds the same key twice, under two names")
    return MasterKeys(by_provider)


def _provider(name: str) -> str:
    if not name:
        return "local"
    if not _NAME.fullmatch(name):
        raise ValueError("must have names of up to 32 letters, digits and underscores")
    return f"local:{name}"


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if len(key) != aead.KEY_BYTES or len(set(key)) < aead.KEY_BYTES // 4:
        raise ValueError(f"must be base64 of {aead.KEY_BYTES} random bytes")
    return key
