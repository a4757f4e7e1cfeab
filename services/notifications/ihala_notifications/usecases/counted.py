"""What is counted of messages; no label names a template, a recipient or a referral.

Messages about what is protected are not counted: not even that there are some may be read here.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from ihala_notifications.domain.classes import Class
from ihala_notifications.domain.message import Channel, Message, State
from ihala_notifications.domain.notification import Notification

MESSAGES = Counter(
    "ihala_messages_total", "States that messages came to.", ["channel", "class", "state"]
)
PROBLEMS = Counter(
    "ihala_message_problems_total", "Attempts that failed, by reason.", ["channel", "reason"]
)
ACCEPTED_AFTER_S = Histogram(
    "ihala_message_delay_seconds",
    "From the event to the provider's acceptance.",
    ["channel", "class"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)

SEND_S = Histogram(
    "ihala_message_send_duration_seconds",
    "Time of one call of a provider, answered or not.",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
for _channel in Channel:
    for _class in Class:
        for _state in State:
            MESSAGES.labels(_channel.value, _class.value, _state.value)
"""All series are there from the start: Prometheus does not see the rise that makes a series."""


def count_end(notification: Notification, before: Message, after: Message) -> None:
    """Count the states that a message came to, and how long it took to be accepted."""
    if notification.protected:
        return
    class_ = notification.class_.value
    for step in after.states[len(before.states) :]:
        MESSAGES.labels(after.channel.value, class_, step.state.value).inc()
        if step.state is State.ACCEPTED:
            passed = (step.at - notification.cause.time).total_seconds()
            ACCEPTED_AFTER_S.labels(after.channel.value, class_).observe(max(0.0, passed))


def count_call(
    notification: Notification, channel: Channel, took_s: float, reason: str = ""
) -> None:
    """Count a call of a provider: how long it took, and why it failed where it did.

    A reason such as ``mail_account`` is for operators to mend.
    """
    if notification.protected:
        return
    SEND_S.labels(channel.value).observe(took_s)
    if reason:
        PROBLEMS.labels(channel.value, reason).inc()
