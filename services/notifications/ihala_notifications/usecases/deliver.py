"""Delivering: everything that is due about a notification, and never the same mail twice.

What protects: the write that says "sending" precedes the byte after which a provider might take
the message, and names the version that was read. Of any number of workers only one gets through
it. When no answer is on record after the lease, the message is unknown and stays so, unless its
channel lets the receiver recognise a repetition.
"""

from __future__ import annotations

from dataclasses import replace

from ihala import tracing
from ihala.errors import Invalid, LostRace
from ihala.logs import logger
from ihala_notifications.domain.addressing import ask_again, lay_into_inbox
from ihala_notifications.domain.delivery import (
    DeliveryProblem,
)
from ihala_notifications.domain.facts import Verdict, still_true
from ihala_notifications.domain.message import REPEATABLE, Channel, Message, State
from ihala_notifications.domain.notification import Notification
from ihala_notifications.store.notifications import Kept
from ihala_notifications.usecases.calling import Leaving, call_provider, to_retry
from ihala_notifications.usecases.changing import change_message
from ihala_notifications.usecases.deps import WorkerDeps
from ihala_notifications.usecases.prepare import NotYet, Withheld, prepare

log = logger(__name__)


def attend(deps: WorkerDeps, kept: Kept) -> None:
    """Do all that is due about a notification; somebody else's being quicker ends it quietly.

    Its span tells neither channel nor outcome, nor is there one for each call of a provider: less
    what is counted, that would be what is protected.
    """
    if kept.notification.due(deps.clock()):
        thread = deps.notifications.thread_of(kept)
        with tracing.span("deliver", "INTERNAL", thread.traceparent):
            _attend(deps, kept)


def _attend(deps: WorkerDeps, kept: Kept) -> None:
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
        return change_message(deps, kept, message, lambda m: m.to(State.EXPIRED, now, "too_late"))
    if message.state is State.HELD and message.reason == "facility_unknown":
        return _ask_again(deps, kept)
    if message.channel is Channel.INBOX:
        return change_message(deps, kept, message, lambda m: lay_into_inbox(m, now))
    verdict = _still_true(deps, notification)
    if not verdict.holds:
        return change_message(
            deps, kept, message, lambda m: m.to(State.CANCELLED, now, verdict.because)
        )
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
        return change_message(
            deps, kept, message, lambda m: to_retry(deps, kept.notification, m, problem)
        )
    log.warning("message is unknown", message_id=message.id)
    return change_message(
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
        return change_message(deps, kept, message, lambda m: m.to(State.SUPPRESSED, now, reason))
    except NotYet as not_yet:
        later = not_yet
        return change_message(deps, kept, message, lambda m: _hold(m, later, deps))
    except Invalid as invalid:
        fields = [error.pointer for error in invalid.errors]
        log.error("cannot be filled in", fields=fields)  # noqa: TRY400 - the fields say it all
        return change_message(
            deps,
            kept,
            message,
            lambda m: m.to(State.TECHNICAL_FAILURE, now, "values_do_not_fit"),
        )
    return call_provider(deps, Leaving(deps, kept, ready, verdict))


def _hold(message: Message, later: NotYet, deps: WorkerDeps) -> Message:
    """Held messages stay held; the others become so."""
    if message.state in (State.HELD, State.TEMPORARY_FAILURE):
        return replace(message, due_at=later.until)
    return message.to(State.HELD, deps.clock(), later.reason, due_at=later.until)
