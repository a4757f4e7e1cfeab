"""Who asks: the person or machine behind a request or an event, and what they may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a caller may be; a token can carry several."""

    CLINIC = "clinic"
    PROTECTION = "protection"
    COORDINATOR = "coordinator"
    REGISTRY_EDITOR = "registry_editor"
    REGISTRY_APPROVER = "registry_approver"
    OPERATOR = "operator"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's own name for one request, so that sending it again changes nothing.

    ``value`` is scoped to the caller; ``fingerprint`` is the hash of method, path, query and body.
    """

    value: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody we know, with the thread (correlation) that their request belongs to."""

    subject: str
    organisation: str | None = None
    facilities: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[Role] = field(default_factory=frozenset)
    correlation_id: str = ""
    causation_id: str | None = None
    traceparent: str | None = None
    idempotency: IdempotencyKey | None = None
    language: str = "en"

    def has(self, *roles: Role) -> bool:
        """Whether the caller holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)

    def works_at(self, facility_id: str) -> bool:
        """Whether the caller acts for this facility."""
        return facility_id in self.facilities


def system(name: str, *, correlation_id: str = "", causation_id: str | None = None) -> Caller:
    """The caller that stands for our own machinery, such as a timer or an event's handler."""
    return Caller(f"system:{name}", correlation_id=correlation_id, causation_id=causation_id)
