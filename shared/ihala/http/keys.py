"""The issuer's public keys: from a file or an https address, kept when the issuer is down."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, import_key

from ihala.http.refusals import KeysUnavailable

_USABLE: dict[str, set[str | None]] = {"OKP": {"Ed25519"}, "EC": {"P-256"}, "RSA": {None}}
_RSA_2048_LENGTH = 342
"""Letters of a modulus of 2048 bits in base64url."""

Fetch = Callable[[str], bytes]
log = structlog.get_logger(__name__)


class SigningKeys:
    """The keys that tokens may be signed with, by key id.

    An unknown key id makes it look again, at most every ``backoff_s``; keys older than
    ``fresh_s`` are renewed in the background, and while that fails the last known keys serve.
    ``generation`` rises when a key was dropped or replaced: what it verified no longer counts.
    """

    def __init__(
        self,
        source: str,
        *,
        fetch: Fetch | None = None,
        backoff_s: float = 10.0,
        fresh_s: float = 300.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._fetch = source, fetch or read_source
        self._backoff_s, self._fresh_s, self._monotonic = backoff_s, fresh_s, monotonic
        self._keys: dict[str | None, Key] = {}
        self._raw: dict[str | None, str] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()
        self.generation = 0

    def find(self, key_id: object) -> Key:
        """The key of that id (None: the only key there is).

        Raises InvalidKeyIdError when the issuer has no such key, KeysUnavailable when no keys
        were ever seen.
        """
        key = self._lookup(key_id)
        if key is None:
            self._refresh()
            key = self._lookup(key_id)
        if key is not None:
            return key
        if not self._keys:
            raise KeysUnavailable(
                "The token issuer's keys cannot be read now. Try again shortly.",
                headers={"Retry-After": str(max(1, int(self._backoff_s)))},
            )
        raise InvalidKeyIdError("the issuer has no such key")

    def renew_when_old(self) -> None:
        """Start a renewal in the background when the keys are old; never waits for it."""
        now = self._monotonic()
        if now - self._fetched_at > self._fresh_s and now - self._tried_at > self._backoff_s:
            threading.Thread(target=self._refresh, name="jwks", daemon=True).start()

    def check(self) -> None:
        """A readiness check: raises KeysUnavailable while no keys are known."""
        if not self._keys:
            self._refresh()
        if not self._keys:
            raise KeysUnavailable("no keys of the token issuer are known")

    def _lookup(self, key_id: object) -> Key | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id) if isinstance(key_id, str) else None

    def _refresh(self) -> None:
        with self._lock:
            if self._monotonic() - self._tried_at < self._backoff_s:
                return
            self._tried_at = self._monotonic()
            try:
                keys = parse_keys(self._fetch(self._source))
            except (OSError, ValueError, JoseError) as error:
                log.warning(
                    "jwks.unreadable", error=type(error).__name__, keys_known=len(self._keys)
                )
                return
            self._replace(keys)

    def _replace(self, keys: dict[str | None, Key]) -> None:
        raw = {
            key_id: json.dumps(key.as_dict(private=False), sort_keys=True)
            for key_id, key in keys.items()
        }
        if self._raw.items() - raw.items():
            self.generation += 1
        self._keys, self._raw, self._fetched_at = keys, raw, self._monotonic()


def parse_keys(document: bytes) -> dict[str | None, Key]:
    """The usable signature keys of a JWKS by key id: Ed25519, P-256, and RSA of 2048 bits or more.

    Raises ValueError or JoseError when the document is not a JWKS or holds no usable key.
    """
    parsed = json.loads(document)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("keys"), list):
        raise ValueError("must be a JWKS: an object with an array named keys")  # noqa: TRY004
    keys: dict[str | None, Key] = {}
    for entry in parsed["keys"]:
        if isinstance(entry, dict) and (key := _usable(entry)) is not None:
            keys[key.kid] = key
    if not keys:
        raise ValueError("holds no key that may sign: Ed25519, P-256 or RSA of 2048 bits or more")
    return keys


def _usable(entry: dict[str, Any]) -> Key | None:
    if entry.get("use", "sig") != "sig" or entry.get("kty") not in _USABLE:
        return None
    if entry.get("crv") not in _USABLE[entry["kty"]]:
        return None
    if entry["kty"] == "RSA" and len(str(entry.get("n"))) < _RSA_2048_LENGTH:
        return None
    return import_key({name: value for name, value in entry.items() if name != "key_ops"})


def read_source(source: str) -> bytes:
    """The bytes of a JWKS file, or of an https address (within 5 s, without redirects)."""
    if "://" not in source:
        return Path(source).read_bytes()
    import httpx

    try:
        response = httpx.get(source, timeout=5, follow_redirects=False)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise OSError(f"the keys cannot be fetched: {type(error).__name__}") from error
    return response.content


def jwks_source(text: str) -> str:
    """A setting: the path of a JWKS file, or an https address (http for this machine only)."""
    if "://" not in text:
        parse_file(text)
        return text
    address = urlsplit(text)
    local = address.hostname in ("127.0.0.1", "::1", "localhost")
    if address.scheme != "https" and not (address.scheme == "http" and local):
        raise ValueError("must be an https address or the path of a JWKS file")
    return text


def parse_file(path: str) -> None:
    """Raise ValueError unless the file is there and holds a usable key."""
    try:
        parse_keys(Path(path).read_bytes())
    except (OSError, JoseError) as error:
        raise ValueError(f"the JWKS file cannot be used: {error}") from error
