"""The values that facilities and organisations are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ihala_registry.domain.vocabulary import (
    Channel,
    Language,
    Purpose,
    SupportKind,
    SupportLevel,
    Visibility,
)


@dataclass(frozen=True, slots=True)
class LocalisedText:
    """The same words in up to three languages; at least one is there."""

    ar: str | None = None
    fr: str | None = None
    en: str | None = None

    def texts(self) -> Iterator[str]:
        """The words in every language that has them."""
        return (text for text in (self.ar, self.fr, self.en) if text)


@dataclass(frozen=True, slots=True)
class Identifier:
    """What another system calls the same facility; no two facilities share one."""

    system: str
    value: str

    @property
    def key(self) -> str:
        """Both parts in one string, as the unique index keeps them."""
        return f"{self.system}\x1f{self.value}"


@dataclass(frozen=True, slots=True)
class Contact:
    """A desk that can be reached: a function's address, never a person's own."""

    channel: Channel
    value: str
    purpose: Purpose = Purpose.PUBLIC
    visibility: Visibility = Visibility.STAFF
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Days by an RFC 5545 rule, hours as local ``HH:MM`` (``24:00`` is the end of the day)."""

    rrule: str
    opens_at: str
    closes_at: str


@dataclass(frozen=True, slots=True)
class Support:
    """What an organisation supports a facility with."""

    organisation_id: str
    kind: SupportKind
    level: SupportLevel
