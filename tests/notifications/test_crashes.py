"""Crashes in mid-send, workers that race, a database that is away: no mail goes out twice."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from pymongo.errors import AutoReconnect
from tests.notifications.conftest import Station
from tests.notifications.events import sent

from ihala.caller import Caller
from ihala.testing.parts import SmtpSink
from ihala.testing.waiting import wait_for
from ihala_notifications.channels.channel import Answer, Leaving, Parcel
from ihala_notifications.domain.delivery import Retryable
from ihala_notifications.domain.message import Channel
from ihala_notifications.store.notifications import Kept, NotificationStore
from ihala_notifications.usecases.deliver import attend
from ihala_notifications.usecases.reading import acknowledge
from ihala_notifications.usecases.send_loop import Sender, find_due


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Dying:
    """Wraps the real channel and dies at one of its moments."""

    real: object
    when: str
    calls: list[str] = field(default_factory=list)

    def send(self, parcel: Parcel, leaving: Leaving) -> Answer:
        def dying_leaving() -> None:
            if self.when == "before leaving":
                raise Crash
            leaving()
            if self.when == "after leaving":
                raise Crash

        answer: Answer = self.real.send(parcel, dying_leaving)  # type: ignore[attr-defined]
        raise Crash(answer)


def crash(station: Station, when: str) -> None:
    channel = Dying(station.deps.channels[Channel.EMAIL], when)
    dying = station.with_channels(**{Channel.EMAIL: channel})
    dying.hear("referrals.events", sent())
    with pytest.raises(Crash):
        dying.send_all()


def test_a_crash_before_the_message_left_loses_nothing(station: Station, smtp: SmtpSink) -> None:
    """The claim runs out, and the next worker sends it."""
    crash(station, "before leaving")
    assert station.states() == ["queued"]

    station.clock.move(seconds=20)
    station.send_all()

    assert station.states() == ["accepted"]
    assert len(smtp.mails()) == 1


@pytest.mark.parametrize(("when", "mails"), [("after leaving", 0), ("after the answer", 1)])
def test_a_crash_in_mid_send_is_unknown_and_not_repeated(
    station: Station, smtp: SmtpSink, when: str, mails: int
) -> None:
    """Whether it left or not, nobody sends it blindly again; the trace and an event say so."""
    crash(station, when)
    assert station.states() == ["sending"]
    station.send_all()
    assert station.states() == ["sending"]

    station.clock.move(seconds=100)
    station.send_all()
    station.clock.move(hours=10)
    station.send_all()

    assert station.states() == ["unknown"]
    assert len(smtp.mails()) == mails
    (message,) = station.messages()
    assert message["attempts"][0]["outcome"] == "unknown"
    assert [e["type"] for n in station.notifications() for e in n["history"]] == ["message.unknown"]


@dataclass
class Slow:
    """A provider that answers only when a test lets it."""

    answers: Callable[[], Answer]
    left: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def send(self, parcel: Parcel, leaving: Leaving) -> Answer:
        leaving()
        self.left.set()
        assert self.go.wait(20)
        return self.answers()


def test_an_answer_that_comes_after_the_lease_is_still_recorded(station: Station) -> None:
    """Given up as unknown meanwhile, then settled by whoever knows."""
    slow = Slow(lambda: Answer("250"))
    other = station.with_channels(**{Channel.EMAIL: slow})
    station.hear("referrals.events", sent())
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(other.send_all)
        assert slow.left.wait(10)
        station.clock.move(seconds=100)
        station.send_all()
        assert station.states() == ["unknown"]

        slow.go.set()
        sending.result(20)

    assert station.states() == ["accepted"]


def test_a_late_refusal_does_not_bring_an_unknown_message_back(station: Station) -> None:
    """It stays unknown: whoever was asked about it may have acted on that already."""

    def refuse() -> Answer:
        raise Retryable("refused_for_now", "451")

    slow = Slow(refuse)
    other = station.with_channels(**{Channel.EMAIL: slow})
    station.hear("referrals.events", sent())
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(other.send_all)
        assert slow.left.wait(10)
        station.clock.move(seconds=100)
        station.send_all()
        slow.go.set()
        sending.result(20)

    assert station.states() == ["unknown"]
    assert station.messages()[0]["attempts"][0]["answer"] == "451"


def test_of_many_workers_with_the_same_message_one_sends_it(
    station: Station, smtp: SmtpSink
) -> None:
    """They all read it as queued; the guarded write before leaving lets one through."""
    station.hear("referrals.events", sent())
    (kept,) = [station.deps.handoff.take(1)]
    assert kept is not None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: attend(station.deps, kept), range(16)))

    assert len(smtp.mails()) == 1
    assert station.states() == ["accepted"]
    assert len(station.messages()[0]["attempts"]) == 1


def test_a_reader_who_acknowledges_meanwhile_does_not_stop_the_mail(
    station: Station, smtp: SmtpSink
) -> None:
    """Another change of the same document is no reason to give up, nor to send twice."""
    station.hear("referrals.events", sent())
    kept = station.deps.handoff.take(1)
    assert kept is not None
    reader = Caller("doctor-2", facilities=frozenset({kept.notification.recipient.id}))
    acknowledge(station.deps, reader, kept.notification.id)

    attend(station.deps, kept)

    assert len(smtp.mails()) == 1
    (document,) = station.notifications()
    assert document["acknowledged"]["by"] == "doctor-2"
    assert station.states() == ["accepted"]


class LosesAnswers:
    """A database whose answers get lost: the write is made, but nobody hears of it."""

    def __init__(self, real: NotificationStore, losing: int) -> None:
        self._real = real
        self.losing = losing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def change(self, *args: Any, **more: Any) -> Kept:
        saved = self._real.change(*args, **more)
        if self.losing:
            self.losing -= 1
            raise AutoReconnect("connection reset")
        return saved


@pytest.mark.parametrize("losing", [1, 2])
def test_a_write_whose_answer_got_lost_is_recognised(
    station: Station, smtp: SmtpSink, losing: int
) -> None:
    """The mail goes out once, and is on record once, though the database went away in between."""
    store = LosesAnswers(station.deps.notifications, losing)
    deps = dataclasses.replace(station.deps, notifications=cast(NotificationStore, store))
    station.hear("referrals.events", sent())
    kept = station.deps.handoff.take(1)
    assert kept is not None

    attend(deps, kept)

    assert len(smtp.mails()) == 1
    assert station.states() == ["accepted"]
    assert [e["type"] for e in station.notifications()[0]["history"]] == ["message.accepted"]


def test_what_the_threads_were_handed_is_sent_at_once(station: Station, smtp: SmtpSink) -> None:
    """Nobody waits for a poll."""
    stop = threading.Event()
    sender = Sender(station.deps, 1)
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    try:
        station.hear("referrals.events", sent())
        wait_for(smtp.mails, deadline_s=5, what="the mail")
        wait_for(lambda: station.states() == ["accepted"], what="the record")
    finally:
        stop.set()
        thread.join(5)


def test_what_the_poll_finds_is_handed_over_while_there_is_room(station: Station) -> None:
    """A worker that died left its claims; the next one finds them when they have run out."""
    station.hear("referrals.events", *(sent(referral_id=f"ref_{n:026}") for n in range(60)))
    while station.deps.handoff.take(0.001):
        pass
    assert find_due(station.deps) == 0

    station.clock.move(seconds=20)
    assert find_due(station.deps) == 60
    assert find_due(station.deps) == 0

    station.clock.move(seconds=20)
    assert station.deps.handoff.is_busy
    assert find_due(station.deps) == 0
