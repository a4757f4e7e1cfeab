"""The errors that only the edge itself raises; the rest are in ``ihala.errors``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ihala.errors import FieldError, IhalaError


@dataclass(frozen=True, slots=True)
class PlacedError(FieldError):
    """A field error outside the body: ``pointer`` names a ``parameter`` or a ``header``."""

    place: str = "pointer"


class Refusal(IhalaError):
    """An error with response headers of its own, such as ``Retry-After``."""

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, errors=errors)
        self.headers = dict(headers or {})


class NotAuthenticated(Refusal):
    """No token, or one that nobody we trust has signed."""

    kind = "unauthenticated"
    status = 401


class PreconditionRequired(Refusal):
    """The request changes something and must say which version it was made from."""

    kind = "precondition-required"
    status = 428


class UnsupportedMediaType(Refusal):
    """The body is of a type that the endpoint does not read."""

    kind = "unsupported-media-type"
    status = 415


class TooManyRequests(Refusal):
    """The caller, or the address, asked more often than it may."""

    kind = "too-many-requests"
    status = 429


class UriTooLong(Refusal):
    """The query string is longer than the service reads."""

    kind = "uri-too-long"
    status = 414


class KeysUnavailable(Refusal):
    """The issuer's keys were never seen, so no token can be checked; trying later helps."""

    kind = "unavailable"
    status = 503
