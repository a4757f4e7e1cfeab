"""One row of a file: read into a facility's details, or refused with a reason for each column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from ihala.phones import NotANumber, e164
from ihala_registry.domain.facility import Details
from ihala_registry.domain.import_files import Row
from ihala_registry.domain.import_names import clean, is_placeholder, told_apart
from ihala_registry.domain.import_profile import ImportProfile, NameColumns
from ihala_registry.domain.places import PCODE, Admin, Location, Point
from ihala_registry.domain.values import Contact, Identifier, LocalisedText
from ihala_registry.domain.vocabulary import Channel, FacilityType, Purpose, Visibility

MAX_TEXT = 200
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_MOST = 20
"""So many identifiers, aliases and contacts a facility may have."""

_LANGUAGES = ("ar", "fr", "en")
T = TypeVar("T", LocalisedText, Admin)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused: the column (none: the row as a whole), a stable code, a sentence."""

    code: str
    detail: str
    column: str | None = None


class Refused(Exception):
    """The row cannot become a facility."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def identifier_of(row: Row, profile: ImportProfile) -> Identifier | None:
    """What the file calls the facility; None when a part is empty or the row is broken."""
    parts = [clean(row.cells.get(column, "")) for column in profile.identifier.columns]
    if row.broken or not all(parts):
        return None
    value = profile.identifier.separator.join(parts)
    return Identifier(profile.identifier.system, value) if len(value) <= MAX_TEXT else None


def details_of(row: Row, profile: ImportProfile) -> Details:
    """The facility that the row describes. Raises Refused with everything that is wrong."""
    if row.broken:
        raise Refused(Reason("unreadable", row.broken))
    reader = _Reader(row, profile)
    details = Details(
        name=reader.name(),
        type=reader.type(),
        location=reader.location(),
        identifiers=reader.identifiers(),
        aliases=reader.aliases(),
        contacts=tuple(reader.contacts()),
    )
    if reader.reasons:
        raise Refused(*reader.reasons)
    return details


class _Reader:
    """Reads one row part by part, and collects what is wrong instead of stopping at it."""

    def __init__(self, row: Row, profile: ImportProfile) -> None:
        self.reasons: list[Reason] = []
        self._row = row
        self._profile = profile

    def _refuse(self, column: str | None, code: str, detail: str) -> None:
        self.reasons.append(Reason(code, detail, column))

    def _text(self, column: str | None, limit: int = MAX_TEXT) -> str:
        """The clean cell; an unusable one counts as empty, and is a reason to refuse."""
        text = clean(self._row.cells.get(column, "")) if column else ""
        if "\ufffd" in text:
            self._refuse(
                column, "bad_text", "Holds \ufffd: the text was damaged before it came here."
            )
            return ""
        if len(text) > limit:
            self._refuse(column, "too_long", f"Has more than {limit} characters.")
            return ""
        return text

    def _first(self, columns: tuple[str, ...]) -> str:
        return next((text for column in columns if (text := self._text(column))), "")

    def identifiers(self) -> tuple[Identifier, ...]:
        identifier = identifier_of(self._row, self._profile)
        if identifier is None:
            columns = ", ".join(self._profile.identifier.columns)
            detail = f"Every row needs its own identifier of at most {MAX_TEXT} characters."
            self._refuse(columns, "no_identifier", detail)
            return ()
        return (identifier,)

    def name(self) -> LocalisedText:
        columns = self._profile.name
        mixed = self._named(columns.mixed, columns)
        name = told_apart(mixed, columns.latin) if mixed else LocalisedText()
        for language in _LANGUAGES:
            own = self._named(getattr(columns, language), columns)
            if own:
                name = replace(name, **{language: own})
        if name == LocalisedText() and not self.reasons:
            where = ", ".join(column for column in columns.columns())
            self._refuse(where, "no_name", "Has no name, or only a placeholder such as “Unnamed”.")
        return name

    def _named(self, columns: tuple[str, ...], names: NameColumns) -> str:
        text = self._first(columns)
        return "" if is_placeholder(text, names.placeholders) else text

    def aliases(self) -> tuple[str, ...]:
        columns = self._profile.name.aliases
        return tuple(dict.fromkeys(filter(None, (self._text(column) for column in columns))))

    def type(self) -> FacilityType:
        rule = self._profile.type
        word = self._text(rule.column)
        means = {given.casefold(): meant for given, meant in rule.means.items()}
        if word.casefold() in means:
            return means[word.casefold()]
        try:
            return FacilityType(word.casefold())
        except ValueError:
            said = f"{word[:60]!r} is no facility type; map it in the profile's type.means."
            self._refuse(rule.column, "unknown_type", said if word else "Has no type.")
            return FacilityType.HOSPITAL

    def location(self) -> Location:
        place = self._profile.place
        admin = Admin(
            self._profile.country,
            *(self._pcode(column) for column in (place.adm1, place.adm2, place.adm3, place.adm4)),
        )
        said = len(self.reasons)
        point = self._point()
        if point is None and admin.adm1 is None and len(self.reasons) == said:
            self._refuse(place.lat, "no_place", "Has neither a point nor a p-code.")
        address = ", ".join(filter(None, (self._text(column) for column in place.address)))
        return Location(admin, point, address[:MAX_TEXT] or None, self._profile.sensitivity)

    def _pcode(self, column: str | None) -> str | None:
        text = self._text(column)
        if text and not re.fullmatch(PCODE, text):
            self._refuse(column, "bad_pcode", "Is no p-code: letters and digits, a letter first.")
            return None
        return text or None

    def _point(self) -> Point | None:
        place = self._profile.place
        lat, lon = self._text(place.lat), self._text(place.lon)
        if not place.lat and self._row.point:
            lat, lon = self._row.point
        if not lat and not lon:
            return None
        if not _NUMBER.fullmatch(lat) or not _NUMBER.fullmatch(lon):
            self._refuse(
                place.lat, "bad_point", "Is not a pair of decimal degrees, such as 33.9, -6.8."
            )
            return None
        return self._on_the_globe(float(lat), float(lon))

    def _on_the_globe(self, lat: float, lon: float) -> Point | None:
        column = self._profile.place.lat
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            self._refuse(column, "bad_point", "Is outside of -90…90, -180…180.")
            return None
        if lat == lon == 0:
            self._refuse(column, "bad_point", "0, 0 is a placeholder, not a place.")
            return None
        return Point(lat, lon)

    def contacts(self) -> Iterator[Contact]:
        phone, email = self._text(self._profile.phone), self._text(self._profile.email)
        if phone:
            number = _phone(phone)
            if number is None:
                said = "Is no telephone number with country code, such as +212537…"
                self._refuse(self._profile.phone, "bad_phone", said)
            else:
                yield Contact(Channel.PHONE, number, Purpose.PUBLIC, Visibility.PUBLIC)
        if email:
            if not _EMAIL.fullmatch(email):
                self._refuse(self._profile.email, "bad_email", "Is no e-mail address.")
            yield Contact(Channel.EMAIL, email, Purpose.PUBLIC, Visibility.PUBLIC)


def _phone(text: str) -> str | None:
    """The number in E.164, or None when it is none, or lacks its country code."""
    try:
        return e164(text)
    except NotANumber:
        return None


def updated(kept: Details, row: Details) -> Details:
    """The kept details with what the row says; what the row is silent on stays as it is."""
    return replace(
        kept,
        name=_overlaid(kept.name, row.name),
        type=row.type,
        aliases=tuple(dict.fromkeys((*kept.aliases, *row.aliases)))[:_MOST],
        location=replace(
            kept.location,
            admin=_overlaid(kept.location.admin, row.location.admin),
            point=row.location.point or kept.location.point,
            address=row.location.address or kept.location.address,
        ),
        contacts=(*kept.contacts, *_new_contacts(kept, row))[:_MOST],
    )


def _new_contacts(kept: Details, row: Details) -> Iterator[Contact]:
    known = {contact.value for contact in kept.contacts}
    return (contact for contact in row.contacts if contact.value not in known)


def _overlaid(kept: T, row: T) -> T:
    said = {field.name: value for field in fields(row) if (value := getattr(row, field.name))}
    return replace(kept, **said)
