"""What notifications know of a facility: how its desk is reached, in which language and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LANGUAGES = ("ar", "fr", "en")
DEFAULT_LANGUAGE = "ar"
DEFAULT_TIME_ZONE = "Asia/Damascus"


@dataclass(frozen=True, slots=True)
class DeskContact:
    """One address of a function, never a person's own."""

    channel: str
    value: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """A facility as far as telling it something needs."""

    facility_id: str
    name: Mapping[str, str] = field(default_factory=dict)
    languages: Sequence[str] = ()
    time_zone: str = DEFAULT_TIME_ZONE
    country: str | None = None
    organisation_id: str | None = None
    contacts: Sequence[DeskContact] = ()

    def reached_by(self, channel: str) -> list[DeskContact]:
        """The desk's contacts on a channel, each address once."""
        found = {c.value.casefold(): c for c in self.contacts if c.channel == channel}
        return list(found.values())


def choose_language(desk: Desk | None, contact: DeskContact | None = None) -> tuple[str, str]:
    """The language, and where it was taken from: the contact, the facility or the default."""
    if contact and contact.language in LANGUAGES:
        return contact.language, "contact"
    for language in desk.languages if desk else ():
        if language in LANGUAGES:
            return language, "facility"
    return DEFAULT_LANGUAGE, "default"
