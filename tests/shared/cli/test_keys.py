"""``ihala keys rotate``: to the end, also when it was killed in the middle."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ihala.cli import main
from ihala.master_keys import master_keys
from ihala.mongo import Database, Document
from ihala.testing.waiting import wait_for
from ihala.vault import Vault

IHALA = Path(sys.executable).with_name("ihala")
OLD = base64.b64encode(os.urandom(96)).decode()
NEW = f"y2027:{base64.b64encode(os.urandom(96)).decode()}"
MANY = 20_000


@pytest.fixture
def env_file(tmp_path: Path, mongodb_uri: str) -> Path:
    key = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    (tmp_path / "master_key").write_text(f"{NEW}\n{OLD}\n")
    file = tmp_path / "referrals.env"
    file.write_text(
        f"IHALA_MONGODB_URI={mongodb_uri}\nIHALA_KAFKA=127.0.0.1:1\n"
        f"IHALA_KAFKA_SECURITY=PLAINTEXT\nIHALA_LOOKUP_KEY={os.urandom(32).hex()}\n"
        f"IHALA_MASTER_KEY_FILE={tmp_path / 'master_key'}\n"
        f'IHALA_CONTACT_PUBLIC_KEY={{"kty":"OKP","crv":"X25519","x":"{key}"}}\n'
    )
    return file


def run(env_file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["keys", *words, "--env-file", str(env_file)])


def wrapped_by_new(database: Database[Document]) -> int:
    return database["keys"].count_documents({"masterKey.provider": "local:y2027"})


def test_killed_in_the_middle_and_started_again_it_comes_to_its_end(
    database: Database[Document], env_file: Path
) -> None:
    """Meanwhile and afterwards everything can be read."""
    before = Vault(database["keys"], master_keys(OLD), batch=MANY)
    sealed = before.seal(before.new_key(), {"name": "x"})
    command = [str(IHALA), "keys", "rotate", "referrals", "master", "--env-file", str(env_file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as rotating:
        wait_for(lambda: wrapped_by_new(database) > 100, deadline_s=120, every_s=0.01)
        rotating.kill()
    killed_at = wrapped_by_new(database)
    between = Vault(database["keys"], master_keys(f"{NEW}\n{OLD}"))
    read_between = between.open(sealed)

    shown = run(env_file, "show", "referrals")
    rotated = run(env_file, "rotate", "referrals", "master")

    assert 100 < killed_at < MANY
    assert read_between == {"name": "x"}
    assert str(MANY - killed_at) in shown.output
    assert rotated.exit_code == 0, rotated.output
    assert f"{MANY - killed_at} keys of persons are under the key in use now" in rotated.output
    assert Vault(database["keys"], master_keys(NEW)).open(sealed) == {"name": "x"}


def test_an_old_key_that_was_taken_away_too_early_is_asked_back(
    database: Database[Document], env_file: Path
) -> None:
    Vault(database["keys"], master_keys(OLD), batch=4).new_key()
    (env_file.parent / "master_key").write_text(NEW)

    answer = run(env_file, "rotate", "referrals", "master")

    assert answer.exit_code == 1
    assert "put that key back beside the new one" in answer.output


def test_what_does_not_exist_is_named(database: Database[Document], env_file: Path) -> None:
    answer = run(env_file, "rotate", "referrals", "nothing")

    assert answer.exit_code == 2
    assert "there is: master" in answer.output
