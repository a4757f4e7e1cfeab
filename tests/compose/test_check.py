"""deploy/check names what would keep the system from starting, and what mends it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ihala.testing.ports import free_port

ROOT = Path(__file__).parents[2]

SETTINGS = """\
IHALA_TOKEN_ISSUER=https://login.example.org
IHALA_JWKS=https://login.example.org/keys
IHALA_SMTP=mail.example.org:587
IHALA_MAIL_FROM=no-reply@ihala.example.org
IHALA_CALLBACK=help@ihala.example.org
"""

Check = Callable[[], list[str]]


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files with all secrets, made once: keys take their time."""
    folder = tmp_path_factory.mktemp("laid-out")
    leave_out = shutil.ignore_patterns("secrets.d", "__pycache__", "local")
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=leave_out)
    shutil.copy(ROOT / "docker-compose.yml", folder)
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run([str(folder / "deploy" / "secrets")], check=True, capture_output=True)
    return folder


@pytest.fixture
def folder(laid_out: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil, with its own free ports."""
    place = tmp_path / "ihala"
    shutil.copytree(laid_out, place)
    ports = f"IHALA_HTTPS_PORT={free_port()}\nIHALA_HTTP_PORT={free_port()}\n"
    (place / ".env").write_text(SETTINGS + ports)
    return place


@pytest.fixture
def check(folder: Path) -> Check:
    """The lines about files, settings and ports; there is no engine to ask."""

    def run() -> list[str]:
        nowhere = {"DOCKER_HOST": f"unix://{folder}/none.sock"}
        inherited = {key: it for key, it in os.environ.items() if not key.startswith("IHALA_")}
        done = subprocess.run(
            [str(folder / "deploy" / "check")],
            env=inherited | nowhere,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert any("docker" in line.lower() and "mend: " in line for line in lines)
        return [line for line in lines if "ngine" not in line and "docker is not" not in line]

    return run


def secret(folder: Path, name: str) -> Path:
    return folder / "deploy" / "secrets.d" / name


def test_nothing_is_wrong_with_what_deploy_secrets_made(check: Check) -> None:
    assert check() == []


def test_a_setting_that_is_missing_is_named_with_what_it_is(folder: Path, check: Check) -> None:
    env = folder / ".env"
    env.write_text(env.read_text().replace("IHALA_SMTP=mail.example.org:587\n", ""))

    assert check() == [
        "mend: IHALA_SMTP is not set; put it into .env: your mail server, as host:port"
    ]


def test_no_secrets_at_all(folder: Path, check: Check) -> None:
    shutil.rmtree(folder / "deploy" / "secrets.d")

    assert len(lines := check()) == 1
    assert "run deploy/secrets --host NAME" in lines[0]


def test_a_missing_secret(folder: Path, check: Check) -> None:
    secret(folder, "cursor_key").unlink()

    assert len(lines := check()) == 1
    assert "deploy/secrets.d/cursor_key is missing: run deploy/secrets" in lines[0]


def test_a_secret_that_docker_made_a_folder_of(folder: Path, check: Check) -> None:
    secret(folder, "cursor_key").unlink()
    secret(folder, "cursor_key").mkdir()

    assert len(lines := check()) == 1
    assert "rmdir it, then run deploy/secrets" in lines[0]


def test_an_empty_secret(folder: Path, check: Check) -> None:
    secret(folder, "webhook_key").unlink()
    secret(folder, "webhook_key").touch()

    assert len(lines := check()) == 1
    assert "deploy/secrets.d/webhook_key is empty: put back your copy" in lines[0]


def test_a_secret_that_no_container_can_read(folder: Path, check: Check) -> None:
    secret(folder, "lookup_key").chmod(0o400)

    assert len(lines := check()) == 1
    assert "chmod 444" in lines[0]


def test_a_password_that_is_not_in_the_address_of_the_database(folder: Path, check: Check) -> None:
    secret(folder, "mongo_registry_password").unlink()
    secret(folder, "mongo_registry_password").write_text("another")
    secret(folder, "mongo_registry_password").chmod(0o444)

    assert len(lines := check()) == 1
    assert "registry_mongodb_uri has another password" in lines[0]


def test_an_account_at_the_mail_server_without_its_password(folder: Path, check: Check) -> None:
    with (folder / ".env").open("a") as settings:
        settings.write("IHALA_SMTP_USERNAME=ihala\n")

    assert len(lines := check()) == 1
    assert "smtp_password is empty" in lines[0]


def test_a_certificate_and_the_key_of_another(folder: Path, check: Check) -> None:
    secret(folder, "gateway_key").unlink()
    shutil.copy(secret(folder, "authority_key"), secret(folder, "gateway_key"))

    assert len(lines := check()) == 1
    assert "gateway_key is not the key of gateway_certificate" in lines[0]


def test_a_script_that_no_container_can_read(folder: Path, check: Check) -> None:
    (folder / "deploy" / "mongo" / "start.sh").chmod(0o700)

    assert len(lines := check()) == 1
    assert "chmod -R o+rX deploy" in lines[0]


def test_a_port_that_is_taken(folder: Path, check: Check) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (folder / ".env").open("a") as settings:
            settings.write(f"IHALA_HTTPS_PORT={port}\n")
        lines = check()

    assert len(lines) == 1
    assert f"port {port} of 127.0.0.1 is taken" in lines[0]
    assert "IHALA_HTTPS_PORT" in lines[0]
