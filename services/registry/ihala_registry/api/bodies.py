"""What the resources' bodies are made of."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import marshmallow as ma

from ihala.http import Body, complain, fields
from ihala_registry.domain import places
from ihala_registry.domain.vocabulary import (
    Channel,
    Language,
    Purpose,
    Sensitivity,
    SupportKind,
    SupportLevel,
    Visibility,
)

PCODE = f"^{places.PCODE}$"
COUNTRY = r"^[A-Z]{2}$"
_HHMM = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_CLOSING = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_DAY = "([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"
_RRULE = (
    "^FREQ=(DAILY|WEEKLY|MONTHLY)"
    f"(;(INTERVAL=[1-9][0-9]?|BYDAY={_DAY}(,{_DAY}){{0,13}}|BYMONTHDAY=-?[1-3]?[0-9]))*$"
)


class TimeZone(fields.Text):
    """A time zone of the IANA database, such as ``Asia/Damascus``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=60,
            pattern=r"^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$",
            metadata={"example": "Asia/Damascus"},
            **options,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise complain("unknown", "Must be a time zone such as Asia/Damascus.") from None
        return name


class IdentifierBody(Body):
    """What another system calls the facility."""

    system = fields.Text(required=True, metadata={"example": "https://www.openstreetmap.org"})
    value = fields.Text(required=True, metadata={"example": "node/444348612"})


_VALUES: dict[Channel, fields.Text] = {
    Channel.EMAIL: fields.Email(),
    Channel.PHONE: fields.Phone(),
    Channel.WEBHOOK: fields.Text(max_length=500, pattern=r"^https://[^\s\"<>]+$"),
}


class ContactBody(Body):
    """A desk that can be reached: a function's address, never a person's own."""

    channel = fields.Choice(Channel, required=True)
    value = fields.Text(max_length=500, required=True)
    purpose = fields.Choice(Purpose, load_default=Purpose.PUBLIC)
    visibility = fields.Choice(Visibility, load_default=Visibility.STAFF)
    language = fields.Choice(Language)

    @ma.post_load
    def _as_the_channel_wants(self, contact: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The address is checked, and written in its common form."""
        field = _VALUES[contact["channel"]]
        try:
            return contact | {"value": field.deserialize(contact["value"])}
        except ma.ValidationError as error:
            raise ma.ValidationError({"value": error.messages}) from error


class AdminBody(Body):
    """Administrative areas by p-code."""

    country = fields.Text(pattern=COUNTRY, metadata={"example": "SY"})
    adm1 = fields.Text(pattern=PCODE, metadata={"example": "SY07"})
    adm2 = fields.Text(pattern=PCODE, metadata={"example": "SY0702"})
    adm3 = fields.Text(pattern=PCODE, metadata={"example": "SY070203"})
    adm4 = fields.Text(pattern=PCODE, metadata={"example": "C4126"})


class LocationBody(Body):
    """Where a facility is; without ``sensitivity``, hospitals in conflict areas are ``coarse``."""

    admin = fields.Nested(AdminBody)
    point = fields.Point()
    address = fields.Text(max_length=300)
    sensitivity = fields.Choice(Sensitivity)


class OpeningHoursBody(Body):
    """Days by an RFC 5545 rule, hours in local time."""

    rrule = fields.Text(
        required=True, pattern=_RRULE, metadata={"example": "FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH"}
    )
    opens_at = fields.Text(required=True, pattern=_HHMM, metadata={"example": "08:00"})
    closes_at = fields.Text(required=True, pattern=_CLOSING, metadata={"example": "16:00"})


class SupportBody(Body):
    """What an organisation supports a facility with."""

    organisation_id = fields.Id("org", required=True)
    kind = fields.Choice(SupportKind, required=True)
    level = fields.Choice(SupportLevel, required=True)
