"""Several master keys: the first wraps, all unwrap, and what an old one wrapped is wrapped anew."""

from __future__ import annotations

import base64
import os

import pytest

from ihala.aead import Tampered
from ihala.master_keys import MasterKeys, master_keys
from ihala.mongo import Database, Document
from ihala.vault import Erased, Vault

OLD, NEW = os.urandom(96), os.urandom(96)
PERSON = {"name": "مريم"}


def line(key: bytes, name: str = "") -> str:
    encoded = base64.b64encode(key).decode()
    return f"{name}:{encoded}" if name else encoded


def vault(database: Database[Document], *lines: str) -> Vault:
    return Vault(database["keys"], master_keys("\n".join(lines)), batch=4)


def test_a_bare_key_is_what_it_always_was(database: Database[Document]) -> None:
    before = Vault(database["keys"], OLD)
    sealed = before.seal(before.new_key(), PERSON)

    assert master_keys(line(OLD)) == MasterKeys({"local": OLD})
    assert vault(database, line(OLD)).open(sealed) == PERSON


def test_both_are_accepted_and_the_first_is_used(database: Database[Document]) -> None:
    before = vault(database, line(OLD))
    sealed = before.seal(before.new_key(), PERSON)
    between = vault(database, line(NEW, "y2027"), line(OLD))

    anew = between.seal(between.new_key(), PERSON)

    assert between.open(sealed) == PERSON
    assert vault(database, line(OLD), line(NEW, "y2027")).open(anew) == PERSON
    with pytest.raises(Tampered):
        before.open(anew)


def test_once_wrapped_anew_the_old_key_is_needed_no_more(database: Database[Document]) -> None:
    before = vault(database, line(OLD))
    sealed = before.seal(before.new_key(), PERSON)
    gone = before.new_key()
    lost = before.seal(gone, PERSON)
    between = vault(database, line(NEW, "y2027"), line(OLD))

    waiting = between.wrapped_otherwise()
    before.erase(gone)
    first = between.rewrap(waiting[:2])
    second = between.rewrap(waiting)

    after = vault(database, line(NEW, "y2027"))
    assert len(waiting) == 4
    assert first <= 2
    assert second == 3
    assert between.wrapped_otherwise() == []
    assert after.open(sealed) == PERSON
    with pytest.raises(Erased):
        after.open(lost)


def test_no_key_in_a_message(database: Database[Document]) -> None:
    assert line(OLD) not in repr(master_keys(line(OLD)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "base64"),
        (line(b"a" * 96), "random bytes"),
        (f"{line(OLD)}\n{line(NEW)}", "twice"),
        (f"{line(OLD)}\n{line(OLD, 'again')}", "same key twice"),
        (line(OLD, "not-allowed"), "names of up to 32 letters"),
    ],
    ids=["not base64", "not random", "two without a name", "one key twice", "a wrong name"],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        master_keys(text)
