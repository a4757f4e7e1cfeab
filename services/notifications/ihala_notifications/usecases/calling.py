"""Calling a provider: the moment of leaving, and writing down what was answered."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial

from ihala.correlation import loggable
from ihala.errors import LostRace
from ihala.logs import logger
from ihala_notifications.channels.channel import Answer
from ihala_notifications.domain.classes import wait_before_retry
from ihala_notifications.domain.delivery import (
    DeliveryProblem,
    NoAnswer,
    Permanent,
    Throttled,
)
from ihala_notifications.domain.facts import Verdict
from ihala_notifications.domain.message import Attempt, Message, State
from ihala_notifications.domain.notification import Notification
from ihala_notifications.store.notifications import Kept
from ihala_notifications.usecases.changing import (
    Change,
    as_soon_as_possible,
    change_message,
    read_again,
)
from ihala_notifications.usecases.counted import count_call
from ihala_notifications.usecases.deps import WorkerDeps
from ihala_notifications.usecases.prepare import Ready
from ihala_notifications.usecases.webhooks import unsubscribe_gone

log = logger(__name__)

_WAIT_TO_LEAVE = timedelta(seconds=30)


class Leaving:
    """The moment of leaving: the guarded write after which the message counts as being sent.

    A database that is away is waited for: nothing has left yet, and the connection to the
    provider holds for a while. Whether a write that got no answer was made shows when it is read
    again, by the attempt's own mark.
    """

    def __init__(self, deps: WorkerDeps, kept: Kept, ready: Ready, verdict: Verdict) -> None:
        self.kept = kept
        self.ready = ready
        self.left = False
        self._deps = deps
        self._because = verdict.because

    @property
    def message(self) -> Message:
        """The message as it was last read or written."""
        return self.kept.notification.message(self.ready.message.id)

    def __call__(self) -> None:
        """Make the write; raises LostRace when somebody else was quicker."""
        write = partial(change_message, self._deps, self.kept, self.message, self.started)
        self.kept = as_soon_as_possible(write, min(_WAIT_TO_LEAVE, self._deps.send_lease / 3))
        self.left = True

    @cached_property
    def attempt(self) -> Attempt:
        """This attempt, unlike any other."""
        number = len(self.message.attempts) + 1
        return Attempt(number, self._deps.clock(), secrets.token_hex(6), self._because)

    def started(self, message: Message) -> Message:
        """The message with this attempt, in the language that its words were chosen in."""
        words = self.ready.message
        told = replace(message, language=words.language, language_from=words.language_from)
        return told.start_attempt(self.attempt, self.attempt.started_at + self._deps.send_lease)

    def is_still_ours(self) -> bool:
        """Whether the last attempt is this one, and nobody has settled it."""
        message = self.message
        settled = message.state not in (State.SENDING, State.UNKNOWN)
        return not settled and message.attempts[-1].by == self.attempt.by


def call_provider(deps: WorkerDeps, leaving: Leaving) -> Kept:
    """Send, then record what was answered, for as long as it takes the database to listen."""
    message, notification = leaving.ready.message, leaving.kept.notification
    called = partial(_tell_of_call, deps, leaving, time.perf_counter())
    try:
        answer = deps.channels[message.channel].send(leaving.ready.parcel, leaving)
    except DeliveryProblem as problem:
        called(problem.reason)
        if problem.reason == "gone":
            unsubscribe_gone(deps, message.address)
        return _record(deps, leaving, partial(_failed, deps, notification, problem))
    called()
    return _record(deps, leaving, partial(_taken, deps, answer))


def _tell_of_call(deps: WorkerDeps, leaving: Leaving, started_s: float, reason: str = "") -> None:
    """Count and log one call of a provider; the line is alike for what is protected.

    It says neither to whom nor what about: whoever may know finds that by the ids.
    """
    took_s = time.perf_counter() - started_s
    notification, message = leaving.kept.notification, leaving.message
    count_call(notification, message.channel, took_s, reason)
    log.info(
        "message attempt",
        correlation_id=loggable(deps.notifications.thread_of(leaving.kept).correlation_id),
        notification_id=notification.id,
        message_id=message.id,
        channel=message.channel.value,
        attempt=leaving.attempt.number,
        outcome=reason or "taken",
        ms=round(took_s * 1000, 2),
    )


def _taken(deps: WorkerDeps, answer: Answer, message: Message) -> Message:
    now = deps.clock()
    taken = message.end_attempt(now, "accepted", answer.code).to(State.ACCEPTED, now)
    return taken.to(State.DELIVERED, now) if answer.final else taken


def _failed(
    deps: WorkerDeps, notification: Notification, problem: DeliveryProblem, message: Message
) -> Message:
    now = deps.clock()
    if isinstance(problem, NoAnswer):
        ended = message.end_attempt(now, "unknown", problem.answer)
        given_up = ended.state is State.UNKNOWN
        return ended if given_up else ended.to(State.UNKNOWN, now, problem.reason)
    if isinstance(problem, Permanent):
        ended = message.end_attempt(now, problem.reason, problem.answer)
        return ended.to(State.PERMANENT_FAILURE, now, problem.reason)
    return to_retry(deps, notification, message, problem)


def to_retry(
    deps: WorkerDeps, notification: Notification, message: Message, problem: DeliveryProblem
) -> Message:
    """Wait, longer each time. A message that was given up meanwhile as unknown stays unknown."""
    now = deps.clock()
    ended = message.end_attempt(now, problem.reason, problem.answer)
    if ended.state is State.UNKNOWN:
        return ended
    asked = {"at_least": problem.retry_after} if isinstance(problem, Throttled) else {}
    wait = wait_before_retry(notification.class_, len(ended.attempts), deps.jitter, **asked)
    return ended.to(State.TEMPORARY_FAILURE, now, problem.reason, due_at=now + wait)


def _record(deps: WorkerDeps, leaving: Leaving, change: Change) -> Kept:
    """Write down the provider's answer; we alone know it, so a lost race is no reason to forget it.

    A failure before the message left is recorded with its attempt, in one write.
    """
    while True:
        whole = change if leaving.left else partial(_after_starting, leaving, change)
        write = partial(change_message, deps, leaving.kept, leaving.message, whole)
        try:
            return as_soon_as_possible(write, deps.send_lease)
        except LostRace:
            if not leaving.left:
                raise
            leaving.kept = read_again(deps, leaving.kept)
            if not leaving.is_still_ours():
                return leaving.kept


def _after_starting(leaving: Leaving, change: Change, message: Message) -> Message:
    return change(leaving.started(message))
