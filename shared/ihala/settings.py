"""The settings that every process has; a service's own come on top in its ``config.py``."""

from __future__ import annotations

from dataclasses import dataclass

from ihala.config import (
    ConfigError,
    between,
    host_ports,
    http_address,
    one_of,
    port,
    secret,
    setting,
    whole_number,
)
from ihala.events.topics import PARTITIONS
from ihala.mongo import mongodb_uri


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """What the web and the worker of a service both need."""

    mongodb_uri: str = setting(
        "IHALA_MONGODB_URI", mongodb_uri, doc="the service's own database, with its name"
    )
    log_level: str = setting(
        "IHALA_LOG_LEVEL",
        one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        default="INFO",
        doc="how much to log",
    )
    metrics_port: int = setting(
        "IHALA_METRICS_PORT", port, default=0, doc="where /metrics is served; 0 is off"
    )
    bind: str = setting(
        "IHALA_METRICS_BIND", default="127.0.0.1", doc="the address that /metrics is served on"
    )
    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        http_address,
        default="",
        doc="where traces go, by OTLP over HTTP, such as http://collector:4318; empty: nowhere",
    )


@dataclass(frozen=True, kw_only=True)
class WebSettings(ProcessSettings):
    """What the web process needs on top."""

    token_issuer: str = setting("IHALA_TOKEN_ISSUER", doc="the issuer that tokens must name")
    token_audience: str = setting(
        "IHALA_TOKEN_AUDIENCE", default="ihala", doc="the audience that tokens must name"
    )
    jwks: str = setting("IHALA_JWKS", doc="https URL or file with the issuer's public keys")
    cursor_key: str = setting(
        "IHALA_CURSOR_KEY", secret, doc="seals page cursors; the same for all web processes"
    )
    public_url: str = setting(
        "IHALA_PUBLIC_URL", default="", doc="how callers reach this service; empty: as they asked"
    )
    trusted_proxies: int = setting(
        "IHALA_TRUSTED_PROXIES",
        whole_number,
        default=0,
        doc="how many proxies in front write X-Forwarded-For, -Proto, -Host and -Prefix",
    )
    max_body_bytes: int = setting(
        "IHALA_MAX_BODY_BYTES", whole_number, default=1 << 20, doc="the largest JSON body"
    )
    rate_per_minute: int = setting(
        "IHALA_RATE_PER_MINUTE",
        whole_number,
        default=1200,
        doc="requests a minute for each caller and web process; 0 is no limit",
    )
    address_rate_per_minute: int = setting(
        "IHALA_ADDRESS_RATE_PER_MINUTE",
        whole_number,
        default=600,
        doc="requests a minute without a known token, for each address; 0 is no limit",
    )


@dataclass(frozen=True, kw_only=True)
class WorkerSettings(ProcessSettings):
    """What the worker process needs on top."""

    kafka: tuple[str, ...] = setting("IHALA_KAFKA", host_ports, doc="the brokers to ask first")
    kafka_security: str = setting(
        "IHALA_KAFKA_SECURITY",
        one_of("PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"),
        default="SASL_SSL",
        doc="how to speak to the broker; PLAINTEXT only on one machine",
    )
    kafka_username: str = setting("IHALA_KAFKA_USERNAME", default="", doc="the service's principal")
    kafka_password: str = setting("IHALA_KAFKA_PASSWORD", default="", doc="its password")
    kafka_ca: str = setting("IHALA_KAFKA_CA", default="", doc="file with the broker's CA")
    kafka_session_timeout_ms: int = setting(
        "IHALA_KAFKA_SESSION_TIMEOUT_MS",
        between(1_000, 1_800_000),
        default=45_000,
        doc="after so many silent milliseconds a consumer counts as dead",
    )
    relay_slots: int = setting(
        "IHALA_RELAY_SLOTS",
        between(1, 64),
        default=1,
        doc="relays that share the documents",
    )
    topic_partitions: int = setting(
        "IHALA_TOPIC_PARTITIONS",
        between(1, 1_000),
        default=PARTITIONS,
        doc="how many partitions topics must have: `ihala topics` makes them so, the doctor looks",
    )
    topic_replication: int = setting(
        "IHALA_TOPIC_REPLICATION",
        between(1, 9),
        default=3,
        doc="how many copies topics must have, for `ihala doctor`",
    )

    def __post_init__(self) -> None:
        """Raise ConfigError when the broker wants a name and a password, and one is missing."""
        needed = {
            "IHALA_KAFKA_USERNAME": self.kafka_username,
            "IHALA_KAFKA_PASSWORD": self.kafka_password,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing and self.kafka_security != "PLAINTEXT":
            names = ", ".join(missing)
            raise ConfigError(
                f"cannot start, settings are wrong:\n  {names}: missing, and "
                f"IHALA_KAFKA_SECURITY={self.kafka_security} needs both"
            )
