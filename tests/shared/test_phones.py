"""Telephone numbers: the short way for what is E.164 already decides as the library does."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihala.phones import NotANumber, e164

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
NATIONAL = st.text("0123456789", min_size=4, max_size=13)


def by_the_library(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def by_us(text: str) -> str | None:
    try:
        return e164(text)
    except NotANumber:
        return None


@given(code=st.sampled_from(CODES), national=NATIONAL)
def test_every_country_s_numbers_are_decided_as_the_library_does(code: int, national: str) -> None:
    text = f"+{code}{national}"

    assert by_us(text) == by_the_library(text)


@pytest.mark.parametrize(
    "text", ["+5411155661758", "+37589942953908", "+378896656", "+2615941840", "+86117587811493"]
)
def test_what_is_only_dialled_within_a_country_is_dropped(text: str) -> None:
    """Argentina's 15, Belarus' 8, and others: these look like E.164, and are not."""
    assert by_us(text) == by_the_library(text) != text


@pytest.mark.parametrize(
    "text", ["+963944123456", "+212537901234", "+905321234567", "+33612345678"]
)
def test_a_number_in_e164_stays_as_it_is(text: str) -> None:
    assert e164(text) == text
