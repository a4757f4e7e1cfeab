"""Certificates: do they hold, are they trusted, and for how many days still."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from ihala.doctor.finding import Finding, bad, ok, warn
from ihala.doctor.patient import Patient

SOON_DAYS = 21
_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somewhere that speaks TLS; ``ca`` is the file of its authority, empty for the system's."""

    name: str
    host: str
    port: int
    ca: str = ""

    @property
    def check(self) -> str:
        """What its check is called."""
        return f"certificate of {self.name}"


Wrap = Callable[[ssl.SSLContext, Endpoint], ssl.SSLSocket]


def served(patient: Patient) -> Iterator[Finding]:
    """Every certificate that the service, or who calls it, relies on."""
    for endpoint in _endpoints(patient):
        yield examined(endpoint)
    authority = patient.environment.get("IHALA_KAFKA_CA", "")
    if authority:
        yield of_file(Path(authority))


def _endpoints(patient: Patient) -> Iterator[Endpoint]:
    for name, setting in (("the gateway", "IHALA_PUBLIC_URL"), ("the issuer", "IHALA_JWKS")):
        address = urlsplit(patient.environment.get(setting, ""))
        if address.scheme == "https" and address.hostname:
            yield Endpoint(name, address.hostname, address.port or 443)
    if patient.kafka.security.endswith("SSL"):
        for server in patient.kafka.servers:
            host, _, port = server.rpartition(":")
            yield Endpoint(f"the broker {server}", host.strip("[]"), int(port), patient.kafka.ca)
    options = patient.database.client.options.pool_options
    if options._ssl_context is not None:  # noqa: SLF001 - pymongo says it nowhere else.
        for host, number in sorted(patient.database.client.nodes):
            yield Endpoint(f"the database {host}", host, number or 27017)


def wrapped(context: ssl.SSLContext, endpoint: Endpoint) -> ssl.SSLSocket:
    """A TLS connection from the first byte on."""
    plain = socket.create_connection((endpoint.host, endpoint.port), timeout=_WITHIN_S)
    return context.wrap_socket(plain, server_hostname=endpoint.host)


def examined(endpoint: Endpoint, wrap: Wrap = wrapped) -> Finding:
    """What is to be said of the certificate that an endpoint shows."""
    try:
        certificate = x509.load_der_x509_certificate(_shown(endpoint, wrap))
    except OSError as error:
        mend = f"see that {endpoint.host}:{endpoint.port} runs, speaks TLS and can be reached"
        return bad(endpoint.check, f"cannot be asked for: {error}", mend)
    found = _judged(endpoint.check, certificate)
    distrust = "" if found.level == "bad" else _distrust(endpoint, wrap)
    if distrust:
        mend = "replace it with one that callers' authorities have signed, for this name"
        return bad(endpoint.check, f"is not trusted: {distrust}", mend)
    return found


def _shown(endpoint: Endpoint, wrap: Wrap) -> bytes:
    """The certificate as it is shown, whether or not anybody trusts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with wrap(context, endpoint) as connection:
        return connection.getpeercert(binary_form=True) or b""


def _distrust(endpoint: Endpoint, wrap: Wrap) -> str:
    """Why a careful caller would turn away; empty when it would not."""
    try:
        with wrap(ssl.create_default_context(cafile=endpoint.ca or None), endpoint):
            return ""
    except ssl.SSLError as error:
        return getattr(error, "verify_message", "") or str(error)


def of_file(file: Path) -> Finding:
    """What is to be said of the first certificate in a PEM file."""
    check = f"certificate {file.name}"
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        return bad(check, f"cannot be read: {error}", f"put a certificate in PEM at {file}")
    return _judged(check, certificate)


def _judged(check: str, certificate: x509.Certificate) -> Finding:
    ends = certificate.not_valid_after_utc
    days = (ends - datetime.now(UTC)).total_seconds() / 86_400
    says = f"holds until {ends:%Y-%m-%d}, {days:.0f} days"
    if days < 0:
        return bad(check, f"expired on {ends:%Y-%m-%d}", "replace it now")
    return warn(check, says, "renew it now") if days < SOON_DAYS else ok(check, says)
