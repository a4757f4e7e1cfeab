"""Recognising the same person, and saying how old somebody roughly is."""

from __future__ import annotations

from datetime import date

import pytest

from ihala_referrals.domain.person import age_band, age_on, folded_name, recognised_by


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("فاطمة", "فاطمه"),
        ("مُحَمَّد", "محمد"),
        ("Amélie  DUPONT", "amelie dupont"),
        ("علـــي", "على"),
    ],
)
def test_variants_of_a_name_are_the_same_name(one: str, other: str) -> None:
    assert folded_name(one) == folded_name(other)


def test_a_case_code_means_something_only_at_its_facility() -> None:
    here = list(recognised_by({}, "HD-1", "fac_1"))

    assert here == list(recognised_by({}, "hd-1", "fac_1"))
    assert here != list(recognised_by({}, "HD-1", "fac_2"))


def test_a_name_alone_does_not_recognise_anybody() -> None:
    assert list(recognised_by({"name": "محمد"}, None, "fac_1")) == []


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "under_1"), (4, "1_to_4"), (17, "5_to_17"), (59, "18_to_59"), (60, "60_and_over")],
)
def test_an_age_has_a_band(age: int, band: str) -> None:
    assert age_band(age) == band


def test_birthdays_count_from_the_day() -> None:
    born = date(2000, 3, 2)

    assert age_on(born, date(2026, 3, 1)) == 25
    assert age_on(born, date(2026, 3, 2)) == 26
    assert age_on(date(2030, 1, 1), date(2026, 1, 1)) == 0
