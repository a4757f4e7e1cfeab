"""Which settings each process of the embedded stack is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ihala.testing.broker import LAYOUT
from ihala_local import keys
from ihala_local.ground import Ground
from ihala_local.places import Places

SERVICES = ("registry", "referrals", "notifications")

Settings = dict[str, str]


@dataclass(frozen=True)
class Around:
    """What the services find around them."""

    places: Places
    mongodb: Mapping[str, str]
    kafka: str
    smtp: str
    issuer: str
    jwks: Path
    ports: Mapping[str, int]
    ground: Ground


def settings_of(service: str, around: Around) -> Settings:
    """What web and worker of a service share; secrets are named by file."""
    secret = around.places.secrets
    shared = {
        "IHALA_MONGODB_URI": around.mongodb[service],
        "IHALA_KAFKA": around.kafka,
        "IHALA_KAFKA_SECURITY": "PLAINTEXT",
        "IHALA_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "IHALA_TOPIC_PARTITIONS": str(LAYOUT.partitions),
        "IHALA_TOPIC_REPLICATION": str(LAYOUT.replication),
        "IHALA_TOKEN_ISSUER": around.issuer,
        "IHALA_TOKEN_AUDIENCE": "ihala",
        "IHALA_JWKS": str(around.jwks),
        "IHALA_CURSOR_KEY_FILE": str(secret / keys.CURSOR_KEY),
    }
    return shared | _own_settings(service, around)


def _own_settings(service: str, around: Around) -> Settings:
    secret = around.places.secrets
    if service == "referrals":
        return {
            "IHALA_MASTER_KEY_FILE": str(secret / keys.MASTER_KEY),
            "IHALA_LOOKUP_KEY_FILE": str(secret / keys.LOOKUP_KEY),
            "IHALA_CONTACT_PUBLIC_KEY_FILE": str(secret / keys.CONTACT_PUBLIC_KEY),
        }
    if service == "notifications":
        return {
            "IHALA_CONTACT_PRIVATE_KEY_FILE": str(secret / keys.CONTACT_PRIVATE_KEY),
            "IHALA_WEBHOOK_KEY_FILE": str(secret / keys.WEBHOOK_KEY),
            "IHALA_WEBHOOK_ALLOW_PRIVATE": "1",
            "IHALA_SMTP": around.smtp,
            "IHALA_SMTP_TLS": "none",
            "IHALA_MAIL_FROM": "no-reply@ihala.example.org",
            "IHALA_CALLBACK": "help@ihala.example.org",
            "IHALA_APP_URL": url_of("referrals", around),
        }
    return {}


def settings_of_web(service: str, around: Around, number: int = 1) -> Settings:
    """What the web process of a service gets on top; there may be several of them."""
    name = web_name(service, number)
    host = around.ground.host_of(name)
    return settings_of(service, around) | {
        "IHALA_SERVICE": service,
        "IHALA_WEB_BIND": f"{host}:{around.ports[port_name(service, number)]}",
        "IHALA_WEB_PROCESSES": "1",
        # One machine of one's own: whoever measures or drills must not meet the limits.
        "IHALA_RATE_PER_MINUTE": "600000",
        "IHALA_ADDRESS_RATE_PER_MINUTE": "600000",
        "IHALA_METRICS_PORT": str(around.ports[f"{name}-metrics"]),
        "IHALA_METRICS_BIND": host,
        **around.ground.settings(name),
    }


def settings_of_worker(service: str, around: Around, number: int = 1) -> Settings:
    """What the worker process of a service gets on top; there may be several of them."""
    name = worker_name(service, number)
    return settings_of(service, around) | {
        "IHALA_METRICS_PORT": str(around.ports[f"{name}-metrics"]),
        "IHALA_METRICS_BIND": around.ground.host_of(name),
        **around.ground.settings(name),
    }


def web_name(service: str, number: int) -> str:
    """How a web of a service is called: ``referrals-web``, and on with ``-2``."""
    return f"{service}-web" if number == 1 else f"{service}-web-{number}"


def worker_name(service: str, number: int) -> str:
    """How a worker of a service is called: ``referrals-worker``, and on with ``-2``."""
    return f"{service}-worker" if number == 1 else f"{service}-worker-{number}"


def url_of(service: str, around: Around, number: int = 1) -> str:
    """Where a web of a service answers."""
    name = web_name(service, number)
    return f"http://{around.ground.host_of(name)}:{around.ports[port_name(service, number)]}"


def port_name(service: str, number: int) -> str:
    """Under which name the port of a web is kept: the first has its service's."""
    return service if number == 1 else web_name(service, number)


def settings_of_backup(mongodb: str, around: Around) -> Settings:
    """What ``ihala backup`` and ``ihala restore`` get; the address is of all databases."""
    return {
        "IHALA_BACKUP_MONGODB_URI": mongodb,
        "IHALA_MASTER_KEY_FILE": str(around.places.secrets / keys.MASTER_KEY),
    }


def write_environment(file: Path, settings: Settings) -> None:
    """An environment file, for ``ihala --env-file``."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{k}={v}\n" for k, v in settings.items()), encoding="utf-8")
