"""The whole road of a mail: from the event to the mail server, tried again, given up, in time."""

from __future__ import annotations

from typing import Any

import pytest
from tests.notifications.conftest import Station
from tests.notifications.events import (
    PERSON,
    contact_event,
    contact_withdrawn,
    referral_event,
    sent,
)

from ihala.testing.parts import Rule, SmtpSink


def test_a_sent_offer_is_mailed_to_the_receiver(station: Station, smtp: SmtpSink) -> None:
    """With code, service, priority, time and link, and without a person."""
    station.hear("referrals.events", sent())

    station.send_all()

    (mail,) = smtp.mails()
    assert mail.recipients == ("receiver@example.org",)
    assert "7K3Q-2" in mail.subject
    assert "https://ihala.example.org/v1/referrals/ref_00exampe" in mail.text
    assert "Sending centre" in mail.text
    (message,) = station.messages()
    assert message["state"] == "accepted"
    assert message["attempts"][0]["answer"] == "250"
    assert message["attempts"][0]["still_true"] == "offer_sent"


def test_a_mail_is_not_sent_when_it_is_no_longer_true(station: Station, smtp: SmtpSink) -> None:
    """The offer was answered before the mail left; the trace has the fact."""
    station.hear("referrals.events", sent(), referral_event("accepted", seq=2))

    station.send_all()

    assert smtp.mails(to="receiver@example.org") == []
    cancelled = next(m for m in station.messages() if m["address"] == "receiver@example.org")
    assert cancelled["state"] == "cancelled"
    assert cancelled["states"][-1]["reason"] == "offer_accepted"


def test_a_refusal_for_now_is_tried_again_and_then_taken(station: Station, smtp: SmtpSink) -> None:
    """The first failure stays on record."""
    smtp.behave(Rule(code=451, stage="rcpt"))
    station.hear("referrals.events", sent())
    station.send_all()
    assert station.states() == ["temporary_failure"]
    smtp.behave()

    station.clock.move(minutes=1)
    station.send_all()

    (message,) = station.messages()
    assert [a["outcome"] for a in message["attempts"]] == ["refused_for_now", "accepted"]
    assert [a["answer"] for a in message["attempts"]] == ["451", "250"]


def test_an_address_that_does_not_exist_is_not_tried_for_ever(
    station: Station, smtp: SmtpSink
) -> None:
    """A definite no ends it, and other services are told the reason."""
    smtp.behave(Rule(code=550, stage="rcpt"))
    station.hear("referrals.events", sent())
    station.send_all()

    station.clock.move(hours=12)
    station.send_all()

    (message,) = station.messages()
    assert message["state"] == "permanent_failure"
    assert len(message["attempts"]) == 1
    (entry,) = station.notifications()[0]["history"]
    assert (entry["type"], entry["data"]["reason"]) == ("message.failed", "no_such_address")


def test_retries_end_when_the_message_is_not_worth_sending_any_more(
    station: Station, smtp: SmtpSink
) -> None:
    """A mail server that is away for a week does not bring last week's mail."""
    smtp.behave(Rule(code=451, stage="rcpt"))
    station.hear("referrals.events", sent())
    station.send_all()

    station.clock.move(hours=49)
    smtp.behave()
    station.send_all()

    assert station.states() == ["expired"]
    assert smtp.mails() == []


def test_a_mail_without_the_servers_last_word_is_unknown_and_not_sent_again(
    station: Station, smtp: SmtpSink
) -> None:
    """The sink has kept it, but never said so."""
    smtp.behave(Rule(after="drop"))
    station.hear("referrals.events", sent())
    station.send_all()
    smtp.behave()

    station.clock.move(hours=12)
    station.send_all()

    assert station.states() == ["unknown"]
    assert len(smtp.mails()) == 1
    (entry,) = station.notifications()[0]["history"]
    assert entry["type"] == "message.unknown"


