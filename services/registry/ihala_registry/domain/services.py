"""A service as a facility offers it (FHIR HealthcareService, HeRAMS availability)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ihala_registry.domain.reports import Capacity
from ihala_registry.domain.values import LocalisedText, OpeningHours
from ihala_registry.domain.vocabulary import Availability, Cause, Sex


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whom a service is for; what is absent does not limit. Ages are in whole years, inclusive."""

    min_age: int | None = None
    max_age: int | None = None
    sex: Sex | None = None
    groups: tuple[str, ...] = ()
    text: LocalisedText | None = None


@dataclass(frozen=True, slots=True)
class ServiceOffer:
    """A service at a facility; ``causes`` of it not being fully available, the main one first."""

    code: str
    availability: Availability
    causes: tuple[Cause, ...] = ()
    eligibility: Eligibility | None = None
    languages: tuple[str, ...] = ()
    cost: LocalisedText | None = None
    required_documents: tuple[LocalisedText, ...] = ()
    referral_required: bool = False
    appointment_required: bool = False
    schedule: tuple[OpeningHours, ...] = ()
    assured_at: datetime | None = None
    assured_by: str | None = None
    capacity: Capacity | None = None
