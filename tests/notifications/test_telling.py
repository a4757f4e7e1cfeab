"""From events to notifications in the database: once each, with what is known at that time."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from tests.notifications.conftest import Station
from tests.notifications.events import (
    RECEIVER,
    SENDER,
    facility_event,
    notice_event,
    referral_event,
    request_event,
    sent,
)

from ihala.clock import utc_now
from ihala.testing.parts import SmtpSink


def test_the_same_events_again_change_nothing(station: Station, smtp: SmtpSink) -> None:
    """Redelivered, whole or in part, before or after sending: one notification, one mail."""
    events = [referral_event("created"), sent(seq=2)]

    station.hear("referrals.events", *events)
    station.hear("referrals.events", *events)
    station.send_all()
    station.hear("referrals.events", events[1])
    station.send_all()

    assert len(station.notifications()) == 1
    assert len(smtp.mails()) == 1


def test_a_notification_keeps_to_the_thread_of_its_event(station: Station) -> None:
    """Its own events carry the correlation and name the cause."""
    event = sent()
    station.hear("referrals.events", event)
    station.send_all()

    (entry,) = station.notifications()[0]["history"]

    assert entry["type"] == "message.accepted"
    assert entry["correlation_id"] == "corr-1"
    assert entry["causation_id"] == event.id
    assert entry["data"]["cause_event_id"] == event.id


def test_a_facility_that_becomes_known_a_little_later_is_told_then(
    empty_station: Station, smtp: SmtpSink
) -> None:
    """Facilities and referrals travel on topics of their own."""
    empty_station.hear("referrals.events", sent())
    empty_station.send_all()
    assert empty_station.states() == ["held"]
    empty_station.hear("registry.facilities", facility_event(RECEIVER, mail="late@example.org"))

    empty_station.clock.move(seconds=20)
    empty_station.send_all()

    assert empty_station.states() == ["accepted"]
    assert [mail.recipients for mail in smtp.mails()] == [("late@example.org",)]


def test_a_facility_that_stays_unknown_is_given_up(empty_station: Station) -> None:
    """After ten minutes the trace says so."""
    empty_station.hear("referrals.events", sent())
    empty_station.send_all()

    empty_station.clock.move(minutes=11)
    empty_station.send_all()

    (message,) = empty_station.messages()
    assert message["state"] == "suppressed"
    assert message["states"][-1]["reason"] == "facility_unknown"


def test_a_facility_without_an_address_has_its_inbox(empty_station: Station) -> None:
    """The mail is suppressed, with the reason, and the inbox has the message."""
    empty_station.hear("registry.facilities", facility_event(RECEIVER))

    empty_station.hear("referrals.events", sent())

    assert empty_station.states() == ["suppressed"]
    assert empty_station.states("inbox") == ["delivered"]
    (entry,) = empty_station.notifications()[0]["history"]
    assert entry["data"]["reason"] == "no_address"


def test_every_desk_of_a_facility_gets_a_copy(empty_station: Station, smtp: SmtpSink) -> None:
    """Each address once, however it is written."""
    event = facility_event(RECEIVER, mail="a@example.org")
    assert event.data is not None
    contact = event.data["facility"]["contacts"][0]
    event.data["facility"]["contacts"] += [
        {**contact, "value": "A@example.org"},
        {**contact, "value": "b@example.org", "language": "fr"},
    ]
    empty_station.hear("registry.facilities", event)

    empty_station.hear("referrals.events", sent())
    empty_station.send_all()

    assert sorted(mail.recipients[0].lower() for mail in smtp.mails()) == [
        "a@example.org",
        "b@example.org",
    ]


def test_an_older_snapshot_does_not_bring_back_an_old_address(station: Station) -> None:
    """The registry's versions decide, not the order of arrival."""
    station.hear("registry.facilities", facility_event(RECEIVER, mail="new@example.org", version=3))
    station.hear("registry.facilities", facility_event(RECEIVER, mail="old@example.org", version=2))

    station.hear("referrals.events", sent())

    assert station.messages()[0]["address"] == "new@example.org"


def test_a_replay_of_old_events_sends_nothing(station: Station, smtp: SmtpSink) -> None:
    """A database that came back empty meets events that were told long ago."""
    station.hear("referrals.events", sent(at=utc_now() - timedelta(days=3)))
    station.send_all()

    assert station.states() == ["expired"]
    assert station.states("inbox") == ["expired"]
    assert smtp.mails() == []


