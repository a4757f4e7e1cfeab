"""Where facilities are shown: nothing that is published depends on what must not be known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihala_registry.domain.places import (
    Admin,
    Location,
    Point,
    Precision,
    cell_centre,
    default_sensitivity,
    publish,
    shown_distance_m,
)
from ihala_registry.domain.vocabulary import FacilityType, Sensitivity

POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
ADMIN = Admin("SY", "SY07", "SY0702", "SY070203", "C4126")
CENTROIDS = {"SY070203": Point(36.2, 36.8), "SY0702": Point(36.1, 36.7)}
COARSE = Location(ADMIN, Point(36.21, 36.77), "Behind the market", Sensitivity.COARSE)


@given(POINTS, POINTS)
def test_within_an_area_the_published_place_is_the_same_for_every_exact_point(
    one: Point, other: Point
) -> None:
    """So no set of searches, distances or orders can tell two of them apart."""
    published = publish(replace(COARSE, point=one), CENTROIDS)

    assert published == publish(replace(COARSE, point=other), CENTROIDS)
    assert published.point == CENTROIDS["SY070203"]


@given(st.integers(0, 899), st.integers(0, 1799), st.floats(0.001, 0.098), st.floats(0.001, 0.098))
def test_within_a_cell_the_published_point_is_the_same_for_every_exact_point(
    row: int, column: int, north: float, east: float
) -> None:
    """Where no area's centre is known, 0.1° is all that is told."""
    corner = Point(row / 10, column / 10)
    inside = Point(corner.lat + north, corner.lon + east)
    middle = Point(corner.lat + 0.05, corner.lon + 0.05)

    assert cell_centre(inside) == cell_centre(middle)


@given(POINTS)
def test_a_cell_centre_is_near_and_on_the_globe(point: Point) -> None:
    """At most half a cell away in either direction."""
    centre = cell_centre(point)

    assert abs(centre.lat - point.lat) <= 0.051
    assert abs(centre.lon - point.lon) <= 0.051
    assert -90 < centre.lat < 90
    assert -180 < centre.lon < 180


def test_a_coarse_facility_shows_the_centre_of_its_subdistrict_and_no_village() -> None:
    """Neither the village's p-code nor the address leaves."""
    published = publish(COARSE, CENTROIDS)

    assert published.precision is Precision.AREA
    assert published.admin == replace(ADMIN, adm4=None)
    assert published.address is None


def test_where_the_subdistrict_has_no_centre_the_district_has() -> None:
    """adm3, else adm2, else a cell."""
    assert publish(COARSE, {"SY0702": CENTROIDS["SY0702"]}).point == CENTROIDS["SY0702"]
    assert publish(COARSE, {}).precision is Precision.CELL
    assert publish(COARSE, {}).point == Point(36.25, 36.75)


def test_a_hidden_facility_shows_no_place_but_its_governorate() -> None:
    """No search near a place can find it."""
    published = publish(replace(COARSE, sensitivity=Sensitivity.HIDDEN), CENTROIDS)

    assert published.precision is Precision.NONE
    assert (published.point, published.address) == (None, None)
    assert published.admin == Admin("SY", "SY07")


def test_a_public_facility_shows_all() -> None:
    """Its editors have said so."""
    published = publish(replace(COARSE, sensitivity=Sensitivity.PUBLIC), CENTROIDS)

    assert (published.point, published.address) == (COARSE.point, COARSE.address)
    assert published.admin == ADMIN


@pytest.mark.parametrize(
    ("type_", "country", "expected"),
    [
        (FacilityType.HOSPITAL, "SY", Sensitivity.COARSE),
        (FacilityType.HOSPITAL, None, Sensitivity.COARSE),
        (FacilityType.HOSPITAL, "MA", Sensitivity.PUBLIC),
        (FacilityType.PHARMACY, "SY", Sensitivity.PUBLIC),
    ],
)
def test_hospitals_in_conflict_areas_are_coarse_unless_somebody_says_otherwise(
    type_: FacilityType, country: str | None, expected: Sensitivity
) -> None:
    """Also where nobody said which country it is."""
    assert default_sensitivity(type_, country, {"SY"}) is expected


@given(st.floats(0, 20_000_000))
def test_distances_to_coarse_points_are_whole_kilometres_and_never_too_short(metres: float) -> None:
    """Rounded up."""
    shown = shown_distance_m(metres, Precision.AREA)

    assert shown % 1000 == 0
    assert -0.001 <= shown - metres < 1000.001
