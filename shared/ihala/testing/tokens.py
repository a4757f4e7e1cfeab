"""An issuer of tokens for tests and the embedded stack: one Ed25519 key and its JWKS file."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet, OKPKey

_DAY_S = 24 * 3600


class Issuer:
    """Mints tokens with the claims that Ihala reads; the same folder gives the same key again.

    ``jwks_file`` is what the services' IHALA_JWKS names; the private key beside it is readable by
    its owner only.
    """

    def __init__(
        self, folder: Path, *, name: str = "https://issuer.ihala.test", audience: str = "ihala"
    ) -> None:
        self.name = name
        self.audience = audience
        self.jwks_file = folder / "jwks.json"
        self._key_file = folder / "issuer-key.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._key = self._load() if self._key_file.exists() else self._make()

    def token(
        self,
        subject: str,
        *,
        roles: Iterable[str] = (),
        facilities: Iterable[str] = (),
        organisation: str | None = None,
        lifetime_s: int = _DAY_S,
        changes: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed token; ``changes`` replaces claims, and one that is None is left out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": self.audience,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_s,
            "ihala_organisation": organisation,
            "ihala_facilities": sorted(facilities),
            "ihala_roles": sorted(roles),
        } | dict(changes or {})
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "EdDSA", "kid": self._key.kid, "typ": "JWT"}
        with warnings.catch_warnings():
            # RFC 9864 renames EdDSA to Ed25519; identity providers still say EdDSA.
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode(header, kept, self._key, algorithms=["EdDSA"])

    def header(self, subject: str, **claims: Any) -> dict[str, str]:
        """The Authorization header of a fresh token."""
        return {"Authorization": f"Bearer {self.token(subject, **claims)}"}

    def rotate(self) -> None:
        """Make a new key; the JWKS then holds only that one."""
        self._key = self._make()

    def _load(self) -> OKPKey:
        return OKPKey.import_key(json.loads(self._key_file.read_text(encoding="utf-8")))

    def _make(self) -> OKPKey:
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "EdDSA"}, auto_kid=True)
        self._key_file.touch(mode=0o600)
        self._key_file.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
        public = KeySet([key]).as_dict(private=False)
        self.jwks_file.write_text(json.dumps(public), encoding="utf-8")
        return key
