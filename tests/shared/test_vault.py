"""The vault: a key per person, made a batch at a time; without the key nothing can be read."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from bson.binary import Binary
from pymongo.encryption import ClientEncryption
from pymongocrypt.errors import MongoCryptError

from ihala.mongo import Database, Document
from ihala.vault import Erased, Lookup, Vault

PERSON = {"name": "مريم", "languages": ["ar"], "age": 57}
MASTER_KEY = bytes(range(96))


def vault(database: Database[Document], master_key: bytes = MASTER_KEY, batch: int = 4) -> Vault:
    return Vault(database["keys"], master_key, batch=batch)


def test_what_was_sealed_can_be_opened_here_and_in_another_process(
    database: Database[Document],
) -> None:
    here = vault(database)

    sealed = here.seal(here.new_key(), PERSON)

    assert here.open(sealed) == PERSON
    assert vault(database).open(sealed) == PERSON
    assert "مريم".encode() not in sealed


def test_keys_are_made_a_batch_at_a_time_and_never_given_twice(
    database: Database[Document],
) -> None:
    one = vault(database, batch=4)

    keys = [one.new_key() for _ in range(9)]

    assert len(set(keys)) == 9
    assert database["keys"].count_documents({}) == 12


def test_threads_get_different_keys(database: Database[Document]) -> None:
    one = vault(database)

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: one.new_key(), range(100)))
        sealed = list(pool.map(lambda key: one.seal(key, PERSON), keys))

    assert len(set(keys)) == 100
    assert all(one.open(it) == PERSON for it in sealed)


def test_an_erased_person_can_never_be_read_again(database: Database[Document]) -> None:
    one = vault(database)
    key, other = one.new_key(), one.new_key()
    sealed, of_other = one.seal(key, PERSON), one.seal(other, PERSON)

    assert one.erase(key)
    assert not one.erase(key)

    with pytest.raises(Erased):
        vault(database).open(sealed)
    with pytest.raises(Erased):
        vault(database).seal(key, PERSON)
    assert vault(database).open(of_other) == PERSON


def test_another_master_key_opens_nothing(database: Database[Document]) -> None:
    one = vault(database)
    sealed = one.seal(one.new_key(), PERSON)

    with pytest.raises(MongoCryptError):
        vault(database, os.urandom(96)).open(sealed)


def test_any_mongodb_driver_with_the_master_key_can_read_it(database: Database[Document]) -> None:
    """It is client-side field level encryption as MongoDB documents it, nothing of our own."""
    one = vault(database)
    sealed = one.seal(one.new_key(), PERSON)
    official: ClientEncryption[Document] = ClientEncryption(
        {"local": {"key": MASTER_KEY}},
        f"{database.name}.keys",
        database.client,
        database.codec_options,
    )

    assert official.decrypt(Binary(sealed, 6)) == PERSON
    official.close()


def test_a_master_key_of_the_wrong_length_is_refused(database: Database[Document]) -> None:
    with pytest.raises(ValueError, match="96"):
        vault(database, b"short")


def test_a_lookup_is_the_same_for_the_same_text_and_secret_only() -> None:
    one, other = Lookup("secret one"), Lookup("secret two")

    assert one.of("phone:+963") == one.of("phone:+963")
    assert one.of("phone:+963") != one.of("phone:+964")
    assert one.of("phone:+963") != other.of("phone:+963")
