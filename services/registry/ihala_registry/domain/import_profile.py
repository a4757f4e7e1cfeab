"""How the columns of somebody's file map to facilities: a profile, kept by name and used again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ihala_registry.domain.vocabulary import FacilityType, Language, Sensitivity


class FileFormat(StrEnum):
    """What can be imported."""

    CSV = "csv"
    GEOJSON = "geojson"


@dataclass(frozen=True, slots=True)
class IdentifierColumns:
    """Which columns say which facility it is; found again by it, a facility is never made twice."""

    system: str
    columns: tuple[str, ...]
    separator: str = "/"


@dataclass(frozen=True, slots=True)
class NameColumns:
    """Columns with names: of one language, or ``mixed`` (told apart by script; Latin is ``latin``).

    Of several columns the first that is filled counts. ``placeholders`` are names that mean "none".
    """

    ar: tuple[str, ...] = ()
    fr: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    latin: Language = Language.EN
    aliases: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()

    def columns(self) -> Iterator[str]:
        """Every column that is named."""
        for columns in (self.ar, self.fr, self.en, self.mixed, self.aliases):
            yield from columns


@dataclass(frozen=True, slots=True)
class TypeColumn:
    """The column with the facility's type, and what its words mean.

    A word that ``means`` does not list is taken when it is a type of ours; otherwise the row is
    refused: a wrong type would send people to the wrong door.
    """

    column: str
    means: Mapping[str, FacilityType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """Columns with the place; without ``lat`` and ``lon``, a GeoJSON feature's own point counts."""

    lat: str | None = None
    lon: str | None = None
    adm1: str | None = None
    adm2: str | None = None
    adm3: str | None = None
    adm4: str | None = None
    address: tuple[str, ...] = ()

    def columns(self) -> Iterator[str]:
        """Every column that is named."""
        single = (self.lat, self.lon, self.adm1, self.adm2, self.adm3, self.adm4)
        yield from (column for column in single if column)
        yield from self.address


@dataclass(frozen=True, slots=True)
class ImportProfile:
    """A whole mapping. ``country`` (ISO 3166-1 alpha-2) holds for all rows of the file."""

    identifier: IdentifierColumns
    name: NameColumns
    type: TypeColumn
    place: PlaceColumns
    phone: str | None = None
    email: str | None = None
    country: str | None = None
    sensitivity: Sensitivity | None = None
    delimiter: str = ","

    def columns(self) -> list[str]:
        """Every column that a file must have, each once."""
        single = [column for column in (self.phone, self.email) if column]
        named = [
            *self.identifier.columns,
            *self.name.columns(),
            self.type.column,
            *self.place.columns(),
            *single,
        ]
        return list(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """A profile under its name; version 0 is built in and cannot be changed."""

    name: str
    profile: ImportProfile
    version: int = 0


_OSM = ImportProfile(
    identifier=IdentifierColumns("https://www.openstreetmap.org", ("osm_type", "osm_id")),
    name=NameColumns(
        ar=("name_ar",),
        fr=("name_fr",),
        mixed=("name",),
        latin=Language.FR,
        placeholders=("Unnamed Facility",),
    ),
    type=TypeColumn("facility_type", {"clinic": FacilityType.PRIMARY_CARE_CENTRE}),
    place=PlaceColumns(lat="lat", lon="lon", address=("addr_city",)),
)
"""OpenStreetMap exports. A doctor's practice (``doctor``) is no facility type of ours: refused."""

_HDX = ImportProfile(
    identifier=IdentifierColumns("urn:ihala:file", ("id",)),
    name=NameColumns(ar=("name_ar",), en=("name_en",), fr=("name_fr",)),
    type=TypeColumn("type"),
    place=PlaceColumns(
        lat="lat",
        lon="lon",
        adm1="adm1_pcode",
        adm2="adm2_pcode",
        adm3="adm3_pcode",
        adm4="adm4_pcode",
    ),
)
"""Lists with OCHA's p-code columns, as on the Humanitarian Data Exchange."""

BUILT_IN: dict[str, KeptProfile] = {
    name: KeptProfile(name, profile) for name, profile in (("osm", _OSM), ("hdx", _HDX))
}
