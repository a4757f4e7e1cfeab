"""What the doctor asks of notifications alone: the mail server, and the key of contacts."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator

from ihala.doctor.certificates import Endpoint, examined
from ihala.doctor.finding import Finding, bad, ok
from ihala.mongo import Database, Document
from ihala.sealing import open_by_any
from ihala_notifications.channels.email import EmailChannel
from ihala_notifications.config import WorkerSettings
from ihala_notifications.domain.delivery import DeliveryProblem, Misconfigured
from ihala_notifications.store.contacts import ContactStore
from ihala_notifications.wiring import mail_server

_WITHIN_S = 5.0


def checks(database: Database[Document], settings: WorkerSettings) -> Iterator[Finding]:
    """The mail server without sending a mail, its certificate, and one sealed contact."""
    yield _mail_server(settings)
    host, port = settings.smtp
    if settings.smtp_tls == "tls":
        yield examined(Endpoint("the mail server", host, port))
    elif settings.smtp_tls == "starttls":
        yield examined(Endpoint("the mail server", host, port), _starttls)
    yield _contact_key(ContactStore(database), settings)


def _mail_server(settings: WorkerSettings) -> Finding:
    where = f"{settings.smtp[0]}:{settings.smtp[1]}"
    try:
        EmailChannel(mail_server(settings)).greet()
    except Misconfigured as problem:
        mend = "mend IHALA_SMTP_TLS, IHALA_SMTP_USERNAME, its password or IHALA_MAIL_FROM"
        return bad("mail server", f"{where} does not let us send: {problem}", mend)
    except DeliveryProblem as problem:
        mend = "mend IHALA_SMTP, or bring the mail server and the way to it back"
        return bad("mail server", f"{where}: {problem}", mend)
    return ok("mail server", f"{where} takes us and our sender; no mail was sent")


def _starttls(context: ssl.SSLContext, endpoint: Endpoint) -> ssl.SSLSocket:
    """A connection of SMTP that was made a TLS connection."""
    smtp = smtplib.SMTP(endpoint.host, endpoint.port, timeout=_WITHIN_S)
    try:
        smtp.starttls(context=context)
    except smtplib.SMTPException as error:
        smtp.close()
        raise OSError(f"no STARTTLS: {error}") from error
    if not isinstance(smtp.sock, ssl.SSLSocket):
        raise OSError("no STARTTLS")
    return smtp.sock


def _contact_key(contacts: ContactStore, settings: WorkerSettings) -> Finding:
    """Whether our private key opens what referrals seal; what it says is not looked at."""
    sealed = contacts.any_sealed()
    if sealed is None:
        return ok("contact key", "no contact was sealed yet")
    try:
        open_by_any(settings.contact_private_keys, sealed)
    except ValueError:
        mend = "IHALA_CONTACT_PUBLIC_KEY of referrals must be the public half of our private key"
        return bad("contact key", "it does not open what referrals have sealed", mend)
    return ok("contact key", "it opens what referrals have sealed")
