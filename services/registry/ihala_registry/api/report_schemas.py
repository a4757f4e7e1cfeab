"""Reports of status and capacity."""

from __future__ import annotations

from ihala.http import Answer, Body, fields
from ihala_registry.domain.vocabulary import (
    CapacityStatus,
    CapacityUnit,
    Cause,
    Condition,
    Functionality,
    UtilityLevel,
)

_LEVELS = ("full", "partial", "none")
_COUNT = {"minimum": 0, "maximum": 100_000}


class UtilitiesBody(Body):
    """HeRAMS: what the facility has to run on."""

    power = fields.Choice(UtilityLevel)
    water = fields.Choice(UtilityLevel)
    cold_chain = fields.Choice(UtilityLevel)
    internet = fields.Choice(UtilityLevel)
    phone = fields.Choice(UtilityLevel)
    oxygen = fields.Choice(UtilityLevel)


class StatusBody(Body):
    """HeRAMS: how far the facility functions. Without ``reported_at``, as of now."""

    functionality = fields.Choice(Functionality, required=True)
    accessibility = fields.Choice(_LEVELS)
    building_condition = fields.Choice(Condition)
    equipment_condition = fields.Choice(Condition)
    utilities = fields.Nested(UtilitiesBody)
    causes = fields.ListOf(fields.Choice(Cause), max_items=6, unique=True)
    reported_at = fields.UtcDateTime()


class CapacityBody(Body):
    """What the service can take. Without a ``status``, the figures say it; see the defaults."""

    unit = fields.Choice(CapacityUnit, required=True)
    maximum = fields.Integer(**_COUNT)
    available = fields.Integer(**_COUNT)
    waitlist_length = fields.Integer(**_COUNT)
    wait_days = fields.Integer(minimum=0, maximum=3650)
    status = fields.Choice(CapacityStatus)
    reported_at = fields.UtcDateTime()
    valid_until = fields.UtcDateTime()


class StatusAnswer(Answer):
    """The status as last reported; ``reported_by`` is for those who may see everything."""

    functionality = fields.Choice(Functionality)
    accessibility = fields.Choice(Functionality)
    building_condition = fields.Choice(Condition)
    equipment_condition = fields.Choice(Condition)
    utilities = fields.Nested(UtilitiesBody)
    causes = fields.ListOf(fields.Choice(Cause))
    reported_at = fields.UtcDateTime(required=True)
    reported_by = fields.Text(max_length=255)


class CapacityAnswer(Answer):
    """The capacity as it reads now.

    Past ``valid_until`` its status is ``unknown``, and it says what it was and how old it is.
    """

    unit = fields.Choice(CapacityUnit, required=True)
    maximum = fields.Integer()
    available = fields.Integer()
    waitlist_length = fields.Integer()
    wait_days = fields.Integer()
    status = fields.Choice(CapacityStatus, required=True)
    last_known_status = fields.Choice(CapacityStatus)
    age_s = fields.Integer()
    reported_at = fields.UtcDateTime(required=True)
    valid_until = fields.UtcDateTime(required=True)
    reported_by = fields.Text(max_length=255)
