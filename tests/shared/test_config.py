"""Settings that are missing or wrong stop the start, all of them by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ihala.config import ConfigError, load
from ihala.settings import WebSettings, WorkerSettings

WEB = {
    "IHALA_MONGODB_URI": "mongodb://127.0.0.1:27017/ihala_registry",
    "IHALA_TOKEN_ISSUER": "https://id.example.org",
    "IHALA_JWKS": "jwks.json",
    "IHALA_CURSOR_KEY": "0123456789abcdef0123456789abcdef",
}


def test_every_wrong_setting_is_named_at_once() -> None:
    """An operator mends them all in one go."""
    wrong = {**WEB, "IHALA_MONGODB_URI": "mongodb://host", "IHALA_CURSOR_KEY": "short"}
    del wrong["IHALA_JWKS"]

    with pytest.raises(ConfigError) as caught:
        load(WebSettings, {**wrong, "IHALA_METRICS_PORT": "70000", "IHALA_LOG_LEVEL": "loud"})

    for name in ("MONGODB_URI", "CURSOR_KEY", "JWKS", "METRICS_PORT", "LOG_LEVEL"):
        assert f"IHALA_{name}: " in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "host", "host:0", "host:99999", ":9092", "a:1,,b:2"])
def test_a_broker_must_be_host_and_port(value: str) -> None:
    """As must each of several."""
    with pytest.raises(ConfigError, match="IHALA_KAFKA"):
        load(WorkerSettings, {**WEB, "IHALA_KAFKA": value})


def test_a_setting_may_lie_in_a_file(tmp_path: Path) -> None:
    """As container secrets do."""
    file = tmp_path / "secret"
    file.write_text(WEB["IHALA_CURSOR_KEY"] + "\n")
    environ = {**WEB, "IHALA_CURSOR_KEY": "", "IHALA_CURSOR_KEY_FILE": str(file)}

    assert load(WebSettings, environ).cursor_key == WEB["IHALA_CURSOR_KEY"]
    with pytest.raises(ConfigError, match="IHALA_CURSOR_KEY_FILE cannot be read"):
        load(WebSettings, {**environ, "IHALA_CURSOR_KEY_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("slots", ["0", "65", "-1", "two"])
def test_a_worker_that_would_send_nothing_does_not_start(slots: str) -> None:
    """No relay at all would leave every event unsent, without a word."""
    with pytest.raises(ConfigError, match="IHALA_RELAY_SLOTS"):
        load(WorkerSettings, {**WEB, "IHALA_KAFKA": "host:9092", "IHALA_RELAY_SLOTS": slots})


def test_a_broker_that_wants_a_password_is_not_asked_without_one() -> None:
    """The message names what is missing; on one machine, PLAINTEXT needs neither."""
    given = {**WEB, "IHALA_KAFKA": "host:9092", "IHALA_KAFKA_USERNAME": "registry"}

    with pytest.raises(ConfigError, match="IHALA_KAFKA_PASSWORD: missing") as caught:
        load(WorkerSettings, given)

    assert "IHALA_KAFKA_USERNAME" not in str(caught.value)
    assert load(WorkerSettings, {**given, "IHALA_KAFKA_SECURITY": "PLAINTEXT"}).relay_slots == 1
