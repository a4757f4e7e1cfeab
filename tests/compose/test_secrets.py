"""deploy/secrets: one command makes every secret, each random, and keeps what is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ihala.sealing import open_sealed, read_key, seal

ROOT = Path(__file__).parents[2]
COMMAND = str(ROOT / "deploy" / "secrets")
NAMED = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["secrets"].keys()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    return folder


def make_secrets(folder: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    command = [COMMAND, "--host", "clinic.example.org", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def test_one_command_makes_every_secret(secrets: Path) -> None:
    assert {file.name for file in secrets.iterdir()} >= NAMED
    assert secrets.stat().st_mode & 0o077 == 0


def test_no_two_secrets_are_alike(secrets: Path) -> None:
    random = [file.read_text() for file in secrets.glob("*_password") if file.stat().st_size]
    random += [(secrets / name).read_text() for name in ("cursor_key", "lookup_key", "webhook_key")]

    assert len(set(random)) == len(random)
    assert all(len(secret) >= 32 for secret in random)


def test_making_secrets_again_keeps_what_is_there(secrets: Path) -> None:
    before = {file.name: file.read_bytes() for file in secrets.iterdir()}

    make_secrets(secrets)

    assert {file.name: file.read_bytes() for file in secrets.iterdir()} == before


def test_renewing_makes_certificates_anew_in_place_and_no_password(tmp_path: Path) -> None:
    """Containers have the files themselves mounted; a certificate of others is left alone."""
    make_secrets(tmp_path)
    bought = (tmp_path / "authority_certificate").read_bytes()
    before = {file.name: (file.read_bytes(), file.stat().st_ino) for file in tmp_path.iterdir()}
    command = [COMMAND, "--renew", "--host", "clinic.example.org"]

    subprocess.run([*command, str(tmp_path)], check=True, capture_output=True)
    after = {file.name: (file.read_bytes(), file.stat().st_ino) for file in tmp_path.iterdir()}
    for name in ("authority_key", "authority_certificate"):
        (tmp_path / name).unlink()
    subprocess.run([*command, str(tmp_path)], check=True, capture_output=True)

    changed = {name for name in before if before[name][0] != after[name][0]}
    assert changed == {"gateway_certificate", "gateway_key", "kafka_keystore"}
    assert {name: it[1] for name, it in before.items()} == {
        name: it[1] for name, it in after.items()
    }
    assert (tmp_path / "authority_certificate").read_bytes() != bought
    assert (tmp_path / "gateway_certificate").read_bytes() == after["gateway_certificate"][0]


def test_what_is_sealed_for_notifications_can_be_opened_by_them(secrets: Path) -> None:
    public = read_key((secrets / "contact_public_key").read_text())
    private = read_key((secrets / "contact_private_key").read_text())

    assert not public.is_private
    assert open_sealed(private, seal(public, {"value": "a@b"})) == {"value": "a@b"}


@pytest.mark.parametrize("words", [["--host"], ["--host", "two words"], ["--hots", "clinic"]])
def test_words_that_it_does_not_know_make_nothing(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("deploy/secrets: ")
    assert list(tmp_path.iterdir()) == []
