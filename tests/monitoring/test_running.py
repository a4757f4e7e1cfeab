"""Running processes say what dashboards, alerts and people read, and nothing of anybody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.monitoring.conftest import (
    NAME,
    NOTE,
    PHONE,
    PROCESSES,
    SAFE_ADDRESS,
    WORDS,
    Followed,
)
from tests.monitoring.files import expressions, metrics_of

from ihala.events.topics import TOPICS, is_counted
from ihala.metrics import FAILURES
from ihala.testing.waiting import wait_for
from ihala_notifications.usecases.counted import PROBLEMS

pytestmark = pytest.mark.xdist_group("embedded-stack")

_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
_ID = re.compile(r"\b[a-z]{3}_[0-9a-z]{26}\b")
_UNIT = re.compile(r"_(seconds|bytes|records|keys|events|waiting|paused|info|oldest_age_seconds)$")


def exported(followed: Followed) -> dict[str, set[str]]:
    """Every sample's name that processes export, with the label names that it comes with."""
    found: dict[str, set[str]] = {}
    for process in PROCESSES:
        for family in text_string_to_metric_families(followed.metrics(process)):
            for ending in _ENDINGS.get(family.type, ("",)):
                found.setdefault(family.name + ending, set())
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_of_a_dashboard_or_a_rule_is_exported(followed: Followed) -> None:
    known = exported(followed)

    wanted = {name for _, expression in expressions() for name in metrics_of(expression)}

    assert wanted - known.keys() == set()


def test_every_label_that_is_asked_for_is_there(followed: Followed) -> None:
    """Series are told apart by labels of ours, or by those of the scrape."""
    of_the_scrape = {"job", "service", "process", "instance", "le", "alertname"}
    where_nothing_failed = {*FAILURES._labelnames, *PROBLEMS._labelnames}
    known = of_the_scrape.union(where_nothing_failed, *exported(followed).values())
    asked = {
        label.strip()
        for _, expression in expressions()
        for labels in re.findall(r"(?:by|on) \(([^)]*)\)", expression)
        for label in labels.split(",")
    }

    assert asked - known == set()


def test_names_follow_the_conventions_of_prometheus(followed: Followed) -> None:
    """Counters end in _total; everything else in its unit, which is a base unit."""
    for process in PROCESSES:
        for family in text_string_to_metric_families(followed.metrics(process)):
            if family.name.startswith("ihala_") and family.type != "counter":
                assert _UNIT.search(family.name), family.name
            assert not re.search(r"_(ms|milliseconds|minutes|hours|kb|mb)\b", family.name)


def test_one_referral_shows_in_the_metrics(followed: Followed) -> None:
    web, worker = followed.metrics("referrals-web"), followed.metrics("referrals-worker")
    mail = followed.metrics("notifications-worker")

    assert 'ihala_offers_total{priority="urgent",status="sent"} 1.0' in web
    assert 'ihala_offer_time_seconds_count{priority="urgent",step="answered"} 1.0' in web
    assert 'ihala_http_problems_total{kind="not-found"} 1.0' in web
    assert re.search(r'ihala_events_sent_total\{topic="referrals.events"\} [1-9]', worker)
    assert re.search(r'ihala_messages_total\{channel="email".*state="accepted"\} [1-9]', mail)


@pytest.mark.parametrize("process", PROCESSES)
def test_no_metric_names_anybody_or_anything(followed: Followed, process: str) -> None:
    """No id, no personal data, and nothing that tells of protection referrals."""
    text = followed.metrics(process)

    assert _ID.search(text) is None
    assert followed.correlation_id not in text
    for private in (NAME, PHONE, SAFE_ADDRESS, WORDS, NOTE, "protect"):
        assert private not in text
    for topic in TOPICS:
        assert is_counted(topic) or topic not in text


@pytest.mark.parametrize("process", PROCESSES)
def test_labels_are_few(followed: Followed, process: str) -> None:
    """What Prometheus must keep does not grow with the data."""
    assert len(followed.metrics(process).splitlines()) < 2_000


def of_the_click(followed: Followed, process: str, event: str) -> list[dict[str, Any]]:
    """The lines of this event in a process's log that name the click's correlation id."""
    lines = [json.loads(line) for line in followed.log(process).splitlines() if line[:1] == "{"]
    return [
        line
        for line in lines
        if line["event"] == event
        and followed.correlation_id
        in (line.get("correlation_id"), *line.get("correlation_ids", ()))
    ]


def test_one_id_leads_from_the_click_to_the_mail(followed: Followed) -> None:
    """Web, relay, consumer and sender log it, and the message's trace has it."""
    click = of_the_click(followed, "referrals-web", "request")
    sent = wait_for(
        lambda: of_the_click(followed, "referrals-worker", "events sent"),
        deadline_s=30,
        what="the relay to mark as sent, and say, what was acknowledged",
    )
    applied = of_the_click(followed, "notifications-worker", "events applied")
    attempts = of_the_click(followed, "notifications-worker", "message attempt")

    assert (click[0]["method"], click[0]["route"]) == ("POST", "/v1/referrals")
    assert sent[0]["relay"] == "relay-0"
    assert sent[0]["documents"] >= 1
    assert "notifications.referrals" in {line["group"] for line in applied}
    mailed = {line["message_id"] for line in attempts if line["outcome"] == "taken"}
    assert mailed & {message["id"] for message in followed.notification["messages"]}
    assert {line["channel"] for line in attempts} == {"email"}
    assert followed.notification["correlation_id"] == followed.correlation_id


@pytest.mark.parametrize("process", PROCESSES)
def test_no_log_names_anybody_or_a_topic_that_tells(followed: Followed, process: str) -> None:
    """No personal data, no address of anybody who was written to, nothing of protection."""
    text = followed.log(process)

    assert followed.stack.smtp.mails()
    addresses = {to for mail in followed.stack.smtp.mails() for to in mail.recipients}
    for private in (NAME, PHONE, SAFE_ADDRESS, WORDS, NOTE, *addresses):
        assert private not in text
        assert json.dumps(private)[1:-1] not in text
    for topic in TOPICS:
        assert is_counted(topic) or topic not in text
