"""Folding text to the words that search compares, so that spelling variants meet.

Latin: case, accents and ligatures. Arabic: harakat, tatweel, the forms of alef, hamza, ya and ta
marbuta, Persian letters and digits (the usual light normalisation of Arabic retrieval, as in
Lucene's ArabicNormalizer), and the article: a word is also kept without its leading ``ال``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MAX_WORDS = 120
_MAX_WORD_LENGTH = 40
_ARTICLE = "ال"
_MIN_STEM = 3

_VARIANTS = str.maketrans(
    {
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ې": "ي",
        "ے": "ي",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ک": "ك",
        "ڪ": "ك",
        "ڭ": "ك",
        "گ": "ك",
        "ء": None,
        "ـ": None,
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ı": "i",
    }
)
_DROPPED = frozenset({"Mn", "Me", "Cf"})


def fold(text: str) -> list[str]:
    """The words of ``text`` in their common form, in their order; nothing but letters and digits.

    Folding twice changes nothing.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if unicodedata.category(c) not in _DROPPED)
    plain = plain.casefold().translate(_VARIANTS)
    spaced = "".join(_digit(c) if c.isalnum() else " " for c in plain)
    return [word[:_MAX_WORD_LENGTH] for word in spaced.split()]


def _digit(character: str) -> str:
    """``٧`` and ``۷`` as ``7``; what is no decimal digit stays as it is."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def search_words(texts: Iterable[str]) -> list[str]:
    """Every word to find these texts by, sorted; Arabic words with and without the article."""
    words: set[str] = set()
    for text in texts:
        for word in fold(text):
            words |= {word, stem(word)}
    return sorted(words)[:MAX_WORDS]


def query_words(text: str) -> list[str]:
    """What a query asks for: each is the beginning of a word that must be there."""
    return sorted({stem(word) for word in fold(text)})


def stem(word: str) -> str:
    """The word without the Arabic article, when enough is left to tell it by."""
    bare = word.removeprefix(_ARTICLE)
    return bare if len(bare) >= _MIN_STEM else word
