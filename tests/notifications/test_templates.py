"""The templates: all of them read well in every language, and none leaves a hole or a clue."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihala.errors import Invalid
from ihala.events.contracts.fields import PRIORITIES
from ihala.events.contracts.referrals import DECLINE_REASONS
from ihala_notifications.domain.desk import LANGUAGES
from ihala_notifications.domain.templates import (
    Template,
    TemplateBroken,
    Value,
    Words,
    check_template,
    render,
)
from ihala_notifications.domain.wording import Kind, Reader, isolated, say
from ihala_notifications.store.templates import TemplateStore

STORE = TemplateStore()
NAMES = {
    "fac_00example0dialysis0centre": {"ar": "مركز غسيل الكلى", "en": "Dialysis centre"},
    "fac_00example00000primarycare": {"ar": "مركز الرعاية", "en": "Primary care centre"},
}


def reader(language: str, country: str | None = "SY") -> Reader:
    return Reader(
        language,
        country,
        app_url="https://ihala.example.org",
        codes=STORE.codes,
        facility_names=NAMES,
    )


def examples(template: Template) -> dict[str, object]:
    return {value.name: value.example for value in template.values.values()}


@pytest.mark.parametrize(
    ("name", "language"), list(itertools.product(STORE.all, LANGUAGES)), ids=str
)
def test_every_template_reads_whole_in_every_language(name: str, language: str) -> None:
    """With its examples nothing is left open, and the directions are balanced."""
    template = STORE.all[name]

    letter = render(template, examples(template), reader(language))

    for words in (letter.subject, letter.text, letter.html):
        assert "((" not in words
        assert "))" not in words
        assert words.count("\u2068") == words.count("\u2069")
    assert letter.subject.strip() == letter.subject != ""
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in letter.html
    assert not re.search(r"\n\n\n", letter.text)


@pytest.mark.parametrize(
    ("name", "language"), list(itertools.product(STORE.all, LANGUAGES)), ids=str
)
def test_a_missing_value_is_an_error_before_anything_is_sent(name: str, language: str) -> None:
    """All that are missing are named at once."""
    template = STORE.all[name]
    required = {value.name for value in template.values.values() if value.required}
    if not required:
        assert render(template, {}, reader(language)).text
        return

    with pytest.raises(Invalid) as raised:
        render(template, {}, reader(language))

    assert {e.pointer for e in raised.value.errors} == {f"/values/{name}" for name in required}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_about_an_absent_value_is_left_out(language: str) -> None:
    """Nobody reads "Please answer by:" with nothing behind it."""
    template = STORE.all["offer_to_answer"]
    values = examples(template)
    whole = render(template, values, reader(language))
    del values["respond_by"]

    letter = render(template, values, reader(language))

    assert len(letter.text.splitlines()) == len(whole.text.splitlines()) - 1


@given(
    st.sampled_from(LANGUAGES),
    st.dictionaries(st.sampled_from(["code", "service", "text", "link"]), st.text()),
)
def test_what_is_protected_reads_the_same_to_the_byte(
    language: str, values: dict[str, str]
) -> None:
    """Whatever is known, not one byte depends on it."""
    template = STORE.all["notice_neutral"]

    with_values = render(template, values, reader(language))
    without = render(template, {}, Reader(language))

    assert with_values == without


@given(st.sampled_from(LANGUAGES), st.text(max_size=300))
def test_no_value_breaks_out_of_its_place(language: str, text: str) -> None:
    """Neither lines, nor directions, nor markup, nor holes come in with a value."""
    template = STORE.all["notice"]
    try:
        letter = render(template, {"text": text, "callback": "1"}, reader(language))
    except Invalid:
        assert not say_or_empty(text)
        return

    plain = render(template, {"text": "x", "callback": "1"}, reader(language))
    assert len(letter.text.splitlines()) == len(plain.text.splitlines())
    assert letter.text.count("\u2068") == letter.text.count("\u2069")
    assert letter.html.count("<p>") == plain.html.count("<p>")
    assert not set(letter.text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")


def say_or_empty(text: str) -> str:
    try:
        return say(Kind.TEXT, text, reader("en"))
    except ValueError:
        return ""


def test_latin_codes_in_arabic_text_are_isolated() -> None:
    """Else the hyphen and the digits of a code change places (UAX #9)."""
    letter = render(
        STORE.all["offer_accepted"], examples(STORE.all["offer_accepted"]), reader("ar")
    )

    assert "\u20687K3Q-2\u2069" in letter.subject
    assert isolated("مركز", "ar") == "مركز"
    assert isolated("مركز", "en") == "\u2068مركز\u2069"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "0 يوم"),
        (1, "يوم"),
        (2, "يومان"),
        (3, "3 أيام"),
        (11, "11 يومًا"),
        (100, "100 يوم"),
    ],
)
def test_arabic_counts_in_six_ways(days: int, words: str) -> None:
    """CLDR's plurals: zero, one, two, few, many, other."""
    assert say(Kind.DAYS, days, reader("ar")).strip("\u2068\u2069") == words


def test_times_are_written_in_the_zone_and_with_the_months_of_the_place() -> None:
    """March is آذار in Syria and مارس in Morocco; half past nine UTC is half past twelve there."""
    moment = "2026-03-02T09:30:00.000Z"

    assert "2 آذار 2026 12:30" in say(Kind.MOMENT, moment, reader("ar", "SY"))
    assert "مارس" in say(Kind.MOMENT, moment, reader("ar", "MA"))
    assert say(Kind.MOMENT, moment, reader("fr")) == "lundi 2 mars 2026 12:30"


def test_every_code_that_can_be_said_has_a_name_in_every_language() -> None:
    """Readers never see ``no_capacity``."""
    assert set(DECLINE_REASONS) <= STORE.codes["reasons"].keys()
    assert set(PRIORITIES) == STORE.codes["priorities"].keys()
    for names in STORE.codes.values():
        assert all(set(name) == set(LANGUAGES) for name in names.values())


def a_template(**changes: object) -> Template:
    whole: dict[str, object] = {
        "name": "example",
        "version": 1,
        "purpose": "",
        "protected": False,
        "requestable": False,
        "values": {"code": Value("code", Kind.CODE, required=True, example="x")},
        "words": dict.fromkeys(LANGUAGES, Words("((code))", "hello")),
    }
    return Template(**{**whole, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"words": {"ar": Words("((code))", "")}},
        {"values": {}},
        {"words": dict.fromkeys(LANGUAGES, Words("hello", "hello"))},
        {"protected": True},
        {"values": {"code": Value("code", Kind.CODE, required=False, example="x")}},
        {
            "values": {"code": Value("code", Kind.LINK, required=True, example="/x")},
            "words": dict.fromkeys(LANGUAGES, Words("hello", "see ((code))")),
        },
    ],
)
def test_a_broken_template_stops_the_start(changes: dict[str, object]) -> None:
    """Missing languages, undeclared or unused values, protected ones with values, hidden links."""
    check_template(a_template())

    with pytest.raises(TemplateBroken):
        check_template(a_template(**changes))
