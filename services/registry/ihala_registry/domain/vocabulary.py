"""The words of the registry: each enum is a closed list from the domain's own terms.

Sources: WHO HeRAMS (functionality, conditions, causes), FHIR R4 (availability, modality),
HSDS 3 (capacity).
"""

from __future__ import annotations

from enum import StrEnum


class FacilityType(StrEnum):
    """What kind of place a facility is."""

    HOSPITAL = "hospital"
    PRIMARY_CARE_CENTRE = "primary_care_centre"
    EMERGENCY_CENTRE = "emergency_centre"
    DIALYSIS_CENTRE = "dialysis_centre"
    PHYSIOTHERAPY_CENTRE = "physiotherapy_centre"
    PROSTHETICS_CENTRE = "prosthetics_centre"
    RADIOTHERAPY_CENTRE = "radiotherapy_centre"
    ONCOLOGY_DIAGNOSTICS_CENTRE = "oncology_diagnostics_centre"
    LABORATORY = "laboratory"
    BLOOD_BANK = "blood_bank"
    PHARMACY = "pharmacy"
    DISPENSARY = "dispensary"
    MOBILE_CLINIC = "mobile_clinic"
    AMBULANCE_POINT = "ambulance_point"
    COMMUNITY_CENTRE = "community_centre"
    SAFE_SPACE = "safe_space"
    TRAINING_CENTRE = "training_centre"


class Tier(StrEnum):
    """The level of care."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"


class Modality(StrEnum):
    """How a facility is set up."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    MOBILE = "mobile"


class Lifecycle(StrEnum):
    """Where a facility stands in its life."""

    PLANNED = "planned"
    UNDER_CONSTRUCTION = "under_construction"
    EQUIPPED = "equipped"
    OPERATIONAL = "operational"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Sensitivity(StrEnum):
    """How much of a facility's place may be published."""

    PUBLIC = "public"
    COARSE = "coarse"
    HIDDEN = "hidden"


class Functionality(StrEnum):
    """HeRAMS: how far the facility functions."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"
    UNKNOWN = "unknown"


class Condition(StrEnum):
    """HeRAMS: the state of the building, or of the equipment."""

    NOT_DAMAGED = "not_damaged"
    SLIGHTLY = "slightly"
    SUBSTANTIALLY = "substantially"
    FULLY_DAMAGED = "fully_damaged"
    NOT_RELEVANT = "not_relevant"


class Utility(StrEnum):
    """HeRAMS: what a facility needs to run."""

    POWER = "power"
    WATER = "water"
    COLD_CHAIN = "cold_chain"
    INTERNET = "internet"
    PHONE = "phone"
    OXYGEN = "oxygen"


class UtilityLevel(StrEnum):
    """How much of a utility there is."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"
    NOT_AVAILABLE = "not_available"


class Cause(StrEnum):
    """HeRAMS: why something does not work; lists of causes are ranked, the main one first."""

    STAFF = "staff"
    TRAINING = "training"
    SUPPLIES = "supplies"
    EQUIPMENT = "equipment"
    FINANCES = "finances"
    ACCESS_SECURITY = "access_security"


class Availability(StrEnum):
    """HeRAMS: whether a service is to be had."""

    FULLY = "fully"
    PARTIALLY = "partially"
    NOT_AVAILABLE = "not_available"
    NOT_NORMALLY_PROVIDED = "not_normally_provided"


class CapacityUnit(StrEnum):
    """What a service's capacity is counted in."""

    BED = "bed"
    CHAIR = "chair"
    SLOT = "slot"
    SESSION = "session"
    MACHINE_HOUR = "machine_hour"


class CapacityStatus(StrEnum):
    """Whether a service can take another person."""

    CAPACITY = "capacity"
    NO_CAPACITY = "no_capacity"
    WAITLIST = "waitlist"
    ASSESSMENT_REQUIRED = "assessment_required"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    """Whom a service is limited to, where it is."""

    FEMALE = "female"
    MALE = "male"


class SupportKind(StrEnum):
    """What an organisation supports a facility with."""

    GOVERNANCE = "governance"
    SUPPLIES = "supplies"
    STAFF = "staff"
    TRAINING = "training"
    SERVICE_PROVISION = "service_provision"
    FUNDING = "funding"


class SupportLevel(StrEnum):
    """How much of it."""

    MAJOR = "major"
    PARTIAL = "partial"


class Channel(StrEnum):
    """How a desk can be reached."""

    EMAIL = "email"
    PHONE = "phone"
    WEBHOOK = "webhook"


class Purpose(StrEnum):
    """What a contact is for. ``internal`` ones (a director's line) never leave the registry."""

    REFERRALS = "referrals"
    PUBLIC = "public"
    INTERNAL = "internal"


class Visibility(StrEnum):
    """Who may see a contact in the API."""

    PUBLIC = "public"
    STAFF = "staff"


class Language(StrEnum):
    """The languages that the registry itself speaks."""

    AR = "ar"
    FR = "fr"
    EN = "en"


class OrganisationKind(StrEnum):
    """What kind of partner an organisation is."""

    HEALTH_DIRECTORATE = "health_directorate"
    MINISTRY = "ministry"
    MUNICIPALITY = "municipality"
    NGO = "ngo"
    CIVIL_DEFENCE = "civil_defence"
    CHARITY = "charity"
    COMPANY = "company"
    SUPPLIER = "supplier"
    ASSOCIATION = "association"
    DONOR = "donor"


class AreaLevel(StrEnum):
    """The levels of administrative areas."""

    COUNTRY = "country"
    ADM1 = "adm1"
    ADM2 = "adm2"
    ADM3 = "adm3"
    ADM4 = "adm4"
