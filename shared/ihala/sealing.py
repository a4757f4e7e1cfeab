"""Sealing: a few words that only the holder of one private key can read (JWE, RFC 7516)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from joserfc import jwe
from joserfc.jwk import OKPKey

_HEADER = {"alg": "ECDH-ES", "enc": "A256GCM"}
"""An X25519 agreement with a fresh key each time; the content is bound to it by AES-256-GCM."""


def new_key() -> OKPKey:
    """A fresh X25519 key pair."""
    return OKPKey.generate_key("X25519", auto_kid=True)


def read_key(text: str) -> OKPKey:
    """The key that a JWK in JSON holds; raises ValueError when it is none for sealing."""
    try:
        key = OKPKey.import_key(json.loads(text))
    except Exception as error:  # joserfc raises several kinds for a malformed key.
        raise ValueError("must be an X25519 key as a JWK in JSON") from error
    if key.curve_name != "X25519":
        raise ValueError("must be an X25519 key")
    return key


def read_keys(text: str) -> tuple[OKPKey, ...]:
    """The keys of a JWK, or of a JWKS with the one in use first; raises ValueError."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError("must be an X25519 key as a JWK in JSON") from error
    several = found.get("keys") if isinstance(found, dict) else None
    texts = [json.dumps(one) for one in several] if isinstance(several, list) else [text]
    if not texts:
        raise ValueError("must hold at least one X25519 key")
    return tuple(read_key(one) for one in texts)


def seal(public_key: OKPKey, words: Mapping[str, Any]) -> str:
    """The words as a compact JWE that only the holder of the private key can open."""
    return jwe.encrypt_compact(_HEADER, json.dumps(dict(words)).encode(), public_key)


def open_by_any(private_keys: Iterable[OKPKey], sealed: str) -> dict[str, Any]:
    """The words that were sealed for one of the keys; raises ValueError when none opens them."""
    for key in private_keys:
        with suppress(ValueError):
            return open_sealed(key, sealed)
    raise ValueError("cannot be opened with any of the keys")


def open_sealed(private_key: OKPKey, sealed: str) -> dict[str, Any]:
    """The words that were sealed; raises ValueError when this key does not open them."""
    try:
        plaintext = jwe.decrypt_compact(sealed, private_key).plaintext
        words = json.loads(plaintext or b"null")
    except Exception as error:  # joserfc raises several kinds; none may tell more than this.
        raise ValueError("cannot be opened with this key") from error
    if not isinstance(words, dict):
        raise ValueError("does not hold an object")  # noqa: TRY004
    return words
