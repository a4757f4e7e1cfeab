"""Fields take exactly what they say, and give back what can be stored and shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import marshmallow as ma
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihala.clock import rfc3339
from ihala.http import Body, Query, fields
from ihala.http.complaints import code_of


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def load(field: ma.fields.Field[Any], value: object, base: type[ma.Schema] = Body) -> Any:
    schema = type("Probe", (base,), {"value": field})
    return schema().load({"value": value})["value"]


def refusal(field: ma.fields.Field[Any], value: object, base: type[ma.Schema] = Body) -> str:
    with pytest.raises(ma.ValidationError) as refused:
        load(field, value, base)
    tree: Any = refused.value.messages
    messages = tree["value"]
    while isinstance(messages, dict):
        messages = next(iter(messages.values()))
    return code_of(messages[0])


NOT_INTEGERS: list[object] = ["1", 1.0, True, None, [], {}, "", 1e3]


@pytest.mark.parametrize("value", NOT_INTEGERS)
def test_an_integer_is_nothing_else(value: object) -> None:
    assert refusal(fields.Integer(), value) in ("wrong_type", "null")


def test_an_integer_has_bounds() -> None:
    field = {"minimum": 1, "maximum": 5}

    assert load(fields.Integer(**field), 5) == 5
    assert refusal(fields.Integer(**field), 0) == "out_of_range"
    assert refusal(fields.Integer(), 2**63) == "out_of_range"


@pytest.mark.parametrize("text", ["1", "-7", "0"])
def test_a_query_s_integer_is_read_from_text(text: str) -> None:
    assert load(fields.Integer(), text, Query) == int(text)


@pytest.mark.parametrize("text", ["1.0", " 1", "1_0", "٣", "+1", "0x1", "1e3", "", "9" * 30])
def test_a_query_s_integer_has_one_spelling(text: str) -> None:
    assert refusal(fields.Integer(), text, Query) == "wrong_type"


@pytest.mark.parametrize("value", ["1.5", True, None, float("nan"), float("inf"), 1e16])
def test_a_number_is_finite_and_no_text(value: object) -> None:
    assert refusal(fields.Number(), value) in ("wrong_type", "null", "out_of_range")


def test_a_number_may_be_whole() -> None:
    assert load(fields.Number(), 3) == 3.0
    assert load(fields.Number(), "36.25", Query) == 36.25


@pytest.mark.parametrize("value", ["true", 1, 0, "yes", None, "on"])
def test_a_flag_is_true_or_false(value: object) -> None:
    assert refusal(fields.Flag(), value) in ("wrong_type", "null")


def test_a_choice_gives_its_member() -> None:
    assert load(fields.Choice(Colour), "red") is Colour.RED
    assert load(fields.Choice(["a", "b"]), "b") == "b"
    assert refusal(fields.Choice(Colour), "blue") == "not_allowed"
    assert refusal(fields.Choice(Colour), 1) == "wrong_type"


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b",
        "a\x1b[31m",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\ufeff",
        "a\u2028b",
        "a\nb",
        "\x7f",
    ],
)
def test_text_hides_and_reorders_nothing(text: str) -> None:
    assert refusal(fields.Text(), text) == "bad_text"


@pytest.mark.parametrize(
    "text",
    [
        "مستشفى باب الهوى",
        "می\u200cخواهم",
        "Hôpital Ibn-Sina",
        "A\u00a0B",
        "\u200fABC\u200e",
        "👩🏽‍⚕️",
    ],
)
def test_text_of_our_languages_passes(text: str) -> None:
    assert load(fields.Text(), text) == text


def test_text_is_trimmed_composed_and_bounded() -> None:
    assert load(fields.Text(), "  Ho\u0302pital ") == "H\u00f4pital"
    assert refusal(fields.Text(), "   ") == "too_short"
    assert load(fields.Text(max_length=3), "abc") == "abc"
    assert refusal(fields.Text(max_length=3), "abcd") == "too_long"
    assert refusal(fields.Text(max_length=3), "x" * 10_000) == "too_long"
    assert refusal(fields.Text(), b"abc") == "wrong_type"


def test_paragraphs_may_have_lines() -> None:
    assert load(fields.Text(multiline=True), "a\r\nb\n\tc") == "a\nb\n\tc"
    assert refusal(fields.Text(multiline=True), "a\rb") == "bad_text"


@settings(deadline=None)
@given(st.text())
def test_whatever_text_passes_can_be_stored_and_passes_again(text: str) -> None:
    field = fields.Text(max_length=100)
    try:
        loaded = load(field, text)
    except ma.ValidationError:
        return

    assert loaded.encode("utf-8")
    assert "\x00" not in loaded
    assert load(field, loaded) == loaded


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T12:30:00+03:00", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01t09:30:00.123456789z", datetime(2026, 3, 1, 9, 30, 0, 123000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_kept_in_utc_and_whole_milliseconds(text: str, moment: datetime) -> None:
    assert load(fields.UtcDateTime(), text) == moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T09:30:00",
        "2026-03-01",
        "2026-03-01 09:30:00Z",
        "2026-13-01T09:30:00Z",
        "2026-02-30T09:30:00Z",
        "2026-03-01T25:30:00Z",
        "2026-03-01T09:30:60Z",
        "2026-03-01T09:30:00+99:00",
        "٢٠٢٦-03-01T09:30:00Z",
        "20260301T093000Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        1_700_000_000,
        None,
    ],
)
def test_what_is_no_moment_with_an_offset_is_refused(value: object) -> None:
    assert refusal(fields.UtcDateTime(), value) in ("wrong_format", "out_of_range", "null")


@settings(deadline=None)
@given(st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_moment_we_wrote_is_read_back(moment: datetime) -> None:
    written = rfc3339(moment)

    assert rfc3339(load(fields.UtcDateTime(), written)) == written


def test_a_day_is_a_day() -> None:
    assert load(fields.Day(), "2024-02-29") == date(2024, 2, 29)
    for value in ("2026-02-29", "2026-2-1", "20260201", "2026-02-01T00:00:00Z", 5):
        assert refusal(fields.Day(), value) == "wrong_format"


def test_a_point_is_on_the_globe() -> None:
    assert load(fields.Point(), {"lat": 36, "lon": -36.5}) == {"lat": 36.0, "lon": -36.5}
    assert refusal(fields.Point(), {"lat": -90.1, "lon": 0}) == "out_of_range"
    assert refusal(fields.Point(), {"lat": 0}) == "required"
    assert refusal(fields.Point(), {"lat": 0, "lon": 0, "alt": 1}) == "unknown"
    assert refusal(fields.Point(), [36, 36]) == "wrong_type"


def test_a_localised_text_has_at_least_one_language() -> None:
    field = fields.LocalisedText(max_length=10)

    assert load(field, {"ar": " مركز ", "en": "x"}) == {"ar": "مركز", "en": "x"}
    assert refusal(field, {}) == "required"
    assert refusal(field, {"de": "x"}) == "unknown"
    assert refusal(field, {"fr": "x" * 11}) == "too_long"
    assert refusal(field, "مركز") == "wrong_type"


@pytest.mark.parametrize(
    ("text", "number"),
    [("+963 944 123 456", "+963944123456"), ("+212-537-901234", "+212537901234")],
)
def test_a_phone_number_is_kept_in_e164(text: str, number: str) -> None:
    assert load(fields.Phone(), text) == number


@pytest.mark.parametrize(
    "text", ["0944123456", "+963", "+999944123456", "call me", "+9639441234561234"]
)
def test_what_cannot_be_dialled_is_refused(text: str) -> None:
    assert refusal(fields.Phone(), text) == "wrong_format"


@pytest.mark.parametrize("text", ["desk@hospital.example", "a.b+c@x-y.org"])
def test_an_address_is_taken(text: str) -> None:
    assert load(fields.Email(), text) == text


@pytest.mark.parametrize(
    "text",
    ["desk", "a@b", "a b@c.org", "Desk <a@b.org>", "a@-b.org", "a@b.org\r\nBcc: x@y.org", "@b.org"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refusal(fields.Email(), text) in ("wrong_format", "bad_text")


def test_ids_and_codes_have_their_form() -> None:
    assert load(fields.Id("fac"), "fac_0123456789ab") == "fac_0123456789ab"
    assert load(fields.Id(), "ref_0123456789ab") == "ref_0123456789ab"
    assert refusal(fields.Id("fac"), "ref_0123456789ab") == "wrong_format"
    assert load(fields.Code(), "mental_health.mhpss") == "mental_health.mhpss"
    assert refusal(fields.Code(), "$where") == "wrong_format"
    assert load(fields.Language(), "ar-SY") == "ar-SY"
    assert refusal(fields.Language(), "Arabic!") == "wrong_format"


def test_a_list_is_bounded_and_may_be_a_set() -> None:
    field = fields.ListOf(fields.Code(), min_items=1, max_items=2, unique=True)

    assert load(field, ["a", "b"]) == ["a", "b"]
    assert refusal(field, []) == "wrong_length"
    assert refusal(field, ["a", "b", "c"]) == "wrong_length"
    assert refusal(field, ["a", "a"]) == "duplicate"
    assert refusal(field, "ab") == "wrong_type"
    assert refusal(field, ["a", 1]) == "wrong_type"


def test_several_values_share_a_parameter() -> None:
    field = fields.Several(fields.Integer(), max_items=3)

    assert load(field, "1,2,3", Query) == [1, 2, 3]
    assert refusal(field, "1,2,3,4", Query) == "wrong_length"
    assert refusal(field, "1,x", Query) == "wrong_type"
