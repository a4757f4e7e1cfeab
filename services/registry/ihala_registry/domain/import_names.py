"""Names as they stand in files: cleaned, told apart by script, recognised as placeholders."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from ihala_registry.domain.folding import fold
from ihala_registry.domain.values import LocalisedText
from ihala_registry.domain.vocabulary import Language

_JOINERS = frozenset("\u200c\u200d")
_HIDDEN = frozenset({"Cf", "Co", "Cn", "Cs"})


def clean(cell: str) -> str:
    """The cell without characters that hide or control, with single spaces, in NFC."""
    shown = (c for c in cell if c in _JOINERS or unicodedata.category(c) not in _HIDDEN)
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in shown)
    return unicodedata.normalize("NFC", " ".join(spaced.split()))


def is_placeholder(name: str, placeholders: tuple[str, ...]) -> bool:
    """Whether the name stands for "no name", however it is written; so does one without letters."""
    words = fold(name)
    return not words or any(words == fold(placeholder) for placeholder in placeholders)


def told_apart(name: str, latin: Language) -> LocalisedText:
    """A name in mixed scripts as one name per language: Arabic words, and the rest as ``latin``.

    Figures and signs stay with the word before them.
    """
    parts: dict[Language, list[str]] = {Language.AR: [], latin: []}
    language = next((found for word in name.split() if (found := _language(word, latin))), latin)
    for word in name.split():
        language = _language(word, latin) or language
        parts[language].append(word)
    told = LocalisedText()
    for language, words in parts.items():
        text = " ".join(words).strip(' -–—/|,;:()[]«»"')
        if fold(text):
            told = replace(told, **{language.value: text})
    return told


def _language(word: str, latin: Language) -> Language | None:
    """The language that a word's first letter belongs to; None for a word without letters."""
    for character in word:
        if character.isalpha():
            arabic = unicodedata.name(character, "").startswith("ARABIC")
            return Language.AR if arabic else latin
    return None
