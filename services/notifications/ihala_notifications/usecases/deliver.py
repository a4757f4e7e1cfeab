"""Delivering: everything that is due about a notification, and never the same mail twice.

What protects: the write that says "sending" precedes the byte after which a provider might take
the message, and names the version that was read. Of any number of workers only one gets through
it. When no answer is on record after the lease, the message is unknown and stays so, unless its
channel lets the receiver recognise a repetition.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from ihala.errors import Invalid, LostRace
from ihala.logs import logger
from ihala.mongo import is_world_down
from ihala_notifications.channels.channel import Answer
from ihala_notifications.domain.addressing import ask_again, lay_into_inbox
from ihala_notifications.domain.classes import wait_before_retry
from ihala_notifications.domain.delivery import (
    DeliveryProblem,
    NoAnswer,
    Permanent,
    Throttled,
)
from ihala_notifications.domain.facts import Verdict, still_true
from ihala_notifications.domain.message import REPEATABLE, Channel, Message, State
from ihala_notifications.domain.notification import Notification
from ihala_notifications.store.notifications import Kept
from ihala_notifications.usecases.counted import count_end
from ihala_notifications.usecases.deps import WorkerDeps
from ihala_notifications.usecases.prepare import NotYet, Ready, Withheld, prepare
from ihala_notifications.usecases.webhooks import unsubscribe_gone

log = logger(__name__)

Change = Callable[[Message], Message]

_ASK_DATABASE_EVERY_S = 0.5


def attend(deps: WorkerDeps, kept: Kept) -> None:
    """Do all that is due about a notification; somebody else's being quicker ends it quietly."""
    try:
        while due := kept.notification.due(deps.clock()):
            kept = _attend_message(deps, kept, due[0])
    except LostRace:
        log.info("somebody else was quicker", notification_id=kept.notification.id)


def _attend_message(deps: WorkerDeps, kept: Kept, message: Message) -> Kept:
    """One step that moves a due message on: to its end, or to a later time."""
    now, notification = deps.clock(), kept.notification
    if message.state is State.SENDING:
        return _lost_in_mid_send(deps, kept, message)
    if now >= notification.expires_at:
        return _change(deps, kept, message, lambda m: m.to(State.EXPIRED, now, "too_late"))
    if message.state is State.HELD and message.reason == "facility_unknown":
        return _ask_again(deps, kept)
    if message.channel is Channel.INBOX:
        return _change(deps, kept, message, lambda m: lay_into_inbox(m, now))
    verdict = _still_true(deps, notification)
    if not verdict.holds:
        return _change(deps, kept, message, lambda m: m.to(State.CANCELLED, now, verdict.because))
    return _send(deps, kept, message, verdict)


def _still_true(deps: WorkerDeps, notification: Notification) -> Verdict:
    condition = notification.condition
    return still_true(condition, deps.facts.of(condition.referral_id) if condition else None)


def _ask_again(deps: WorkerDeps, kept: Kept) -> Kept:
    notification = kept.notification
    facility = notification.recipient.facility_id or ""
    desk = deps.desks.named([facility]).get(facility)
    messages = ask_again(notification, desk, deps.clock())
    after = replace(notification, messages=messages)
    return deps.notifications.change(kept, after, deps.notifications.thread_of(kept))


def _lost_in_mid_send(deps: WorkerDeps, kept: Kept, message: Message) -> Kept:
    """Nobody recorded an answer within the lease: whoever sent it is gone."""
    now = deps.clock()
    if message.channel in REPEATABLE:
        problem = DeliveryProblem("lost_in_mid_send")
        return _change(
            deps, kept, message, lambda m: _to_retry(deps, kept.notification, m, problem)
        )
    log.warning("message is unknown", message_id=message.id)
    return _change(
        deps,
        kept,
        message,
        lambda m: m.end_attempt(now, "unknown").to(State.UNKNOWN, now, "lost_in_mid_send"),
    )


def _send(deps: WorkerDeps, kept: Kept, message: Message, verdict: Verdict) -> Kept:
    now = deps.clock()
    try:
        ready = prepare(deps, kept.notification, message)
    except Withheld as withheld:
        reason = withheld.reason
        return _change(deps, kept, message, lambda m: m.to(State.SUPPRESSED, now, reason))
    except NotYet as not_yet:
        later = not_yet
        return _change(deps, kept, message, lambda m: _hold(m, later, deps))
    except Invalid as invalid:
        fields = [error.pointer for error in invalid.errors]
        log.error("cannot be filled in", fields=fields)  # noqa: TRY400 - the fields say it all
        return _change(
            deps,
            kept,
            message,
            lambda m: m.to(State.TECHNICAL_FAILURE, now, "values_do_not_fit"),
        )
    return _call_provider(deps, _Leaving(deps, kept, ready, verdict))


