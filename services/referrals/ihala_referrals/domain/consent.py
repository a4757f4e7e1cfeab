"""Consent: who agreed that which facts may go to whom, and what holds without it (nothing)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class ConsentStatus(StrEnum):
    """What the person, or who may speak for them, said."""

    NOT_ASKED = "not_asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class GivenBy(StrEnum):
    """Who said it."""

    INDIVIDUAL = "individual"
    CAREGIVER = "caregiver"
    OTHER = "other"


class OverrideReason(StrEnum):
    """Why an emergency cannot wait for consent."""

    UNCONSCIOUS = "unconscious"
    CANNOT_COMMUNICATE = "cannot_communicate"
    LIFE_THREATENING = "life_threatening"


DISCLOSABLE = (
    "case_code",
    "name",
    "sex",
    "birth_date",
    "age",
    "phone",
    "languages",
    "address",
    "guardian",
    "disabilities",
    "safe_contact",
    "reason",
    "clinical_summary",
)
"""The fields that a consent can list, one by one; nothing else of a person is ever disclosed."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which fields one facility, or every facility of one organisation, may see."""

    fields: tuple[str, ...]
    facility_id: str | None = None
    organisation_id: str | None = None

    def covers(self, facility_id: str, organisation_id: str | None) -> bool:
        """Whether this line speaks of the facility."""
        if self.facility_id is not None:
            return self.facility_id == facility_id
        return self.organisation_id is not None and self.organisation_id == organisation_id


@dataclass(frozen=True, slots=True)
class Override:
    """An emergency went out without consent; somebody reviews it afterwards."""

    reason: OverrideReason
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed. ``contact`` says that the person may be written to or called about it."""

    status: ConsentStatus
    given_by: GivenBy | None
    at: datetime
    scope: tuple[Scope, ...] = ()
    expires: datetime | None = None
    document: str | None = None
    version: str | None = None
    contact: bool = False
    override: Override | None = None

    def holds(self, now: datetime) -> bool:
        """Whether anything may leave on its strength: given and not expired, or overridden."""
        if self.status is ConsentStatus.WITHDRAWN:
            return False
        if self.override is not None:
            return True
        return self.status is ConsentStatus.GIVEN and (self.expires is None or now < self.expires)

    def allows_contact(self, now: datetime) -> bool:
        """Whether the person may be contacted; an override never stands in for that."""
        return self.contact and self.status is ConsentStatus.GIVEN and self.holds(now)

    def covers(self, facility_id: str, organisation_id: str | None) -> bool:
        """Whether the facility is among the receivers that were agreed on."""
        return any(line.covers(facility_id, organisation_id) for line in self.scope)

    def fields_for(
        self, facility_id: str, organisation_id: str | None, now: datetime
    ) -> frozenset[str]:
        """Exactly the fields that the facility may see at this moment, once it has accepted."""
        if not self.holds(now):
            return frozenset()
        lines = (line for line in self.scope if line.covers(facility_id, organisation_id))
        return frozenset(field for line in lines for field in line.fields)

    def needs_review(self) -> bool:
        """Whether an emergency went out without consent, which somebody has to look at."""
        return self.override is not None

    def withdrawn(self, now: datetime) -> Consent:
        """The same consent, taken back."""
        return replace(self, status=ConsentStatus.WITHDRAWN, at=now)