def test_a_person_who_agreed_is_told_of_the_appointment(
    station: Station, smtp: SmtpSink, contact_key: object
) -> None:
    """In their language, without the service; their address is kept nowhere."""
    station.hear("referrals.contacts", contact_event(contact_key, value="aisha@example.org"))
    offer = {"scheduled_at": "2026-03-03T07:00:00.000Z"}
    station.hear("referrals.events", referral_event("scheduled", offer=offer, contact_id=PERSON))

    station.send_all()

    (mail,) = smtp.mails(to="aisha@example.org")
    assert mail.message["Content-Language"] == "fr"
    assert "3 mars 2026" in mail.text
    assert "ialys" not in mail.text.replace("Dialysis centre (example)", "")
    assert "aisha" not in str(station.notifications())


def test_a_person_with_a_shared_device_is_only_asked_to_call(
    station: Station, smtp: SmtpSink, contact_key: object
) -> None:
    """Nothing on the screen says what it is about."""
    station.hear(
        "referrals.contacts",
        contact_event(contact_key, value="family@example.org", shared_device=True),
    )
    offer = {"scheduled_at": "2026-03-03T07:00:00.000Z"}
    station.hear("referrals.events", referral_event("scheduled", offer=offer, contact_id=PERSON))

    station.send_all()

    (mail,) = smtp.mails(to="family@example.org")
    assert mail.subject == "Message"
    assert "7K3Q-2" not in mail.text


@pytest.mark.parametrize(
    ("words", "withdrawn", "reason"),
    [
        ({"channel": "sms", "value": "+963911"}, False, "channel_not_available"),
        ({"value": "a@example.org"}, True, "consent_withdrawn"),
        ({}, False, "no_address"),
    ],
)
def test_a_person_is_not_written_to_where_it_is_not_possible_or_not_wanted(
    station: Station,
    smtp: SmtpSink,
    contact_key: object,
    words: dict[str, Any],
    withdrawn: bool,
    reason: str,
) -> None:
    """The trace says which."""
    station.hear("referrals.contacts", contact_event(contact_key, **words))
    if withdrawn:
        station.hear("referrals.contacts", contact_withdrawn(2))
    offer = {"scheduled_at": "2026-03-03T07:00:00.000Z"}
    station.hear("referrals.events", referral_event("scheduled", offer=offer, contact_id=PERSON))

    station.send_all()

    ended = [m for m in station.messages() if m["state"] == "suppressed"]
    assert [m["states"][-1]["reason"] for m in ended] == [reason]
    assert [mail.recipients for mail in smtp.mails()] == [("sender@example.org",)]


def test_a_contact_that_comes_a_little_later_is_waited_for(
    station: Station, smtp: SmtpSink, contact_key: object
) -> None:
    """Contacts travel on a topic of their own; after two minutes there is none."""
    offer = {"scheduled_at": "2026-03-03T07:00:00.000Z"}
    station.hear("referrals.events", referral_event("scheduled", offer=offer, contact_id=PERSON))
    station.send_all()
    assert "held" in station.states()
    station.hear("referrals.contacts", contact_event(contact_key, value="aisha@example.org"))

    station.clock.move(seconds=20)
    station.send_all()

    assert len(smtp.mails(to="aisha@example.org")) == 1


def test_a_person_is_not_written_to_at_an_unsafe_hour(
    station: Station, smtp: SmtpSink, contact_key: object
) -> None:
    """The message is held until it is safe."""
    hour = (station.clock().hour + 3) % 24
    station.hear(
        "referrals.contacts",
        contact_event(
            contact_key,
            value="aisha@example.org",
            safe_hours=f"{(hour + 6) % 24:02}:00-{(hour + 8) % 24:02}:00",
        ),
    )
    offer = {"scheduled_at": "2026-03-03T07:00:00.000Z"}
    station.hear("referrals.events", referral_event("scheduled", offer=offer, contact_id=PERSON))
    station.send_all()
    assert smtp.mails(to="aisha@example.org") == []

    station.clock.move(hours=7)
    station.send_all()

    assert len(smtp.mails(to="aisha@example.org")) == 1
