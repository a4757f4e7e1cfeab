"""E-mail over a real SMTP server: taken once, refused, slow, or lost in between."""

from __future__ import annotations

import pytest
from tests.notifications.conftest import MAIL_FROM, Station

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


def test_channels_are_only_those_that_can_be_sent_by(station: Station) -> None:
    """The in-app inbox is our own database, and needs no sender."""
    assert set(station.deps.channels) == {Channel.EMAIL, Channel.WEBHOOK}
