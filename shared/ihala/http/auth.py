"""Bearer tokens: verified once, remembered until they expire, turned into a use case's Caller."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from ihala.caller import Caller, Role
from ihala.http.idempotency import idempotency_key
from ihala.http.keys import SigningKeys
from ihala.http.languages import language_of
from ihala.http.refusals import NotAuthenticated
from ihala.http.request import EdgeRequest, Identity, edge_request

ALGORITHMS = frozenset({"EdDSA", "Ed25519", "ES256", "RS256"})
MAX_TOKEN_LENGTH = 8192
LEEWAY_S = 30.0
_KNOWN_ROLES = {str(role): role for role in Role}


class _OurAlgorithms(JWSRegistry):
    """Asymmetric signatures only: neither ``none`` nor a shared secret can ever verify."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError("only EdDSA, ES256 and RS256 are accepted")
        return self.algorithms[name]


_REGISTRY = _OurAlgorithms(algorithms=ALGORITHMS, strict_check_header=False)
_REGISTRY.max_payload_length = MAX_TOKEN_LENGTH


class TokenVerifier:
    """Tells whom a token speaks for.

    A token is verified once and remembered until it expires (``remembered`` tokens at most), so a
    request costs one dictionary look-up. All is forgotten when the issuer drops or replaces a key.
    """

    def __init__(
        self,
        keys: SigningKeys,
        *,
        issuer: str,
        audience: str,
        now: Callable[[], float] = time.time,
        remembered: int = 10_000,
    ) -> None:
        self.keys, self._issuer, self._audience = keys, issuer, audience
        self._now, self._remembered = now, remembered
        self._known: dict[str, Identity] = {}
        self._generation = keys.generation
        self._lock = threading.Lock()

    def known(self, token: str) -> Identity | None:
        """Whom the token speaks for, when it was verified before and still holds."""
        self.keys.renew_when_old()
        if self._generation != self.keys.generation:
            self._forget_all()
        identity = self._known.get(token)
        if identity is not None and identity.expires_at > self._now():
            return identity
        return None

    def verify(self, token: str) -> Identity:
        """Whom the token speaks for, after checking signature, issuer, audience and times.

        Raises NotAuthenticated, also for no token at all, with a reason that helps the honest and
        tells others nothing new.
        """
        if not token:
            raise NotAuthenticated(
                "Send a token: Authorization: Bearer <token>.",
                headers={"WWW-Authenticate": 'Bearer realm="ihala"'},
            )
        if len(token) > MAX_TOKEN_LENGTH:
            raise refused("The token is too long.")
        try:
            claims = jwt.decode(token, self._key_of, registry=_REGISTRY).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise refused("The token's signature could not be verified.") from None
        identity = self._identity(claims)
        self._remember(token, identity)
        return identity

    def _key_of(self, signature: Any) -> Key:
        return self.keys.find(signature.headers().get("kid"))

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = claims.get("sub")
        if claims.get("iss") != self._issuer:
            raise refused("The token comes from another issuer.")
        if self._audience not in _as_list(claims.get("aud")):
            raise refused("The token is meant for another audience.")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise refused("The token names no subject.")
        return Identity(
            subject=subject,
            organisation=_text(claims.get("ihala_organisation")),
            facilities=frozenset(
                filter(None, map(_text, _as_list(claims.get("ihala_facilities"))))
            ),
            roles=frozenset(
                _KNOWN_ROLES[role]
                for role in _as_list(claims.get("ihala_roles"))
                if isinstance(role, str) and role in _KNOWN_ROLES
            ),
            expires_at=self._valid_until(claims),
            log_name=hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()[:12],
        )

    def _valid_until(self, claims: Mapping[str, Any]) -> float:
        now = self._now()
        expires, not_before = _time(claims.get("exp")), _time(claims.get("nbf", 0))
        if expires is None or not_before is None:
            raise refused("The token's times are missing or wrong.")
        if expires + LEEWAY_S <= now:
            raise refused("The token has expired. Get a new one.")
        if not_before - LEEWAY_S > now:
            raise refused("The token is not valid yet. Check the clocks.")
        return expires + LEEWAY_S

    def _remember(self, token: str, identity: Identity) -> None:
        with self._lock:
            if len(self._known) >= self._remembered:
                self._make_room()
            self._known[token] = identity

    def _make_room(self) -> None:
        now = self._now()
        alive = {token: known for token, known in self._known.items() if known.expires_at > now}
        newest = list(alive.items())[-self._remembered // 2 :]
        self._known = dict(newest)

    def _forget_all(self) -> None:
        with self._lock:
            self._generation = self.keys.generation
            self._known = {}


def refused(detail: str) -> NotAuthenticated:
    """The 401 that says why, in the words of RFC 6750."""
    return NotAuthenticated(
        detail, headers={"WWW-Authenticate": 'Bearer realm="ihala", error="invalid_token"'}
    )


def bearer_token(request: EdgeRequest) -> str:
    """The token of the Authorization header; empty when there is none."""
    header = request.headers.get("Authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else ""


def current_caller() -> Caller:
    """The caller of the request in hand, with its correlation, language and Idempotency-Key.

    Raises NotAuthenticated on a public endpoint that was called without a token, and BadRequest
    for a malformed Idempotency-Key.
    """
    request = edge_request()
    who = request.identity
    if who is None:
        raise NotAuthenticated("Send a token: Authorization: Bearer <token>.")
    return Caller(
        subject=who.subject,
        organisation=who.organisation,
        facilities=who.facilities,
        roles=who.roles,
        correlation_id=request.correlation_id,
        traceparent=request.traceparent,
        idempotency=idempotency_key(request, who.subject),
        language=language_of(request.headers.get("Accept-Language", "")),
    )


def _as_list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value[:1000]
    return [] if value is None else [value]


def _text(value: object) -> str | None:
    return (
        value if isinstance(value, str) and 0 < len(value) <= 128 and value.isprintable() else None
    )


def _time(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e11:
        return float(value)
    return None
