"""The person behind a referral: age bands, and the keys by which the same person is recognised."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_BANDS = ((1, "under_1"), (5, "1_to_4"), (18, "5_to_17"), (60, "18_to_59"))
_FOLDED = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": ""}
)


def age_on(birth_date: date, today: date) -> int:
    """Whole years of age on a day; 0 for somebody born later than that."""
    years = today.year - birth_date.year
    return max(0, years - ((today.month, today.day) < (birth_date.month, birth_date.day)))


def age_band(age: int | None) -> str | None:
    """The coarse age that a coded preview may show."""
    if age is None:
        return None
    return next((band for below, band in _BANDS if age < below), "60_and_over")


def folded_name(name: str) -> str:
    """A name without marks, case and the variants of Arabic letters that people mix up."""
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.translate(_FOLDED).casefold().split())


def recognised_by(
    person: Mapping[str, Any], case_code: str | None, facility_id: str
) -> Iterator[str]:
    """The texts whose keyed hashes tell that two referrals are about the same person.

    A case code means something only at the facility that gave it.
    """
    if case_code:
        yield f"case:{facility_id}:{case_code.casefold()}"
    if phone := person.get("phone"):
        yield f"phone:{phone}"
    if (name := person.get("name")) and (born := person.get("birth_date")):
        yield f"born:{folded_name(name)}:{born}"
