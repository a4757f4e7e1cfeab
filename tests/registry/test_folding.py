"""Search meets spelling variants."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ihala_registry.domain.folding import fold, query_words, search_words

TEXTS = st.text(
    alphabet=st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x24F),
        st.characters(min_codepoint=0x600, max_codepoint=0x6FF),
        st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFC),
        st.characters(),
    ),
    max_size=60,
)


def finds(query: str, name: str) -> bool:
    words = search_words([name])
    return all(any(word.startswith(asked) for word in words) for asked in query_words(query))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("hopital", "Hôpital de l'Œil"),
        ("OEIL", "Hôpital de l'Œil"),
        ("HÔPITAL", "hopital"),
        ("مستشفي", "مستشفى الشفاء"),
        ("الشفا", "مستشفى الشفاء"),
        ("مستشفى", "المستشفى الوطني"),
        ("المستشفى", "مستشفى الوطني"),
        ("ادلب", "إدلب"),
        ("آمال", "امال"),
        ("مُسْتَشْفَى", "مستشفى"),
        ("مستـــشفى", "مستشفى"),
        ("قلعه", "قلعة المضيق"),
        ("رقم 7", "مركز رقم ٧"),
        ("کلينيك", "كلينيك"),
        ("رؤيه", "مركز رؤية"),
        ("straße", "STRASSE"),
        ("ⵔⴱⴰⵟ", "Rabat ⵔⴱⴰⵟ"),
    ],
)
def test_a_variant_finds_the_name(query: str, name: str) -> None:
    """Case, accents, harakat, tatweel, the forms of letters and the article do not matter."""
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"), [("شفاء", "مستشفى الوطن"), ("pharmacie", "Hôpital"), ("طنجة", "مركز الوطن")]
)
def test_another_word_does_not_find_it(query: str, name: str) -> None:
    """Only beginnings of words count."""
    assert not finds(query, name)


@given(TEXTS)
@example("ᴭ")
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded word is its own common form, also of letters that decompose into capitals."""
    words = fold(text)

    assert fold(" ".join(words)) == words


@given(TEXTS)
def test_every_name_is_found_by_itself(text: str) -> None:
    """Whatever a facility is called, typing its name finds it."""
    assert finds(text, text)


@given(TEXTS)
def test_folded_words_hold_letters_and_digits_only(text: str) -> None:
    """So a word is safe in a pattern, and never empty."""
    assert all(word and not any(c.isspace() for c in word) for word in fold(text))
