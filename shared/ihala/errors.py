"""The errors a use case may raise; the edge turns each into a problem document, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field: ``pointer`` is a JSON pointer into the body."""

    pointer: str
    detail: str
    code: str = "invalid"


class IhalaError(Exception):
    """An error that a person can act on: ``detail`` says what to do.

    ``kind`` is stable: it becomes the problem's ``type`` (``urn:ihala:problem:<kind>``).
    """

    kind: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class BadRequest(IhalaError):
    """The request cannot be read."""

    kind = "bad-request"
    status = 400


class Invalid(IhalaError):
    """The request can be read, but something in it is wrong."""

    kind = "invalid"
    status = 422


class Unauthenticated(IhalaError):
    """Nobody, or nobody we trust, vouches for the caller."""

    kind = "unauthenticated"
    status = 401


class Forbidden(IhalaError):
    """The caller may know of the thing, but may not do this with it."""

    kind = "forbidden"
    status = 403


class NotFound(IhalaError):
    """There is no such thing, or the caller may not know of it: the two read the same."""

    kind = "not-found"
    status = 404


class Conflict(IhalaError):
    """The thing's state does not allow this now."""

    kind = "conflict"
    status = 409


class LostRace(Conflict):
    """Somebody else saved the document between our reading and our writing."""

    kind = "changed-meanwhile"


class AlreadyExists(Conflict):
    """A document with this id is there already; ``existing`` is that document."""

    kind = "already-exists"

    def __init__(self, detail: str, existing: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.existing = existing


class Stale(IhalaError):
    """``If-Match`` named a version that is no longer the current one."""

    kind = "stale"
    status = 412


class KeyReused(IhalaError):
    """The same Idempotency-Key came with another request."""

    kind = "idempotency-key-reused"
    status = 422


class TooLarge(IhalaError):
    """A document would outgrow what one write may hold."""

    kind = "too-large"
    status = 413


class WorldIsDown(IhalaError):
    """Something we depend on (MongoDB, the network) cannot be reached; trying later helps."""

    kind = "unavailable"
    status = 503
