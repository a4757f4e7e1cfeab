"""Identifiers: opaque, safe in a URL, and saying what kind of thing they name."""

from __future__ import annotations

import hashlib
import time

from ihala.chance import random_bytes

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no letter that can be taken for a digit."""

ID_PATTERN = r"^[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{12,40}$"


_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def _base32(number: int, pairs: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(10 * pairs - 10, -1, -10)])


def new_id(prefix: str) -> str:
    """A fresh id such as ``ref_06f2m8…``: 48 bits of milliseconds, then 80 random bits.

    Ids made later sort later (to the millisecond), which keeps index pages warm.
    """
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(random_bytes(10))
    return f"{prefix}_{_base32(number, 13)}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same parts give the same id, always: how an event's effect is made safe to repeat."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16]), 13)}"
