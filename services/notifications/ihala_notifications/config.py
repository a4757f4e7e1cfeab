"""The settings of the notifications service; a missing or wrong one stops the start, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from joserfc.jwk import OKPKey

from ihala import settings
from ihala.config import host_ports, one_of, secret, setting, whole_number
from ihala.sealing import read_keys
from ihala_notifications.keeping import NOTIFICATIONS_DAYS

_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[A-Za-z0-9.-]{1,190}")


def mail_address(text: str) -> str:
    """A bare e-mail address, such as ``no-reply@ihala.example.org``."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be a bare e-mail address, such as no-reply@ihala.example.org")
    return text


def one_server(text: str) -> tuple[str, int]:
    """One ``host:port``."""
    servers = host_ports(text)
    if len(servers) != 1:
        raise ValueError("must be one host:port")
    host, _, port = servers[0].rpartition(":")
    return host.strip("[]"), int(port)


def web_address(text: str) -> str:
    """An http or https address without a query, given back without a closing slash."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://ihala.example.org")
    return text.rstrip("/")


def private_keys(text: str) -> tuple[OKPKey, ...]:
    """Private X25519 keys: one as a JWK in JSON, or several as a JWKS, the one in use first."""
    keys = read_keys(text)
    if not all(key.is_private for key in keys):
        raise ValueError("must be the private key, not the public one")
    return keys


def secrets(text: str) -> tuple[str, ...]:
    """One secret a line, the one in use first."""
    return tuple(secret(line.strip()) for line in text.splitlines())


def seconds(text: str) -> int:
    """A whole number of seconds, at least one."""
    number = whole_number(text)
    if not 1 <= number <= 3600:
        raise ValueError("must be a number of seconds from 1 to 3600")
    return number


def days(text: str) -> int:
    """A number of days. Sooner than a week, an event that is sent again could be told again."""
    number = whole_number(text)
    if number != 0 and not 7 <= number <= 36_500:
        raise ValueError("must be 0, or a number of days from 7 to 36500")
    return number


def threads(text: str) -> int:
    """How many threads work side by side."""
    number = whole_number(text)
    if not 1 <= number <= 64:
        raise ValueError("must be a number from 1 to 64")
    return number


@dataclass(frozen=True, kw_only=True)
class OfNotifications:
    """What the web and the worker of notifications both need."""

    webhook_keys: tuple[str, ...] = setting(
        "IHALA_WEBHOOK_KEY",
        secrets,
        doc="encrypts the secrets that webhooks are signed with; one a line, the one in use first",
    )
    webhook_allow_private: bool = setting(
        "IHALA_WEBHOOK_ALLOW_PRIVATE",
        lambda text: one_of("0", "1")(text) == "1",
        default=False,
        doc="1 lets webhooks go to private addresses and plain http; for one machine only",
    )
    callback: str = setting(
        "IHALA_CALLBACK", doc="the phone number or address that every message names for questions"
    )
    app_url: str = setting(
        "IHALA_APP_URL",
        web_address,
        doc="where people read what a message is about; links in messages begin with it",
    )


@dataclass(frozen=True, kw_only=True)
class WebSettings(OfNotifications, settings.WebSettings):
    """What the web process needs."""


@dataclass(frozen=True, kw_only=True)
class WorkerSettings(OfNotifications, settings.WorkerSettings):
    """What the worker process needs."""

    contact_private_keys: tuple[OKPKey, ...] = setting(
        "IHALA_CONTACT_PRIVATE_KEY",
        private_keys,
        doc="opens how a person may be reached: a private X25519 key as a JWK in JSON; or several"
        " as a JWKS, the one in use first",
    )
    smtp: tuple[str, int] = setting("IHALA_SMTP", one_server, doc="the mail server, host:port")
    smtp_tls: str = setting(
        "IHALA_SMTP_TLS",
        one_of("none", "starttls", "tls"),
        default="starttls",
        doc="how the connection to the mail server is protected",
    )
    smtp_username: str = setting("IHALA_SMTP_USERNAME", default="", doc="the mail server's account")
    smtp_password: str = setting("IHALA_SMTP_PASSWORD", default="", doc="its password")
    mail_from: str = setting("IHALA_MAIL_FROM", mail_address, doc="the sender of all e-mail")
    smtp_timeout_s: int = setting(
        "IHALA_SMTP_TIMEOUT_S", seconds, default=20, doc="how long each answer may take"
    )
    send_lease_s: int = setting(
        "IHALA_SEND_LEASE_S",
        seconds,
        default=90,
        doc="after so long without a recorded answer, a message in mid-send is unknown",
    )
    kept_days: int = setting(
        "IHALA_NOTIFICATIONS_KEPT_DAYS",
        days,
        default=NOTIFICATIONS_DAYS,
        doc="how long a notification is kept, with its messages and attempts; 0 is for good",
    )
    send_threads: int = setting(
        "IHALA_SEND_THREADS", threads, default=4, doc="messages that are sent side by side"
    )
