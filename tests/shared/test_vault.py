"""The vault: a key per person, made a batch at a time; without the key nothing can be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from bson.binary import Binary
from pymongo.encryption import ClientEncryption

from ihala.aead import Tampered
from ihala.mongo import Database, Document
from ihala.testing.waiting import wait_for
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

    with pytest.raises(Tampered):
        vault(database, os.urandom(96)).open(sealed)


@pytest.fixture
def official(database: Database[Document]) -> Iterator[ClientEncryption[Document]]:
    """MongoDB's own implementation, on the same keys."""
    providers = {"local": {"key": MASTER_KEY}}
    keys = f"{database.name}.keys"
    made: ClientEncryption[Document] = ClientEncryption(
        providers, keys, database.client, database.codec_options
    )
    yield made
    made.close()


def test_mongodbs_own_implementation_opens_what_is_sealed_here(
    database: Database[Document], official: ClientEncryption[Document]
) -> None:
    one = vault(database)
    sealed = one.seal(one.new_key(), PERSON)

    assert official.decrypt(Binary(sealed, 6)) == PERSON


@pytest.mark.parametrize("length", range(34))
def test_what_mongodbs_own_implementation_sealed_is_opened_here(
    database: Database[Document], official: ClientEncryption[Document], length: int
) -> None:
    """Of every length around the size of a block, under a key that it made."""
    key_id = official.create_data_key("local")
    words = {"words": "x" * length}

    sealed = official.encrypt(words, "AEAD_AES_256_CBC_HMAC_SHA_512-Random", key_id)

    assert vault(database).open(bytes(sealed)) == words


def test_not_a_bit_of_it_can_be_changed_or_cut_off(database: Database[Document]) -> None:
    one = vault(database)
    sealed = one.seal(one.new_key(), PERSON)
    key_id_ends = 17

    for place in range(key_id_ends, len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Tampered):
            one.open(bytes(changed))
        with pytest.raises(Tampered):
            one.open(sealed[: place + 1] if place + 1 < len(sealed) else sealed + b"0")


def test_a_value_does_not_pass_for_another_persons(database: Database[Document]) -> None:
    one = vault(database)
    key, other = one.new_key(), one.new_key()
    sealed = one.seal(key, PERSON)

    with pytest.raises(Tampered):
        one.open(sealed[:1] + other + sealed[17:])


def test_what_is_sealed_twice_reads_differently(database: Database[Document]) -> None:
    one = vault(database)
    key = one.new_key()

    assert one.seal(key, PERSON) != one.seal(key, PERSON)


def test_keys_are_at_hand_for_a_moment_only(database: Database[Document]) -> None:
    """Else an erased person could be read by other processes for as long."""
    one, other = vault(database), vault(database)
    key = one.new_key()
    sealed = one.seal(key, PERSON)
    assert other.open(sealed) == PERSON

    one.erase(key)

    wait_for(lambda: _erased(other, sealed), deadline_s=5)


def _erased(one: Vault, sealed: bytes) -> bool:
    try:
        one.open(sealed)
    except Erased:
        return True
    return False


def test_a_master_key_of_the_wrong_length_is_refused(database: Database[Document]) -> None:
    with pytest.raises(ValueError, match="96"):
        vault(database, b"short")


def test_a_lookup_is_the_same_for_the_same_text_and_secret_only() -> None:
    one, other = Lookup("secret one"), Lookup("secret two")

    assert one.of("phone:+963") == one.of("phone:+963")
    assert one.of("phone:+963") != one.of("phone:+964")
    assert one.of("phone:+963") != other.of("phone:+963")
