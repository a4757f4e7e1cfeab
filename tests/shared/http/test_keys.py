"""The issuer's keys: found when new, kept when the issuer is down, forgotten when withdrawn."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc.errors import InvalidKeyIdError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from tests.shared.http.conftest import MakeThings

from ihala.config import ConfigError
from ihala.http.keys import SigningKeys, jwks_source, parse_keys, read_source
from ihala.http.refusals import KeysUnavailable
from ihala.testing.waiting import wait_for


def jwks(*keys: Any) -> bytes:
    return json.dumps(KeySet(list(keys)).as_dict(private=False)).encode()


def ed25519(key_id: str, **parameters: Any) -> OKPKey:
    named: Any = {"kid": key_id, **parameters}
    return OKPKey.generate_key("Ed25519", named)


class ToyIssuer:
    """Counts how often it is asked, and can be down."""

    def __init__(self, document: bytes) -> None:
        self.document, self.down, self.asked, self.time = document, False, 0, 0.0

    def fetch(self, _source: str) -> bytes:
        self.asked += 1
        if self.down:
            raise OSError("unreachable")
        return self.document

    def keys(self) -> SigningKeys:
        return SigningKeys("https://issuer.test/jwks", fetch=self.fetch, monotonic=self.clock)

    def clock(self) -> float:
        return self.time


def test_a_new_key_is_looked_for_when_a_token_names_it() -> None:
    issuer = ToyIssuer(jwks(ed25519("old")))
    keys = issuer.keys()
    keys.find("old")
    issuer.document = jwks(ed25519("old"), ed25519("new"))
    issuer.time += 11

    assert keys.find("new").kid == "new"


def test_unknown_keys_do_not_make_us_hammer_the_issuer() -> None:
    issuer = ToyIssuer(jwks(ed25519("only")))
    keys = issuer.keys()

    for number in range(100):
        with pytest.raises(InvalidKeyIdError):
            keys.find(f"unknown-{number}")

    assert issuer.asked == 1


def test_the_last_known_keys_serve_while_the_issuer_is_down() -> None:
    issuer = ToyIssuer(jwks(ed25519("known")))
    keys = issuer.keys()
    keys.find("known")
    issuer.down = True
    issuer.time += 10_000

    keys.renew_when_old()
    wait_for(lambda: issuer.asked == 2)

    assert keys.find("known").kid == "known"
    keys.check()


def test_without_any_key_we_say_that_we_cannot_tell() -> None:
    issuer = ToyIssuer(b"")
    issuer.down = True
    keys = issuer.keys()

    with pytest.raises(KeysUnavailable):
        keys.find("some")
    with pytest.raises(KeysUnavailable):
        keys.check()


def test_old_keys_are_renewed_in_the_background_and_withdrawn_ones_raise_the_generation() -> None:
    issuer = ToyIssuer(jwks(ed25519("first"), ed25519("second")))
    keys = issuer.keys()
    keys.find("first")
    before = keys.generation
    issuer.document = jwks(ed25519("third"))
    issuer.time += 301

    keys.renew_when_old()

    wait_for(lambda: keys.generation > before)
    with pytest.raises(InvalidKeyIdError):
        keys.find("first")


def test_a_broken_renewal_keeps_what_was_known() -> None:
    issuer = ToyIssuer(jwks(ed25519("known")))
    keys = issuer.keys()
    keys.find("known")

    for broken in (b"", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "OKP"}]}', b"\xff", b"{}"):
        issuer.document = broken
        issuer.time += 11
        with pytest.raises(InvalidKeyIdError):
            keys.find("other")

    assert issuer.asked == 7
    assert keys.find("known").kid == "known"


def test_a_token_without_key_id_needs_a_single_key() -> None:
    assert ToyIssuer(jwks(ed25519("only"))).keys().find(None).kid == "only"

    with pytest.raises(InvalidKeyIdError):
        ToyIssuer(jwks(ed25519("a"), ed25519("b"))).keys().find(None)


def test_only_keys_that_may_sign_and_are_strong_are_taken() -> None:
    with pytest.warns(SecurityWarning, match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    document = jwks(
        ed25519("good"),
        ed25519("encrypts", use="enc"),
        OKPKey.generate_key("X25519", {"kid": "x"}),
        ECKey.generate_key("P-256", {"kid": "p256"}),
        ECKey.generate_key("P-521", {"kid": "p521"}),
        weak,
    )
    secret = OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True)
    with_secret = json.dumps({"keys": [*json.loads(document)["keys"], secret, 7]}).encode()

    assert set(parse_keys(with_secret)) == {"good", "p256"}


@pytest.mark.parametrize(
    "source",
    [
        "http://issuer.test/jwks",
        "ftp://issuer.test/jwks",
        "file:///etc/passwd",
        "/nowhere/jwks.json",
        "https:jwks.json",
    ],
)
def test_a_setting_that_names_no_trustworthy_source_stops_the_start(
    things_app: MakeThings, source: str
) -> None:
    with pytest.raises(ConfigError, match="IHALA_JWKS"):
        things_app(IHALA_JWKS=source)


def test_a_file_without_usable_keys_stops_the_start(things_app: MakeThings, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    for content in ("", "{}", '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "!"}]}'):
        file.write_text(content)
        with pytest.raises(ConfigError, match="IHALA_JWKS"):
            things_app(IHALA_JWKS=str(file))


def test_keys_come_over_http_without_following_redirects(web: str) -> None:
    assert jwks_source(f"{web}/jwks") == f"{web}/jwks"
    assert parse_keys(read_source(f"{web}/jwks"))

    for path in ("/moved", "/missing"):
        with pytest.raises(OSError, match="cannot be fetched"):
            read_source(f"{web}{path}")


class _Jwks(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = {"/jwks": 200, "/moved": 302}.get(self.path, 404)
        self.send_response(status)
        self.send_header("Location", "/jwks")
        self.end_headers()
        self.wfile.write(jwks(ed25519("k")) if status == 200 else b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Jwks) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
