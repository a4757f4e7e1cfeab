"""What a worker counts; the web's own metrics are beside the edge."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SENT = Counter("ihala_events_sent_total", "Events acknowledged by the broker.", ["topic"])
APPLIED = Counter("ihala_events_applied_total", "Events applied.", ["group", "topic"])
DEAD = Counter("ihala_events_dead_total", "Events that went to dead letters.", ["group", "topic"])
PARKED = Gauge("ihala_parked_events", "Events that are parked.", ["group"])
PARKED_KEYS = Gauge("ihala_parked_keys", "Keys whose events are parked.", ["group"])
PARKED_OLDEST_S = Gauge("ihala_parked_oldest_seconds", "Age of the oldest parked event.", ["group"])
UNSENT_OLDEST_S = Gauge(
    "ihala_unsent_oldest_seconds",
    "Age of the oldest event not sent yet.",
    ["source"],
)
PAUSED = Gauge("ihala_consumer_paused", "1 while a consumer waits for the world.", ["group"])
REPLAYS = Counter("ihala_replays_total", "Times a topic was found lost and replayed.", ["topic"])
