"""What a worker counts and measures; the web's own metrics are beside the edge.

No label ever holds an id, a name or anything that a caller can choose, and nothing here counts
what is protected: topics that only some may read have no series of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from ihala.events.event import Event
from ihala.events.topics import is_counted

# When each series was made would be another series for each, and no news.
disable_created_metrics()  # type: ignore[no-untyped-call]

SENT = Counter("ihala_events_sent_total", "Events acknowledged by the broker.", ["topic"])
APPLIED = Counter("ihala_events_applied_total", "Events applied.", ["group", "topic"])
DELAY_S = Histogram(
    "ihala_event_delay_seconds",
    "From an event to its effect here: the slowest of each batch.",
    ["group", "topic"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600, 86_400),
)
DEAD = Counter("ihala_dead_letters_total", "Records that went to dead letters.", ["group", "topic"])
PARKED = Gauge("ihala_parked_events", "Events that are parked.", ["group"])
PARKED_KEYS = Gauge("ihala_parked_keys", "Keys whose events are parked.", ["group"])
PARKED_OLDEST_S = Gauge(
    "ihala_parked_oldest_age_seconds", "Age of the oldest parked event.", ["group"]
)
UNSENT_OLDEST_S = Gauge(
    "ihala_unsent_oldest_age_seconds", "Age of the oldest event not sent yet.", ["outlet"]
)
LAG = Gauge("ihala_consumer_lag_records", "Records not read yet.", ["group", "topic"])
DUE_OLDEST_S = Gauge(
    "ihala_due_oldest_age_seconds", "How late the work is that is due for longest.", ["work"]
)
PAUSED = Gauge("ihala_consumer_paused", "1 while a consumer waits for the world.", ["group"])
REPLAYS = Counter(
    "ihala_topic_replays_total", "Times a topic was found lost and replayed.", ["topic"]
)
FAILURES = Counter(
    "ihala_task_failures_total",
    "Rounds of a task that failed, by the kind of error.",
    ["task", "error"],
)


def count_sent(topic: str, events: int) -> None:
    """Count events that the broker has taken; 0 makes the series, so that its first rise shows."""
    if is_counted(topic):
        SENT.labels(topic).inc(events)


def count_applied(group: str, topic: str, events: Sequence[Event]) -> None:
    """Count events that had their effect, and how long the oldest of them was on its way.

    No events make the series, so that their first rise shows.
    """
    if not is_counted(topic):
        return
    APPLIED.labels(group, topic).inc(len(events))
    if events:
        passed = datetime.now(UTC) - min(event.time for event in events)
        DELAY_S.labels(group, topic).observe(max(0.0, passed.total_seconds()))


def count_dead(group: str, topic: str) -> None:
    """Count a record that went to dead letters, by the topic that it came from."""
    if is_counted(topic):
        DEAD.labels(group, topic).inc()


def count_failure(task: str, error: BaseException) -> None:
    """Count a round of a task that failed; errors are told apart by their class alone."""
    FAILURES.labels(task, type(error).__name__).inc()
