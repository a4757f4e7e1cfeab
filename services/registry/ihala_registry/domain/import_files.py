"""Files to import, as rows of text by column: CSV and GeoJSON, strict about the file, not the rows.

What is wrong with the file as a whole (encoding, header, shape) is said before anything is taken
in; what is wrong with a row is said in that row's report.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ihala.errors import Invalid
from ihala_registry.domain.import_profile import FileFormat, ImportProfile

MAX_COLUMNS = 500
MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number (1 is the first with data), its cells, or what made it unreadable.

    ``point`` is a GeoJSON feature's own place, as ``(lat, lon)`` texts.
    """

    number: int
    cells: Mapping[str, str] = field(default_factory=dict)
    broken: str | None = None
    point: tuple[str, str] | None = None


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte order mark; raises Invalid otherwise."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("The file is in UTF-16. Save it as UTF-8 (in Excel: CSV UTF-8) and retry.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The file is not UTF-8 (at byte {error.start}). Save it as UTF-8 and send it again."
        ) from error


def check_file(text: str, format_: FileFormat, profile: ImportProfile) -> int:
    """How many rows the file has. Raises Invalid when it cannot be read with the profile at all."""
    if format_ is FileFormat.CSV:
        _require_columns(_header(text, profile), profile)
    count = sum(1 for _ in read_rows(text, format_, profile))
    if not 0 < count <= MAX_ROWS:
        raise Invalid(f"The file has {count} rows; it must have 1 to {MAX_ROWS}.")
    return count


def read_rows(text: str, format_: FileFormat, profile: ImportProfile) -> Iterator[Row]:
    """The rows in their order, the same each time; a bad row does not stop the others."""
    if format_ is FileFormat.CSV:
        return _csv_rows(text, profile)
    return _features(text)


def _header(text: str, profile: ImportProfile) -> list[str]:
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=profile.delimiter), [])
    except csv.Error as error:
        raise Invalid(f"The first line cannot be read: {error}.") from error
    return [name.strip() for name in header]


def _require_columns(header: list[str], profile: ImportProfile) -> None:
    missing = [column for column in profile.columns() if column not in header]
    if len(header) > MAX_COLUMNS or len(set(header)) < len(header):
        raise Invalid(f"The header must name at most {MAX_COLUMNS} columns, each of them once.")
    if missing:
        raise Invalid(
            f"The file lacks the columns {', '.join(missing)[:500]}, which the profile names. Check"
            f" the first line, the delimiter ({profile.delimiter!r}) and the profile."
        )


def _csv_rows(text: str, profile: ImportProfile) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=profile.delimiter)
    header = [name.strip() for name in next(reader)]
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, broken=f"The row cannot be read: {error}.")
            continue
        if cells:
            number += 1
            yield _csv_row(number, header, cells)


def _csv_row(number: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        wrong = f"The row has {len(cells)} cells, the header has {len(header)}."
        return Row(number, broken=wrong)
    return Row(number, dict(zip(header, cells, strict=True)))


def _features(text: str) -> Iterator[Row]:
    for number, feature in enumerate(_feature_list(text), start=1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            yield Row(number, broken="This is no GeoJSON feature.")
            continue
        properties = feature.get("properties")
        cells = properties if isinstance(properties, dict) else {}
        named = {"@id": _cell(feature.get("id"))}
        named |= {str(name): _cell(value) for name, value in cells.items()}
        yield Row(number, named, point=_own_point(feature.get("geometry")))


def _feature_list(text: str) -> list[Any]:
    try:
        collection = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("The file is not JSON.") from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or collection.get("type") != "FeatureCollection":
        raise Invalid("The file is no GeoJSON FeatureCollection.")
    return features


def _cell(value: Any) -> str:
    """A property as a cell; objects and arrays say nothing that a column could."""
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
        return ""
    return str(value) if isinstance(value, (str, float)) or abs(value) < 10**18 else ""


def _own_point(geometry: Any) -> tuple[str, str] | None:
    """A Point's ``(lat, lon)``; GeoJSON writes the longitude first."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    return _cell(coordinates[1]), _cell(coordinates[0])
