"""Every topic: who writes it, what its key is, how long it is kept."""

from __future__ import annotations

from dataclasses import dataclass

_DAY_MS = 24 * 3600 * 1000
PARTITIONS = 12
"""Fixed for good: adding partitions later would move keys and break their order."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must exist on the broker.

    ``writer`` is the one service that may write it; "outside" stands for other systems.
    ``readers`` is who may read it; "all" for everyone with an account.
    """

    name: str
    writer: str
    readers: tuple[str, ...]
    key: str
    settings: tuple[tuple[str, str], ...]

    @property
    def compacted(self) -> bool:
        """Whether the broker keeps the last event of each key for ever, and tombstones count."""
        return ("cleanup.policy", "compact") in self.settings

    @property
    def from_outside(self) -> bool:
        """Whether other systems write it."""
        return self.writer == "outside"


def _kept_for(days: int) -> tuple[tuple[str, str], ...]:
    return (("cleanup.policy", "delete"), ("retention.ms", str(days * _DAY_MS)))


_COMPACTED = (("cleanup.policy", "compact"), ("min.compaction.lag.ms", str(7 * _DAY_MS)))

_ALL = ("all",)
_UNCOUNTED = frozenset({"referrals.protected"})

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("registry.facilities", "registry", _ALL, "facility id", _COMPACTED),
        Topic("registry.partnerships", "registry", _ALL, "aggregate id", _COMPACTED),
        Topic("registry.reports", "outside", ("registry",), "facility id", _kept_for(30)),
        Topic("referrals.events", "referrals", _ALL, "referral id", _kept_for(30)),
        Topic("referrals.protected", "referrals", ("notifications",), "referral id", _kept_for(30)),
        Topic("referrals.contacts", "referrals", ("notifications",), "person id", _COMPACTED),
        Topic("referrals.requests", "outside", ("referrals",), "requester's id", _kept_for(30)),
        Topic("notifications.requests", "outside", ("notifications",), "subject id", _kept_for(30)),
        Topic("notifications.events", "notifications", _ALL, "notification id", _kept_for(30)),
        Topic("surveillance.alerts", "outside", ("notifications",), "subject id", _kept_for(30)),
        Topic("staff.events", "outside", ("notifications",), "subject id", _kept_for(30)),
        Topic("registry.dead-letters", "registry", ("registry",), "original key", _kept_for(90)),
        Topic("referrals.dead-letters", "referrals", ("referrals",), "original key", _kept_for(90)),
        Topic(
            "notifications.dead-letters",
            "notifications",
            ("notifications",),
            "original key",
            _kept_for(90),
        ),
    )
}


def dead_letters_of(service: str) -> str:
    """The topic for what this service could not read."""
    return f"{service}.dead-letters"


def is_counted(topic: str) -> bool:
    """Whether metrics and logs may speak of the topic: how much is protected is nobody's to know.

    Such events show only where they cannot be told from others: in the age of the oldest unsent
    event, in parked keys, and in the flow of dead letters.
    """
    return topic not in _UNCOUNTED
