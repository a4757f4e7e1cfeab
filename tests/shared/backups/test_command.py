"""``ihala backup`` and ``ihala restore`` as operators give them, on a MongoDB with sign-in."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient

from ihala.backups.taking import Client
from ihala.cli import main
from ihala.mongo import Document
from ihala.testing.parts import Mongod

USERS = Path(__file__).parents[3] / "deploy" / "mongo" / "users.js"
Ihala = Callable[..., Result]


class GuardedMongod(Mongod):
    """A mongod that asks who you are, as the deployed one does."""

    def __init__(self, folder: Path) -> None:
        self._key = folder / "key"
        folder.mkdir()
        self._key.write_text(base64.b64encode(bytes(range(60))).decode())
        self._key.chmod(0o400)
        super().__init__(folder)

    def _command(self, data: Path) -> list[str]:
        return [*super()._command(data), "--keyFile", str(self._key)]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMongod]:
    """With the user of backups, and the roles that deploy/mongo/users.js gives it."""
    part = GuardedMongod(tmp_path_factory.mktemp("guarded") / "mongod")
    part.start()
    roles = re.findall(r'role: "(\w+)", db: "admin"', USERS.read_text())
    first: Client = MongoClient("127.0.0.1", part.port, directConnection=True)
    with first:
        first.admin.command("createUser", "root", pwd="root", roles=["root"])
    with root(part) as client:
        client.admin.command("createUser", "backup", pwd="its password", roles=roles)
    yield part
    part.stop()


def root(part: Mongod) -> MongoClient[Document]:
    return MongoClient(part.uri("admin"), username="root", password="root", tz_aware=True)


@pytest.fixture
def full(guarded: GuardedMongod) -> Iterator[MongoClient[Document]]:
    """All three databases with something in them."""
    with root(guarded) as client:
        for service in ("registry", "referrals", "notifications"):
            things = client[f"ihala_{service}"]["things"]
            things.insert_many([{"_id": n, "of": service} for n in range(10)])
            things.create_index("of", name="of")
        yield client
        for service in ("registry", "referrals", "notifications"):
            client.drop_database(f"ihala_{service}")


@pytest.fixture
def ihala(guarded: GuardedMongod, tmp_path: Path) -> Ihala:
    uri = f"{guarded.uri('').replace('//', '//backup:its%20password@')}&authSource=admin"
    file = tmp_path / "backup.env"

    def run(*words: str, **settings: str) -> Result:
        given = {"IHALA_BACKUP_MONGODB_URI": uri, **settings}
        file.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        return CliRunner().invoke(main, [*words, "--env-file", str(file)])

    return run


def test_the_user_of_backups_may_do_all_that_is_needed_and_change_nothing_else(
    ihala: Ihala, full: MongoClient[Document], tmp_path: Path
) -> None:
    made = ihala("backup", "make", str(tmp_path / "backups"))
    folder = str(next((tmp_path / "backups").iterdir()))
    verified = ihala("backup", "verify", folder)
    refused = ihala("restore", folder)
    full["ihala_referrals"]["things"].delete_many({})
    replaced = ihala("restore", folder, "--replace")

    assert made.exit_code == 0, made.output
    assert "30 documents in 3 collections" in made.output
    assert "It is not encrypted" in made.output
    assert "is whole: 30 documents" in verified.output
    assert refused.exit_code == 1
    assert "ihala_notifications is not empty (things)" in refused.output
    assert replaced.exit_code == 0, replaced.output
    assert full["ihala_referrals"]["things"].count_documents({}) == 10
    assert "of" in full["ihala_referrals"]["things"].index_information()


def test_a_key_pair_is_made_and_used(
    ihala: Ihala, full: MongoClient[Document], tmp_path: Path
) -> None:
    pair = CliRunner().invoke(main, ["backup", "new-key", str(tmp_path / "key")])
    public = pair.stdout.strip().rpartition("=")[2]

    made = ihala("backup", "make", str(tmp_path / "backups"), IHALA_BACKUP_RECIPIENTS=public)
    folder = str(next((tmp_path / "backups").iterdir()))
    key = {"IHALA_BACKUP_IDENTITY_FILE": str(tmp_path / "key")}
    restored = ihala("restore", folder, "--replace", **key)
    again = CliRunner().invoke(main, ["backup", "new-key", str(tmp_path / "key")])

    assert made.exit_code == 0, made.output
    assert "not encrypted" not in made.output
    assert restored.exit_code == 0, restored.output
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert again.exit_code == 1
    assert "File exists" in again.output


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"IHALA_BACKUP_MONGODB_URI": ""}, "IHALA_BACKUP_MONGODB_URI is missing"),
        ({"IHALA_BACKUP_MONGODB_URI": "nonsense"}, "must be a MongoDB URI"),
        ({"IHALA_BACKUP_RECIPIENTS": "age1nonsense"}, "must be a public key of age"),
        ({"IHALA_BACKUP_IDENTITY": "nonsense"}, "must be a secret key of age"),
        ({"IHALA_BACKUP_DATABASES": "empty"}, "there is nothing in empty: is IHALA_BACKUP"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    ihala: Ihala, tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    answer = ihala("backup", "make", str(tmp_path), **settings)

    assert answer.exit_code == 1
    assert said in answer.output


def test_a_wrong_password_is_a_sentence(
    ihala: Ihala, guarded: GuardedMongod, tmp_path: Path
) -> None:
    uri = f"{guarded.uri('').replace('//', '//backup:wrong@')}&authSource=admin"

    answer = ihala("backup", "make", str(tmp_path), IHALA_BACKUP_MONGODB_URI=uri)

    assert answer.exit_code == 1
    assert "does not know this user and password" in answer.output
