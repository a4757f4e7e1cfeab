"""What the registry's rules refuse; each becomes a problem document at the edge."""

from __future__ import annotations

from ihala.errors import Conflict, FieldError, Invalid


class FacilityClosed(Conflict):
    """A closed facility takes no reports and no changes of its services."""

    kind = "facility-closed"


class TransitionNotAllowed(Conflict):
    """The facility's life does not lead from where it is to where it should go."""

    kind = "transition-not-allowed"


class IdentifierTaken(Conflict):
    """Another facility carries one of the identifiers."""

    kind = "identifier-taken"


def wrong(pointer: str, detail: str, code: str = "invalid") -> Invalid:
    """The error for one field of the body that breaks a rule."""
    return Invalid(
        "One thing is wrong with the request. See errors.",
        errors=[FieldError(pointer, detail, code)],
    )
