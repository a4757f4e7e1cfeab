"""Which of the languages we speak a reader wants."""

from __future__ import annotations

from functools import lru_cache

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = ("en", "ar", "fr")


@lru_cache(maxsize=256)
def _negotiate(header: str) -> str:
    for tag, quality in parse_accept_header(header, LanguageAccept):
        language = tag.split("-")[0].lower()
        if quality > 0 and language in LANGUAGES:
            return language
    return "en"


def language_of(header: str) -> str:
    """The best of ``en``, ``ar``, ``fr`` for an Accept-Language header; ``en`` when none fits."""
    return _negotiate(header[:200]) if header else "en"
