"""The one place that makes Kafka clients, so that their many settings are chosen once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, SaslAuthenticationFailedError

from ihala.settings import WorkerSettings

_ENDS_WITHIN_S = 5.0
_TOPICS_NOTICED_WITHIN_MS = 5_000
"""A group that formed while a topic or a leader was missing gets those partitions this late."""


_REFUSED = (
    "the broker refuses the user {username!r} or its password (IHALA_KAFKA_USERNAME, "
    "IHALA_KAFKA_PASSWORD): give the password that the broker has for it, then start again"
)


class KafkaRefusedError(KafkaError):  # type: ignore[misc]
    """The broker is there and does not take the name or the password."""


class _Refusals(logging.Handler):
    """Hears from kafka-python's log why it cannot connect; what it raises says only that."""

    heard = False

    def emit(self, record: logging.LogRecord) -> None:
        """Remember that a broker has refused us."""
        said = record.args if isinstance(record.args, tuple) else ()
        self.heard |= any(isinstance(it, SaslAuthenticationFailedError) for it in said)


class Producer(KafkaProducer):  # type: ignore[misc]
    """A producer that has ended once it is closed, and gave up what it could not deliver.

    Without this, a close that cannot flush in time raises and leaves the thread to send on, long
    after somebody else has sent the same events and later ones.
    """

    def close(self, timeout: float | None = None, null_logger: bool = False) -> None:
        """Deliver what can be delivered within ``timeout`` seconds, and end."""
        try:
            super().close(timeout, null_logger)
        except KafkaTimeoutError:
            self._sender.force_close()
            super().close(_ENDS_WITHIN_S, null_logger)


class GroupConsumer(KafkaConsumer):  # type: ignore[misc]
    """A consumer that can go without taking leave of its group."""

    def vanish(self, timeout_ms: int) -> None:
        """Close; the group goes on without us when our session has ended."""
        self._coordinator.reset_generation()
        self.close(autocommit=False, timeout_ms=timeout_ms)


@dataclass(frozen=True)
class KafkaSettings:
    """How to reach the brokers, and as whom."""

    servers: tuple[str, ...]
    security: str = "PLAINTEXT"
    username: str = ""
    password: str = ""
    ca: str = ""
    session_timeout_ms: int = 45_000

    @classmethod
    def of(cls, settings: WorkerSettings) -> KafkaSettings:
        """The Kafka part of a worker's settings."""
        return cls(
            settings.kafka,
            settings.kafka_security,
            settings.kafka_username,
            settings.kafka_password,
            settings.kafka_ca,
            settings.kafka_session_timeout_ms,
        )

    @property
    def sessions_are_short(self) -> bool:
        """As on the embedded broker, where a member that is gone is forgotten in seconds."""
        return self.session_timeout_ms < 10_000

    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security,
            "bootstrap_timeout_ms": 4_000,
            "reconnect_backoff_ms": 50,
            "reconnect_backoff_max_ms": 1_000,
            "allow_auto_create_topics": False,
        }
        if self.security.startswith("SASL"):
            common |= {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        if self.security.endswith("SSL"):
            common["ssl_cafile"] = self.ca or None
        return common

    def producer(self) -> Producer:
        """A producer whose acknowledged records are kept by all replicas, once, in order."""
        with self._said_why():
            return Producer(
                **self._common(),
                acks="all",
                enable_idempotence=True,
                linger_ms=2,
                batch_size=131_072,
                max_block_ms=5_000,
                request_timeout_ms=10_000,
                delivery_timeout_ms=15_000,
            )

    def consumer(self, group: str | None) -> GroupConsumer:
        """A consumer that commits nothing by itself and starts at the beginning."""
        with self._said_why():
            return GroupConsumer(
                **self._common(),
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=self.session_timeout_ms,
                heartbeat_interval_ms=self.session_timeout_ms // 5,
                max_poll_interval_ms=600_000,
                fetch_max_wait_ms=25 if self.sessions_are_short else 200,
                metadata_max_age_ms=_TOPICS_NOTICED_WITHIN_MS,
                max_partition_fetch_bytes=4_000_000,
                max_poll_records=2_000,
            )

    def admin(self) -> KafkaAdminClient:
        """An administrative client, for topics and lag."""
        common = self._common()
        del common["allow_auto_create_topics"]
        with self._said_why():
            return KafkaAdminClient(**common, request_timeout_ms=5_000)

    @contextmanager
    def _said_why(self) -> Iterator[None]:
        """Raise KafkaRefusedError where kafka-python only says that it came to nothing in time."""
        refusals, log = _Refusals(), logging.getLogger("kafka.net.manager")
        if not log.isEnabledFor(logging.WARNING):
            # Where kafka-python is silenced, it stays so for all but us.
            log.setLevel(logging.WARNING)
            log.propagate = False
        log.addHandler(refusals)
        try:
            yield
        except KafkaTimeoutError as error:
            if refusals.heard:
                raise KafkaRefusedError(_REFUSED.format(username=self.username)) from error
            raise
        finally:
            log.removeHandler(refusals)
