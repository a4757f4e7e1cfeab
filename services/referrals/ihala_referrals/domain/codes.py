"""Codes for paper and SMS: short, unambiguous, speakable, with a check character.

The alphabet is Crockford's base 32. The check character is Damm's, over the field of 32 elements
(x^5 + x^2 + 1, multiplied by x): every single wrong character and every swap of two neighbours is
found. A proof in one line: (x^2 + x) * (a + b) is 0 only when a = b.
"""

from __future__ import annotations

import re

from ihala.chance import random_bytes

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_AS_HEARD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
CODE_PATTERN = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]")
_LENGTH = 5
"""33.5 million codes: a collision is rare enough to be met by drawing again."""


def new_code() -> str:
    """A random code such as ``7K3Q9-2``."""
    return checked(_drawn(_LENGTH))


def new_case_code() -> str:
    """A random case code such as ``C-7K3Q9H4-2``: it names a person to those who know them."""
    return "C-" + checked(_drawn(7))


def _drawn(length: int) -> str:
    """So many characters by chance, each as likely as any other: 32 divides 256."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in random_bytes(length))


def checked(characters: str) -> str:
    """The characters with their check character behind a dash."""
    return f"{characters}-{ALPHABET[_damm(characters)]}"


def understood(spoken: str) -> str | None:
    """The code that somebody wrote, read aloud or typed; None when it cannot be one.

    Letters may be small, dashes and spaces anywhere or missing, O taken for 0, I and L for 1.
    """
    characters = spoken.upper().translate(_AS_HEARD)
    if len(characters) != _LENGTH + 1 or any(c not in _VALUE for c in characters):
        return None
    code = checked(characters[:-1])
    return code if code[-1] == characters[-1] else None


def _damm(characters: str) -> int:
    interim = 0
    for character in characters:
        interim = _times_x(interim ^ _VALUE[character])
    return interim


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled
