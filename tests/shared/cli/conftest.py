"""The command, on a real database and broker."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.shared.cli.smallest import SMALLEST, Ihala

from ihala.cli import main, service
from ihala.testing.parts import Broker


@pytest.fixture
def env_file(tmp_path: Path, mongodb_uri: str, broker: Broker) -> Path:
    file = tmp_path / "registry.env"
    file.write_text(
        f"# settings of the service\nIHALA_MONGODB_URI={mongodb_uri}\n"
        f"IHALA_KAFKA={broker.address}\nIHALA_KAFKA_SECURITY=PLAINTEXT\n"
        "IHALA_KAFKA_SESSION_TIMEOUT_MS=2000\n"
    )
    return file


@pytest.fixture
def ihala(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> Ihala:
    monkeypatch.setattr(service, "installed", lambda: {"registry": SMALLEST})
    monkeypatch.setenv("COLUMNS", "300")

    def run(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, [*words, "--env-file", str(env_file)], input=typed)

    return run
