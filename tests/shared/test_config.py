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
