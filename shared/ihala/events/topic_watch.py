"""Watching whether a topic is still the one that acknowledged our events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import UnknownTopicOrPartitionError

from ihala.mongo import Collection, Document

_LATEST = -1


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The offsets of the last batch that one partition took: the first, and behind the last.

    Tansu reports the end of its log as no further than the beginning of its last batch: there, a
    log that still reaches behind ``first`` is taken to be whole.
    """

    first: int
    end: int


class TopicWatch:
    """Remembers, per topic, its id and what was last acknowledged to ``who``.

    A topic counts as lost when its id is another one, when its log ends before what was
    acknowledged, or when it acknowledges at an offset that was taken already.
    """

    def __init__(self, collection: Collection[Document], who: str, topics: Iterable[str]) -> None:
        self._collection = collection
        self._who = who
        self._topics = sorted(topics)
        self._ids: dict[str, str] = {}
        self._last: dict[str, dict[int, Acknowledged]] = {topic: {} for topic in self._topics}
        self._went_back: set[str] = set()
        self._loaded = False
        self._exact: bool | None = None

    def read_again(self) -> None:
        """Go by what is remembered in the database: another relay may have sent meanwhile."""
        self._ids, self._last = {}, {topic: {} for topic in self._topics}
        self._went_back, self._loaded = set(), False

    def acknowledge(self, topic: str, offsets: Mapping[int, Acknowledged]) -> bool:
        """The broker acknowledged a batch; False when its log must be another than before.

        It is remembered in the database at once: a power cut may take the batch from the broker's
        log and end this process too, and its events are marked as sent only after this.
        """
        last = self._last[topic]
        for partition, taken in offsets.items():
            if partition in last and taken.first < last[partition].end:
                self._went_back.add(topic)
                return False
        last.update(offsets)
        self._keep(topic)
        return True

    def lost(self, admin: KafkaAdminClient) -> frozenset[str]:
        """The topics that are not what they were. Raises KafkaError when the broker cannot say."""
        self._load()
        described = {topic["name"]: topic for topic in admin.describe_topics(self._topics)}
        lost = {topic for topic in self._topics if self._changed(topic, described, admin)}
        for topic in self._topics:
            if topic not in lost and topic not in self._ids:
                self._ids[topic] = str(described[topic]["topic_id"])
                self._keep(topic)
        return frozenset(lost)

    def forget(self, topics: Iterable[str]) -> None:
        """Start anew with these topics, once what was lost is marked to be sent again."""
        for topic in topics:
            self._last[topic] = {}
            self._ids.pop(topic, None)
            self._went_back.discard(topic)
            self._keep(topic)

    def _changed(self, topic: str, described: Mapping[str, Any], admin: KafkaAdminClient) -> bool:
        found = described.get(topic)
        if found is None or found["error_code"]:
            raise UnknownTopicOrPartitionError(f"topic {topic} is not there; create it")
        known = self._ids.get(topic)
        if topic in self._went_back or (known is not None and known != str(found["topic_id"])):
            return True
        return self._is_shorter(topic, len(found["partitions"]), admin)

    def _is_shorter(self, topic: str, partitions: int, admin: KafkaAdminClient) -> bool:
        last = self._last[topic]
        if any(partition >= partitions for partition in last):
            return True
        if not last:
            return False
        asked = {TopicPartition(topic, partition): _LATEST for partition in last}
        ends = admin.list_partition_offsets(asked)
        exact = self._reports_ends_exactly(admin)
        return any(
            ends[at].offset < (taken.end if exact else taken.first + 1)
            for at in asked
            for taken in [last[at.partition]]
        )

    def _reports_ends_exactly(self, admin: KafkaAdminClient) -> bool:
        """Whether this is Apache Kafka, which names its features; Tansu names none."""
        if self._exact is None:
            self._exact = bool(admin.describe_features())
        return self._exact

    def _load(self) -> None:
        if self._loaded:
            return
        for kept in self._collection.find({"who": self._who, "topic": {"$in": self._topics}}):
            self._last[kept["topic"]] = {
                int(partition): Acknowledged(*taken) for partition, taken in kept["last"].items()
            }
            if kept["topic_id"]:
                self._ids[kept["topic"]] = kept["topic_id"]
        self._loaded = True

    def _keep(self, topic: str) -> None:
        last = {str(at): [taken.first, taken.end] for at, taken in self._last[topic].items()}
        state = {
            "who": self._who,
            "topic": topic,
            "topic_id": self._ids.get(topic),
            "last": last,
        }
        self._collection.replace_one({"_id": f"{self._who}:{topic}"}, state, upsert=True)
