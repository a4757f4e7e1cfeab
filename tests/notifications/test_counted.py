"""What became of messages can be read from metrics, and nothing of what is protected."""

from __future__ import annotations

from prometheus_client import REGISTRY
from tests.notifications.conftest import Station
from tests.notifications.events import RECEIVER, notice_event, sent

from ihala.testing.parts import Rule, SmtpSink


def samples() -> dict[tuple[str, str], float]:
    return {
        (sample.name, str(sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        if metric.name.startswith("ihala_message")
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


def risen(before: dict[tuple[str, str], float], name: str, *words: str) -> float:
    return sum(
        value - before.get(key, 0.0)
        for key, value in samples().items()
        if key[0] == name and all(word in key[1] for word in words)
    )


def test_a_message_that_is_taken_is_counted_with_its_time(station: Station, smtp: SmtpSink) -> None:
    before = samples()

    station.hear("referrals.events", sent())
    station.send_all()

    assert risen(before, "ihala_messages_total", "email", "accepted") == 1
    assert risen(before, "ihala_message_delay_seconds_count", "email") == 1
    assert risen(before, "ihala_message_send_duration_seconds_count", "email") == 1
    assert risen(before, "ihala_message_problems_total") == 0


def test_a_refusal_is_counted_with_its_reason(station: Station, smtp: SmtpSink) -> None:
    before = samples()
    smtp.behave(Rule(code=550, stage="rcpt"))

    station.hear("referrals.events", sent())
    station.send_all()

    assert risen(before, "ihala_message_problems_total", "email", "no_such_address") == 1
    assert risen(before, "ihala_messages_total", "email", "permanent_failure") == 1


def test_messages_about_what_is_protected_are_not_counted(station: Station, smtp: SmtpSink) -> None:
    before = samples()

    station.hear("referrals.protected", notice_event(RECEIVER))
    station.send_all()

    assert len(smtp.mails()) == 1
    assert samples() == before
