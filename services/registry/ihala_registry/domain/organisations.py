"""Organisations: who runs, supports, supplies and governs facilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from ihala.events.event import Happened
from ihala_registry.domain.plain import to_plain
from ihala_registry.domain.values import Contact, LocalisedText
from ihala_registry.domain.views import desk_contacts, is_public
from ihala_registry.domain.vocabulary import OrganisationKind


@dataclass(frozen=True, slots=True)
class OrganisationDetails:
    """What editors say of an organisation."""

    name: LocalisedText
    kind: OrganisationKind
    parent_id: str | None = None
    contacts: tuple[Contact, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as it stands; ``version`` and ``seq`` are those of its document."""

    id: str
    details: OrganisationDetails
    created_at: datetime
    updated_at: datetime
    version: int = 0
    seq: int = 0


def change_organisation(
    organisation: Organisation, details: OrganisationDetails, now: datetime
) -> tuple[Organisation, Sequence[Happened]]:
    """Give it other details; no event means that nothing has changed."""
    changed = sorted(
        field.name
        for field in fields(OrganisationDetails)
        if getattr(details, field.name) != getattr(organisation.details, field.name)
    )
    if not changed:
        return organisation, ()
    after = replace(organisation, details=details, updated_at=now)
    return after, [Happened("organisation.changed", {"changed": changed})]


def organisation_view(organisation: Organisation, *, full: bool) -> dict[str, Any]:
    """The organisation as a caller may see it; contacts for staff are left out unless ``full``."""
    details = organisation.details
    contacts = [one for one in details.contacts if full or is_public(one)]
    return {
        "id": organisation.id,
        "version": organisation.version,
        **to_plain(details),
        "contacts": to_plain(contacts),
        "created_at": organisation.created_at,
        "updated_at": organisation.updated_at,
    }


def organisation_snapshot(organisation: Organisation) -> dict[str, Any]:
    """The organisation as the topic carries it (contract ``Organisation``)."""
    details = organisation.details
    return {
        "id": organisation.id,
        "version": organisation.version,
        "name": to_plain(details.name),
        "kind": details.kind.value,
        "parent_id": details.parent_id,
        "active": details.active,
        "contacts": desk_contacts(details.contacts),
    }
