"""Reading rows: what is dirty is cleaned or refused with a reason, and nothing makes it stop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihala.errors import Invalid
from ihala_registry.api.facility_schemas import FacilityBody
from ihala_registry.domain.facility import Details
from ihala_registry.domain.import_files import Row, check_file, decoded, read_rows
from ihala_registry.domain.import_names import clean, is_placeholder, told_apart
from ihala_registry.domain.import_profile import BUILT_IN, FileFormat, PlaceColumns
from ihala_registry.domain.import_rows import Refused, details_of, updated
from ihala_registry.domain.places import Point
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.domain.values import LocalisedText
from ihala_registry.domain.vocabulary import FacilityType, Language

OSM = BUILT_IN["osm"].profile
CELLS = {
    "osm_type": "node",
    "osm_id": "1",
    "name": "Pharmacie Misk صيدلية مسك",
    "name_ar": "",
    "name_fr": "",
    "facility_type": "pharmacy",
    "addr_city": "Rabat",
    "lat": "33.9632595",
    "lon": "-6.8729779",
}


def reasons_for(**cells: str) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        details_of(Row(1, CELLS | cells), OSM)
    return [(reason.code, reason.column) for reason in caught.value.reasons]


def test_a_good_row_becomes_a_facility() -> None:
    """With its name told apart by script."""
    details = details_of(Row(1, CELLS), OSM)

    assert details.name == LocalisedText(ar="صيدلية مسك", fr="Pharmacie Misk")
    assert details.type is FacilityType.PHARMACY
    assert details.location.point == Point(33.9632595, -6.8729779)
    assert details.identifiers[0].value == "node/1"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": "Unnamed Facility"}, ("no_name", "name_ar, name_fr, mixed")),
        ({"name": " unnamed  FACILITY "}, ("no_name", "")),
        ({"name": "?!"}, ("no_name", "")),
        ({"name": "x" * 201}, ("too_long", "name")),
        ({"name": "Ph\ufffdrmacie"}, ("bad_text", "name")),
        ({"facility_type": "doctor"}, ("unknown_type", "facility_type")),
        ({"facility_type": ""}, ("unknown_type", "facility_type")),
        ({"osm_id": ""}, ("no_identifier", "osm_type, osm_id")),
        ({"lat": "91"}, ("bad_point", "lat")),
        ({"lat": "33,96"}, ("bad_point", "lat")),
        ({"lat": "nan"}, ("bad_point", "lat")),
        ({"lat": "0", "lon": "0"}, ("bad_point", "lat")),
        ({"lat": "", "lon": ""}, ("no_place", "lat")),
    ],
)
def test_a_bad_cell_refuses_the_row_with_its_reason(
    cells: dict[str, str], expected: tuple[str, str]
) -> None:
    """The code is stable, and the column is the one to look at."""
    found = reasons_for(**cells)

    assert found[0][0] == expected[0]
    assert expected[0] == "no_name" or found[0][1] == expected[1]


def test_everything_that_is_wrong_with_a_row_is_said_at_once() -> None:
    """Nobody likes to mend a file one error at a time."""
    codes = [code for code, _ in reasons_for(name="", facility_type="?", lat="x")]

    assert codes == ["no_name", "unknown_type", "bad_point"]


@given(st.dictionaries(st.sampled_from(sorted(CELLS)), st.text(max_size=300)))
def test_no_row_breaks_the_reader(cells: dict[str, str]) -> None:
    """Whatever stands in the cells, the row is read or refused."""
    try:
        details = details_of(Row(1, CELLS | cells), OSM)
    except Refused:
        return

    assert all(0 < len(name) <= 200 for name in details.name.texts())
    assert any(details.name.texts())


@given(
    st.dictionaries(st.sampled_from([*CELLS, "tel", "mail"]), st.text(max_size=30)),
    st.sampled_from(["+212 537-11 22 33", "0537112233", "+1", "", "+212 (0) 537 112233"]),
    st.sampled_from(["desk@example.org", "desk", "a b@c.d", "", "x@y.z1"]),
)
def test_whatever_is_imported_could_have_been_registered_by_hand(
    cells: dict[str, str], phone: str, email: str
) -> None:
    """So that editors can change it later without first mending what the file said."""
    row = Row(1, CELLS | {"tel": phone, "mail": email} | cells)
    try:
        details = details_of(row, replace(OSM, phone="tel", email="mail"))
    except Refused:
        return

    loaded = FacilityBody().load(to_plain(details))

    assert from_plain(Details, loaded) == details


@given(st.text(max_size=500))
def test_no_csv_breaks_the_reader(text: str) -> None:
    """The file as a whole is refused, or each row is a row, with numbers from 1 on."""
    header = ",".join(CELLS)

    rows = list(read_rows(f"{header}\n{text}", FileFormat.CSV, OSM))

    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_a_row_that_cannot_be_read_does_not_stop_the_next() -> None:
    """Also one that csv itself gives up on."""
    header, good = ",".join(CELLS), ",".join(CELLS.values())
    text = f'{header}\n{good}\nnode,2\n"{"x" * 140_000}"\n\n{good}\n'

    rows = list(read_rows(text, FileFormat.CSV, OSM))

    assert [row.broken is None for row in rows] == [True, False, False, True]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_geojson_property_breaks_the_reader(value: object) -> None:
    """Objects, arrays, infinities: they say nothing that a column could."""
    import json

    feature = {"type": "Feature", "id": value, "properties": {"name": value}, "geometry": value}
    text = json.dumps({"type": "FeatureCollection", "features": [feature, value]})

    rows = list(read_rows(text, FileFormat.GEOJSON, OSM))

    assert len(rows) == 2


def test_a_features_own_point_counts_where_the_profile_names_no_columns() -> None:
    """GeoJSON writes the longitude first."""
    profile = replace(OSM, place=PlaceColumns())
    row = Row(1, CELLS, point=("33.5", "-7.6"))

    assert details_of(row, profile).location.point == Point(33.5, -7.6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("é".encode("latin-1"), "not UTF-8 (at byte 0)"),
        ("é".encode("utf-16"), "UTF-16"),
    ],
)
def test_another_encoding_is_named(content: bytes, said: str) -> None:
    """A person can act on it."""
    with pytest.raises(Invalid) as caught:
        decoded(content)

    assert said in caught.value.detail


def test_a_byte_order_mark_does_not_matter() -> None:
    """Excel writes one."""
    assert decoded("\ufeffosm_id".encode()) == "osm_id"


@pytest.mark.parametrize(
    "text", ["", "\n", "a,b\n1,2\n", "osm_type,osm_type\n", "osm_id;osm_type\n1;2\n"]
)
def test_a_file_without_the_profiles_columns_is_refused_whole(text: str) -> None:
    """Before anything is taken in."""
    with pytest.raises(Invalid):
        check_file(text, FileFormat.CSV, OSM)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": "FeatureCollection"}', "[" * 9999])
def test_what_is_no_feature_collection_is_refused_whole(text: str) -> None:
    """Before anything is taken in."""
    with pytest.raises(Invalid):
        check_file(text, FileFormat.GEOJSON, OSM)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Pharmacie Misk صيدلية مسك", LocalisedText(ar="صيدلية مسك", fr="Pharmacie Misk")),
        ("صيدلية 24 - Pharmacie 24", LocalisedText(ar="صيدلية 24", fr="Pharmacie 24")),
        ("24 Heures", LocalisedText(fr="24 Heures")),
        ("مصحة OCF", LocalisedText(ar="مصحة", fr="OCF")),
        ("ⵔⴱⴰⵟ", LocalisedText(fr="ⵔⴱⴰⵟ")),
    ],
)
def test_names_are_told_apart_by_script(name: str, told: LocalisedText) -> None:
    """Figures stay with the word before them."""
    assert told_apart(name, Language.FR) == told


def test_hidden_characters_are_taken_out_of_names() -> None:
    """Marks of direction come with copying, and hinder finding."""
    assert clean("\u200e Pharmacie \u202b  Atlas\t\x00 ") == "Pharmacie Atlas"
    assert is_placeholder("---", ())


def test_what_a_row_is_silent_on_stays_as_it_was() -> None:
    """An import adds to what editors know."""
    kept = replace(
        details_of(Row(1, CELLS), OSM), catchment_population=5000, aliases=("Misk pharmacy",)
    )
    row = details_of(Row(1, CELLS | {"name": "Pharmacie Al Misk", "addr_city": ""}), OSM)

    after = updated(kept, row)

    assert after.name == LocalisedText(ar="صيدلية مسك", fr="Pharmacie Al Misk")
    assert after.catchment_population == 5000
    assert after.location.address == "Rabat"
    assert after.aliases == ("Misk pharmacy",)
