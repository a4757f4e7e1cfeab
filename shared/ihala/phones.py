"""Telephone numbers in the one form in which they are kept, E.164, by ``phonenumbers``."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_COUNTRIES = phonenumbers.COUNTRY_CODE_TO_REGION_CODE


class NotANumber(ValueError):
    """It has no country code, or nobody can have such a number there; it says which."""


def e164(text: str) -> str:
    """``+963944123456``, however it was written; raises NotANumber."""
    if _is_e164(text):
        return text
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise NotANumber("Must be a number with country code: +963…") from None
    if not phonenumbers.is_possible_number(number):
        raise NotANumber("There is no such telephone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_e164(text: str) -> bool:
    """Whether it is a number that parsing would give back as it is, in four times as long.

    False also for one whose first digits may be such as are only dialled within its country.
    """
    if not _E164.fullmatch(text):
        return False
    codes = ((int(text[1:end]), text[end:]) for end in (2, 3, 4))
    code, national = next((it for it in codes if it[0] in _COUNTRIES), (0, "0"))
    if national.startswith("0") or not _only_zero_is_dialled_within(code):
        return False
    number = phonenumbers.PhoneNumber(country_code=code, national_number=int(national))
    return phonenumbers.is_possible_number(number)


@lru_cache(maxsize=512)
def _only_zero_is_dialled_within(code: int) -> bool:
    region = phonenumbers.region_code_for_country_code(code)
    country = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    return country is not None and country.national_prefix_for_parsing in (None, "0")
