"""What the command says when it cannot begin, and where its tokens come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.shared.cli.smallest import SMALLEST, Ihala

from ihala.cli import main, service


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(service, "installed", lambda: {"registry": SMALLEST})
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["parked", "list", "registry"], env={"IHALA_KAFKA": "a:1"})

    assert result.exit_code == 1
    assert "IHALA_MONGODB_URI: is missing" in result.output
    assert "--env-file" in result.output


def test_an_unknown_service_is_named(ihala: Ihala) -> None:
    result = ihala("parked", "list", "laboratory")

    assert result.exit_code == 2
    assert "'laboratory' is not installed here (there are: registry)" in result.output


def test_an_unreachable_broker_is_one_sentence(ihala: Ihala, env_file: Path) -> None:
    env_file.write_text(env_file.read_text() + "IHALA_KAFKA=127.0.0.1:1\n")

    result = ihala("lag", "registry")

    assert result.exit_code == 1
    assert "Error: cannot be reached now" in result.output


def test_a_token_comes_from_the_running_stack(tmp_path: Path) -> None:
    stack = tmp_path / "stack.json"
    stack.write_text(json.dumps({"tokens": {"clinic_a": "ey.J.x"}}))

    found = CliRunner().invoke(main, ["token", "clinic_a", "--stack", str(stack)])
    unknown = CliRunner().invoke(main, ["token", "clinic_z", "--stack", str(stack)])
    down = CliRunner().invoke(main, ["token", "clinic_a", "--stack", str(tmp_path / "none")])

    assert found.stdout == "ey.J.x\n"
    assert "only: clinic_a" in unknown.output
    assert "`make up` writes it" in down.output
