"""Codes that people write, read aloud and type."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ihala_referrals.domain.codes import (
    ALPHABET,
    CODE_PATTERN,
    checked,
    new_case_code,
    new_code,
    understood,
)

bodies = st.text(ALPHABET, min_size=5, max_size=5)


def test_a_new_code_is_short_and_understood() -> None:
    code = new_code()

    assert CODE_PATTERN.fullmatch(code)
    assert understood(code) == code
    assert new_case_code().startswith("C-")


@given(bodies)
def test_a_code_is_understood_however_it_is_written(body: str) -> None:
    """Small letters, spaces instead of the dash, O for 0, I or L for 1."""
    code = checked(body)

    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert understood(spoken) == code


@given(bodies, st.integers(0, 5), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(body: str, place: int, wrong: str) -> None:
    characters = checked(body).replace("-", "")

    mistaken = characters[:place] + wrong + characters[place + 1 :]

    assert mistaken == characters or understood(mistaken) is None


@given(bodies, st.integers(0, 4))
def test_every_swap_of_neighbours_is_found(body: str, place: int) -> None:
    characters = checked(body).replace("-", "")

    swapped = (
        characters[:place] + characters[place + 1] + characters[place] + characters[place + 2 :]
    )

    assert swapped == characters or understood(swapped) is None


@given(st.text(max_size=20))
def test_any_other_text_is_no_code_and_no_error(text: str) -> None:
    assert understood(text) is None or CODE_PATTERN.fullmatch(understood(text) or "")