def _hold(message: Message, later: NotYet, deps: WorkerDeps) -> Message:
    """Held messages stay held; the others become so."""
    if message.state in (State.HELD, State.TEMPORARY_FAILURE):
        return replace(message, due_at=later.until)
    return message.to(State.HELD, deps.clock(), later.reason, due_at=later.until)


class _Leaving:
    """The moment of leaving: the guarded write after which the message counts as being sent."""

    def __init__(self, deps: WorkerDeps, kept: Kept, ready: Ready, verdict: Verdict) -> None:
        self.kept = kept
        self.ready = ready
        self.left = False
        self._deps = deps
        self._verdict = verdict

    def __call__(self) -> None:
        before = self.kept.notification.message(self.ready.message.id)
        self.kept = _change(self._deps, self.kept, before, self.started)
        self.left = True

    def started(self, message: Message) -> Message:
        """The message with a new attempt, in the language that its words were chosen in."""
        now, words = self._deps.clock(), self.ready.message
        told = replace(message, language=words.language, language_from=words.language_from)
        return told.start_attempt(now, self._verdict.because, now + self._deps.send_lease)


def _call_provider(deps: WorkerDeps, leaving: _Leaving) -> Kept:
    """Send, then record what was answered, for as long as it takes the database to listen."""
    channel = deps.channels[leaving.ready.message.channel]
    try:
        answer = channel.send(leaving.ready.parcel, leaving)
    except DeliveryProblem as problem:
        log.info("not taken", message_id=leaving.ready.message.id, reason=problem.reason)
        failed = problem
        if problem.reason == "gone":
            unsubscribe_gone(deps, leaving.ready.message.address)
        return _record(deps, leaving, lambda m: _failed(deps, leaving.kept.notification, m, failed))
    return _record(deps, leaving, lambda m: _taken(deps, m, answer))


def _taken(deps: WorkerDeps, message: Message, answer: Answer) -> Message:
    now = deps.clock()
    taken = message.end_attempt(now, "accepted", answer.code).to(State.ACCEPTED, now)
    return taken.to(State.DELIVERED, now) if answer.final else taken


def _failed(
    deps: WorkerDeps, notification: Notification, message: Message, problem: DeliveryProblem
) -> Message:
    now = deps.clock()
    if isinstance(problem, NoAnswer):
        ended = message.end_attempt(now, "unknown", problem.answer)
        return (
            ended if ended.state is State.UNKNOWN else ended.to(State.UNKNOWN, now, problem.reason)
        )
    if isinstance(problem, Permanent):
        ended = message.end_attempt(now, problem.reason, problem.answer)
        return ended.to(State.PERMANENT_FAILURE, now, problem.reason)
    return _to_retry(deps, notification, message, problem)


def _to_retry(
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


def _record(deps: WorkerDeps, leaving: _Leaving, change: Change) -> Kept:
    """Write down the provider's answer; we alone know it, so a lost race is no reason to forget it.

    A failure before the message left is recorded with its attempt, in one write.
    """

    def whole(message: Message) -> Message:
        return change(message if leaving.left else leaving.started(message))

    id_ = leaving.ready.message.id
    until = time.monotonic() + deps.send_lease.total_seconds()
    while True:
        try:
            return _change(deps, leaving.kept, leaving.kept.notification.message(id_), whole)
        except LostRace:
            if not leaving.left:
                raise
            leaving.kept = _read_again(deps, leaving.kept)
        except Exception as error:
            if not is_world_down(error) or time.monotonic() > until:
                raise
            threading.Event().wait(_ASK_DATABASE_EVERY_S)


def _change(deps: WorkerDeps, kept: Kept, message: Message, change: Change) -> Kept:
    """Save one message's change. Where only something else in the document changed, do it again.

    Raises LostRace when the message itself is no longer as it was read.
    """
    while True:
        changed = change(message)
        after = kept.notification.with_message(changed)
        try:
            saved = deps.notifications.change(kept, after, deps.notifications.thread_of(kept))
        except LostRace:
            kept = _read_again(deps, kept)
            if kept.notification.message(message.id) != message:
                raise
            continue
        count_end(after, message, changed)
        return saved


def _read_again(deps: WorkerDeps, kept: Kept) -> Kept:
    fresh = deps.notifications.get(kept.notification.id)
    if fresh is None:
        raise LostRace("the notification is gone")
    return fresh