def test_what_another_system_asks_for_is_told(station: Station, smtp: SmtpSink) -> None:
    """In the words of a template that may be asked for."""
    station.hear("notifications.requests", request_event())
    station.send_all()

    (mail,) = smtp.mails()
    assert mail.recipients == ("receiver@example.org",)
    assert "Training on Thursday" in mail.text


def test_a_request_in_a_language_is_answered_in_it(station: Station, smtp: SmtpSink) -> None:
    """The requester knows better than the facility's record."""
    station.hear("notifications.requests", request_event(language="ar"))
    station.send_all()

    assert smtp.mails()[0].message["Content-Language"] == "ar"


def test_a_request_that_cannot_be_met_says_why(station: Station, smtp: SmtpSink) -> None:
    """It stops nothing, sends nothing, and its trace and event have the reason."""
    station.hear(
        "notifications.requests",
        request_event(template="no_such"),
        request_event(template="offer_accepted"),
        request_event(values={}),
        request_event(not_before="9999-12-31T23:59:59Z"),
    )
    station.send_all()

    assert smtp.mails() == []
    reasons = [n["history"][0]["data"]["reason"] for n in station.notifications()]
    assert sorted(reasons) == [
        "no_such_template",
        "no_such_template",
        "not_before_too_far",
        "values_do_not_fit",
    ]


def test_a_request_for_later_waits(station: Station, smtp: SmtpSink) -> None:
    """Held until its time, in the inbox too."""
    later = (utc_now() + timedelta(hours=2)).isoformat()
    station.hear("notifications.requests", request_event(not_before=later))
    station.send_all()
    assert station.states() == ["held"]
    assert station.states("inbox") == ["held"]

    station.clock.move(hours=2, minutes=1)
    station.send_all()

    assert station.states() == ["accepted"]
    assert station.states("inbox") == ["delivered"]
    assert len(smtp.mails()) == 1


def test_what_is_protected_leaves_no_trace_of_what_it_is_about(
    station: Station, smtp: SmtpSink
) -> None:
    """The mail is constant; our own event names no cause."""
    station.hear("referrals.protected", notice_event(RECEIVER))
    station.hear("referrals.protected", notice_event(RECEIVER, "prt_00other000000000000000:7"))
    station.send_all()

    first, second = (mail.message for mail in smtp.mails())
    for header in ("Message-ID", "Date"):
        del first[header], second[header]
    boundary = first.get_boundary()
    assert boundary is not None
    same = first.as_bytes().replace(boundary.encode(), b"B")
    assert same == second.as_bytes().replace(str(second.get_boundary()).encode(), b"B")
    entries = [entry for n in station.notifications() for entry in n["history"]]
    assert {entry["data"]["cause_event_id"] for entry in entries} == {None}


def test_the_receiver_is_given_the_senders_phone(station: Station, smtp: SmtpSink) -> None:
    """A callback number in every message: the other desk's, else the operator's."""
    station.hear("referrals.events", sent(), referral_event("declined", seq=2))
    station.send_all()

    to_receiver, to_sender = (
        smtp.mails(to="receiver@example.org"),
        smtp.mails(to="sender@example.org"),
    )
    assert to_receiver == []
    assert "+963 900 000 000" in to_sender[0].text

    station.hear("referrals.events", sent(referral_id="ref_00other0000000000000000"))
    station.send_all()
    assert "+963 911 111 111" in smtp.mails(to="receiver@example.org")[0].text


def test_an_event_of_an_outside_service_without_a_place_in_order_is_no_fact(
    station: Station,
) -> None:
    """Only numbered events may say what is true now."""
    station.hear("referrals.events", dataclasses.replace(sent(), seq=None))

    assert station.deps.facts.of(sent().subject) is None


def test_the_senders_supervisors_are_told_when_nobody_answers(station: Station) -> None:
    """In the inbox of the organisation that runs the sending facility."""
    station.hear("referrals.events", referral_event("expired"))

    boxes = {box for n in station.notifications() for box in n["inbox_of"]}

    assert boxes == {
        f"facility:{SENDER}",
        f"facility:{RECEIVER}",
        "subject:nurse-1",
        "organisation:org_1",
    }
