"""The shape of a facility as everybody may know it: what its events carry, and reports tell."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Range

from ihala.events.contracts.fields import (
    LocalisedText,
    choice,
    count,
    id_,
    many,
    moment,
    nested,
    short_text,
    word,
)

LEVELS = ("full", "partial", "none", "unknown")
UTILITY_LEVELS = ("full", "partial", "none", "not_available")
AVAILABILITY = ("fully", "partially", "not_available", "not_normally_provided")
CAPACITY_UNITS = ("bed", "chair", "slot", "session", "machine_hour")
CAPACITY_STATUS = ("capacity", "no_capacity", "waitlist", "assessment_required", "unknown")
LIFECYCLE = ("planned", "under_construction", "equipped", "operational", "suspended", "closed")
BUILDING = ("not_damaged", "slightly", "substantially", "fully_damaged", "not_relevant")
CAUSES = ("staff", "training", "supplies", "equipment", "finances", "access_security")


class Point(Schema):
    """A place that may be published: exact or coarse, as the facility's sensitivity says."""

    lat = fields.Float(required=True, validate=Range(-90, 90))
    lon = fields.Float(required=True, validate=Range(-180, 180))


class Admin(Schema):
    """Administrative areas by p-code."""

    country = short_text(max_length=3, null=True)
    adm1 = short_text(max_length=20, null=True)
    adm2 = short_text(max_length=20, null=True)
    adm3 = short_text(max_length=20, null=True)
    adm4 = short_text(max_length=20, null=True)


class Contact(Schema):
    """A desk that can be reached: a function's address, never a person's own."""

    channel = choice("email", "phone", "webhook", required=True)
    value = short_text(required=True, max_length=500)
    purpose = choice("referrals", "public", required=True)
    language = choice("ar", "fr", "en", null=True)


class Utilities(Schema):
    """HeRAMS: which utilities the facility has."""

    power = choice(*UTILITY_LEVELS)
    water = choice(*UTILITY_LEVELS)
    cold_chain = choice(*UTILITY_LEVELS)
    internet = choice(*UTILITY_LEVELS)
    phone = choice(*UTILITY_LEVELS)
    oxygen = choice(*UTILITY_LEVELS)


class Status(Schema):
    """HeRAMS: how far the facility functions, as last reported."""

    functionality = choice(*LEVELS)
    accessibility = choice(*LEVELS)
    building_condition = choice(*BUILDING)
    equipment_condition = choice(*BUILDING)
    utilities = nested(Utilities)
    causes = many(choice(*CAUSES), max_length=6)
    reported_at = moment(required=True)


class Eligibility(Schema):
    """Whom a service is for; what is absent does not limit."""

    min_age = count(null=True)
    max_age = count(null=True)
    sex = choice("female", "male", null=True)
    groups = many(short_text(max_length=64), max_length=20)
    text = nested(LocalisedText, null=True)


class Capacity(Schema):
    """What a service can still take; past ``valid_until`` it must be read as unknown."""

    unit = choice(*CAPACITY_UNITS, required=True)
    maximum = count(null=True)
    available = count(null=True)
    waitlist_length = count(null=True)
    wait_days = count(null=True)
    status = choice(*CAPACITY_STATUS, required=True)
    reported_at = moment(required=True)
    valid_until = moment(required=True)


class OpeningHours(Schema):
    """When the doors are open: an RFC 5545 rule for the days, local times for the hours."""

    rrule = short_text(required=True, max_length=200)
    opens_at = short_text(required=True, max_length=5)
    closes_at = short_text(required=True, max_length=5)


class ServiceAtFacility(Schema):
    """One service as a facility offers it."""

    code = word(required=True)
    availability = choice(*AVAILABILITY, required=True)
    eligibility = nested(Eligibility, null=True)
    languages = many(short_text(max_length=35), max_length=20)
    referral_required = fields.Boolean()
    appointment_required = fields.Boolean()
    capacity = nested(Capacity, null=True)


class Facility(Schema):
    """The facility as everybody may know it."""

    id = id_(required=True)
    version = count(required=True, minimum=1)
    name = nested(LocalisedText, required=True)
    type = word(required=True)
    tier = choice("primary", "secondary", "tertiary", null=True)
    modality = choice("permanent", "temporary", "mobile", null=True)
    lifecycle = choice(*LIFECYCLE, required=True)
    managing_organisation_id = id_(null=True)
    sensitivity = choice("public", "coarse", "hidden", required=True)
    point = nested(Point, null=True)
    admin = nested(Admin, required=True)
    languages = many(short_text(max_length=35), max_length=20)
    opening_hours = many(nested(OpeningHours), max_length=20)
    time_zone = short_text(max_length=60, null=True)
    contacts = many(nested(Contact), max_length=20)
    status = nested(Status, null=True)
    services = many(nested(ServiceAtFacility), required=True)
