"""The worker as a process, on a real broker, database and mail server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.notifications.conftest import environment
from tests.notifications.events import RECEIVER, facility_event, sent

from ihala.config import ConfigError, load
from ihala.events.envelope import to_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.mongo import Database, Document
from ihala.testing.parts import Broker, SmtpSink
from ihala.testing.waiting import wait_for
from ihala_notifications.config import WebSettings, WorkerSettings
from ihala_notifications.operations import OPERATIONS


def publish(broker: Broker, topic: str, events: Sequence[Event]) -> None:
    producer = KafkaSettings((broker.address,)).producer()
    for event in events:
        record = to_record(event)
        producer.send(topic, value=record.value, key=record.key, headers=record.headers)
    producer.flush(timeout=20)
    producer.close(timeout=5)


@pytest.fixture
def worker_environment(
    mongodb_uri: str, smtp: SmtpSink, contact_key: Any, own_broker: Broker
) -> dict[str, str]:
    ours = environment(mongodb_uri, smtp, contact_key, own_broker.address)
    return {**os.environ, **ours, "IHALA_SMTP_TIMEOUT_S": "10"}


@pytest.fixture
def worker(worker_environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "ihala_notifications.worker"]
    with subprocess.Popen(command, env=worker_environment) as process:
        yield process
        process.kill()


def test_an_event_on_the_topic_becomes_one_mail(
    worker: subprocess.Popen[bytes],
    own_broker: Broker,
    database: Database[Document],
    smtp: SmtpSink,
) -> None:
    """Published twice; the event of it reaches the topic, and the worker ends cleanly."""
    publish(own_broker, "registry.facilities", [facility_event(RECEIVER, mail="r@example.org")])
    publish(own_broker, "referrals.events", [sent(), sent()])

    wait_for(smtp.mails, deadline_s=60, what="the mail")
    wait_for(
        lambda: database["notifications"].count_documents(
            {
                "messages.state": "accepted",
                "unsent": {"$exists": False},
                "history.0": {"$exists": True},
            }
        ),
        deadline_s=30,
        what="the record and its event on the topic",
    )

    worker.terminate()
    assert worker.wait(30) == 0
    assert len(smtp.mails()) == 1


def test_a_missing_setting_stops_the_start_by_name(
    worker_environment: dict[str, str],
) -> None:
    """All that are missing or wrong, at once."""
    del worker_environment["IHALA_MAIL_FROM"]
    wrong = {**worker_environment, "IHALA_SMTP": "nowhere", "IHALA_APP_URL": "ihala"}

    with pytest.raises(ConfigError) as raised:
        load(WorkerSettings, wrong)

    for name in ("IHALA_MAIL_FROM", "IHALA_SMTP", "IHALA_APP_URL"):
        assert f"{name}: " in str(raised.value)
    command = [sys.executable, "-m", "ihala_notifications.worker"]
    ended = subprocess.run(command, env=wrong, capture_output=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert b"IHALA_MAIL_FROM" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IHALA_CONTACT_PRIVATE_KEY", "{}"),
        ("IHALA_SMTP_TIMEOUT_S", "0"),
        ("IHALA_SEND_THREADS", "65"),
        ("IHALA_SMTP_TLS", "maybe"),
        ("IHALA_MAIL_FROM", "Ihala <no-reply@example.org>"),
        ("IHALA_WEBHOOK_KEY", "short"),
        ("IHALA_WEBHOOK_ALLOW_PRIVATE", "yes"),
        ("IHALA_SMTP", "a:1,b:2"),
    ],
)
def test_a_wrong_setting_is_named(mongodb_uri: str, name: str, value: str) -> None:
    """With what it must be."""
    with pytest.raises(ConfigError) as raised:
        load(WorkerSettings, {name: value, "IHALA_MONGODB_URI": mongodb_uri})

    assert f"{name}: must be" in str(raised.value)


def test_the_web_needs_no_kafka_and_no_mail_server() -> None:
    """Its settings do not even name them."""
    with pytest.raises(ConfigError) as raised:
        load(WebSettings, {})

    assert "IHALA_KAFKA" not in str(raised.value)
    assert "IHALA_SMTP" not in str(raised.value)


def test_the_command_line_knows_what_notifications_have(database: Database[Document]) -> None:
    """Outlets, projections with their topics, and groups with theirs."""
    assert set(OPERATIONS.outlets(database)) == {"notifications"}
    assert set(OPERATIONS.projections(database)) == {"desks", "referral_facts", "contacts"}
    assert "notifications.referrals" in OPERATIONS.groups
