"""Old notifications go, and what is told once is not told again because of it."""

from __future__ import annotations

from datetime import timedelta

from tests.notifications.conftest import MovedClock, Station
from tests.notifications.events import sent

from ihala.events.outbox import Sent, mark_sent
from ihala.testing.parts import SmtpSink

YEAR = timedelta(days=365)


def deliver_events(station: Station) -> None:
    history = station.deps.notifications.history
    for one in station.notifications():
        mark_sent(history, [Sent(one["_id"], one["unsent"], one["seq"])])


def test_only_what_is_old_sent_and_not_due_goes(station: Station, clock: MovedClock) -> None:
    station.hear("referrals.events", sent())
    station.send_all()
    store = station.deps.notifications

    unsent = store.drop_made_before(clock() + YEAR, 10)
    deliver_events(station)
    young = store.drop_made_before(clock() - YEAR, 10)
    old = store.drop_made_before(clock() + YEAR, 10)

    assert (unsent, young, old) == (0, 0, 1)
    assert station.notifications() == []


def test_an_event_that_is_sent_again_after_that_tells_nobody_again(
    station: Station, clock: MovedClock, smtp: SmtpSink
) -> None:
    event = sent()
    station.hear("referrals.events", event)
    station.send_all()
    deliver_events(station)
    clock.move(days=7)
    station.deps.notifications.drop_made_before(clock(), 10)

    station.hear("referrals.events", event)
    station.send_all()

    assert len(smtp.mails()) == 1
    assert station.states() == ["expired"]
    assert station.states("inbox") == ["expired"]
