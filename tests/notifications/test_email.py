"""E-mail over a real SMTP server: taken once, refused, slow, or lost in between."""

from __future__ import annotations

from typing import Any

import pytest
from tests.notifications.conftest import MAIL_FROM, Station
from tests.notifications.events import (
    PERSON,
    contact_event,
    contact_withdrawn,
    referral_event,
    sent,
)

from ihala.testing.parts import Rule, SmtpSink
from ihala.testing.ports import free_port
from ihala_notifications.channels.channel import Parcel
from ihala_notifications.channels.email import EmailChannel, MailServer
from ihala_notifications.domain.delivery import (
    DeliveryProblem,
    Misconfigured,
    NoAnswer,
    Permanent,
    Retryable,
)
from ihala_notifications.domain.message import Channel
from ihala_notifications.domain.templates import Letter

LETTER = Letter("موضوع \u20687K3Q-2\u2069", "سطر\n.\n.نقطة\n", "<p>سطر</p>", "ar")


def channel_to(port: int, **changes: object) -> EmailChannel:
    whole = {"tls": "none", "username": "", "password": "", "sender": MAIL_FROM, "timeout_s": 0.5}
    return EmailChannel(MailServer("127.0.0.1", port, **{**whole, **changes}))  # type: ignore[arg-type]


class Moment:
    """Counts how often the message was about to leave."""

    def __init__(self) -> None:
        self.left = 0

    def __call__(self) -> None:
        self.left += 1


def send(channel: EmailChannel, to: str = "desk@example.org") -> tuple[str, int]:
    """The provider's code, or our word for its refusal, and how often the message left."""
    leaving = Moment()
    try:
        answer = channel.send(Parcel("msg_1", to, LETTER), leaving)
    except DeliveryProblem as problem:
        return type(problem).__name__ + ":" + problem.reason, leaving.left
    return answer.code, leaving.left


def test_a_mail_arrives_as_it_was_written(smtp: SmtpSink) -> None:
    """Subject, both bodies, lines that begin with dots, and the message's id as Message-ID."""
    assert send(channel_to(smtp.port)) == ("250", 1)

    (mail,) = smtp.mails()
    assert mail.sender == MAIL_FROM
    assert mail.subject == LETTER.subject
    assert mail.text.replace("\r\n", "\n") == LETTER.text
    assert mail.message["Message-ID"] == "<msg_1@ihala.example.org>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message.get_content_type() == "multipart/alternative"


def test_one_connection_serves_many_mails_and_survives_a_restart(smtp: SmtpSink) -> None:
    """A server that closed the kept connection is called anew; nothing was sent twice."""
    channel = channel_to(smtp.port)
    assert send(channel) == ("250", 1)
    assert send(channel) == ("250", 1)
    smtp.restart()

    assert send(channel) == ("250", 1)

    assert len(smtp.mails()) == 3


@pytest.mark.parametrize(
    ("rule", "outcome", "left"),
    [
        (Rule(code=451, stage="rcpt"), "Retryable:refused_for_now", 0),
        (Rule(code=550, stage="rcpt"), "Permanent:no_such_address", 0),
        (Rule(code=451, stage="data"), "Retryable:refused_for_now", 1),
        (Rule(code=554, stage="data"), "Permanent:refused", 1),
        (Rule(code=530, stage="rcpt"), "Misconfigured:mail_account", 0),
        (Rule(stage="rcpt", delay_s=1.5), "Retryable:unreachable", 0),
        (Rule(after="hang", delay_s=1.5), "NoAnswer:no_answer", 1),
        (Rule(after="drop"), "NoAnswer:no_answer", 1),
    ],
    ids=str,
)
def test_every_answer_has_its_meaning(smtp: SmtpSink, rule: Rule, outcome: str, left: int) -> None:
    """Definite refusals may be tried again; only silence after the content is unknown."""
    smtp.behave(rule)

    assert send(channel_to(smtp.port)) == (outcome, left)


def test_a_server_that_is_not_there_has_not_taken_anything() -> None:
    """Nothing left, so trying later is safe."""
    assert send(channel_to(free_port())) == ("Retryable:unreachable", 0)


def test_an_account_that_the_server_does_not_know_is_ours_to_mend(smtp: SmtpSink) -> None:
    """The sink offers no login at all."""
    channel = channel_to(smtp.port, username="us", password="wrong")

    assert send(channel) == ("Misconfigured:mail_account", 0)


def test_no_plain_connection_where_tls_is_asked_for(smtp: SmtpSink) -> None:
    """The sink offers no STARTTLS: nothing is sent in the clear."""
    assert send(channel_to(smtp.port, tls="starttls")) == ("Misconfigured:mail_account", 0)
    assert smtp.mails() == []


@pytest.mark.parametrize(
    "address", ["desk", "a@b\r\nBcc: c@d", "a@b, c@d", "دعم@example.org", "x" * 400]
)
def test_an_address_that_is_none_is_refused_or_sent_whole(smtp: SmtpSink, address: str) -> None:
    """No address brings headers or commands of its own."""
    send(channel_to(smtp.port), address)

    for mail in smtp.mails():
        assert mail.recipients == (address,)
        assert mail.message["Bcc"] is None


def test_the_kinds_of_problems_are_kinds_of_one() -> None:
    """Whoever catches DeliveryProblem catches them all."""
    assert issubclass(Misconfigured, Retryable)
    assert all(issubclass(k, DeliveryProblem) for k in (Retryable, Permanent, NoAnswer))


# The whole road: event, notification, mail server.


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


def test_channels_are_only_those_that_can_be_sent_by(station: Station) -> None:
    """The in-app inbox is our own database, and needs no sender."""
    assert set(station.deps.channels) == {Channel.EMAIL, Channel.WEBHOOK}
