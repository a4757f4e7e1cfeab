"""Certificates that end soon, have ended or that nobody trusts are named."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.shared.doctor.conftest import Doctor

from ihala.doctor.certificates import Endpoint, examined, of_file
from ihala.leases import Lease
from ihala.testing.ports import free_port

Signed = Callable[[int], tuple[Path, Path]]


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates; ``file`` is its own."""

    folder: Path
    key: Ed25519PrivateKey

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def signs(self, name: str, days: int, key: Ed25519PrivateKey, *, ca: bool = False) -> bytes:
        """A certificate in PEM that ends after so many days, even before today."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days, hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(_ADDRESS, critical=False)
        )
        return builder.sign(self.key, None).public_bytes(Encoding.PEM)


_ADDRESS = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"), Ed25519PrivateKey.generate())
    made.file.write_bytes(made.signs("authority", 3650, made.key, ca=True))
    return made


@pytest.fixture
def signed(authority: Authority, tmp_path: Path) -> Signed:
    """A key and a certificate for 127.0.0.1 that ends after so many days."""

    def sign(days: int) -> tuple[Path, Path]:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "gateway.key").write_bytes(pem)
        (tmp_path / "gateway.pem").write_bytes(authority.signs("gateway", days, key))
        return tmp_path / "gateway.key", tmp_path / "gateway.pem"

    return sign


@contextmanager
def serving(key: Path, certificate: Path, authority: Authority) -> Iterator[Endpoint]:
    """A server with this certificate."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Endpoint("the gateway", "127.0.0.1", server.server_port, str(authority.file))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("days", "level", "says"),
    [(90, "ok", "holds until"), (20, "warn", "20 days"), (-2, "bad", "expired on")],
)
def test_how_long_a_served_certificate_holds(
    signed: Signed, authority: Authority, days: int, level: str, says: str
) -> None:
    key, certificate = signed(days)
    with serving(key, certificate, authority) as endpoint:
        found = examined(endpoint)

    assert found.level == level
    assert says in found.says
    assert bool(found.mend) == (level != "ok")


def test_a_certificate_that_callers_do_not_trust_is_named(
    signed: Signed, authority: Authority
) -> None:
    """Its authority is not one that this machine knows."""
    with serving(*signed(90), authority) as endpoint:
        found = examined(Endpoint("the gateway", endpoint.host, endpoint.port))

    assert found.level == "bad"
    assert "is not trusted" in found.says


def test_an_endpoint_that_does_not_answer_is_named() -> None:
    found = examined(Endpoint("the gateway", "127.0.0.1", free_port()))

    assert found.level == "bad"
    assert "cannot be asked for" in found.says


def test_a_certificate_in_a_file_is_looked_at(
    signed: Signed, doctor: Doctor, well: Lease, settings: dict[str, str], authority: Authority
) -> None:
    _, certificate = signed(5)
    settings["IHALA_KAFKA_CA"] = str(authority.file)

    visit = doctor("--certificate", str(certificate))

    assert '"certificate gateway.pem"' in visit.output
    assert "renew it now" in visit.output
    assert visit.of("certificate authority.pem")["level"] == "ok"
    assert of_file(authority.folder / "none.pem").level == "bad"
