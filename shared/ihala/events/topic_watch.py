"""Watching whether a topic is still the one that acknowledged our events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from ihala.mongo import Collection, Document

_LATEST = -1


class TopicWatch:
    """Remembers, per topic, its id and the highest offset that was acknowledged to ``who``.

    A topic counts as lost when its id is another one or its log ends before what was acknowledged.
    """

    def __init__(self, collection: Collection[Document], who: str, topics: Iterable[str]) -> None:
        self._collection = collection
        self._who = who
        self._topics = sorted(topics)
        self._ids: dict[str, str] = {}
        self._ends: dict[str, dict[int, int]] = {topic: {} for topic in self._topics}
        self._loaded = False

    def acknowledged(self, topic: str, partition: int) -> int:
        """The offset behind the last one that the broker acknowledged; 0 when there is none."""
        return self._ends[topic].get(partition, 0)

    def acknowledge(self, topic: str, offsets: Mapping[int, int]) -> None:
        """The broker acknowledged up to these offsets, by partition; kept by the next ``lost``."""
        ends = self._ends[topic]
        for partition, offset in offsets.items():
            ends[partition] = max(offset + 1, ends.get(partition, 0))

    def lost(self, admin: KafkaAdminClient) -> frozenset[str]:
        """The topics that are not what they were. Raises KafkaError when the broker cannot say."""
        self._load()
        described = {topic["name"]: topic for topic in admin.describe_topics(self._topics)}
        lost = {topic for topic in self._topics if self._changed(topic, described, admin)}
        for topic in self._topics:
            if topic not in lost:
                self._ids[topic] = str(described[topic]["topic_id"])
                self._keep(topic)
        return frozenset(lost)

    def forget(self, topics: Iterable[str]) -> None:
        """Start anew with these topics, once what was lost is marked to be sent again."""
        for topic in topics:
            self._ends[topic] = {}
            self._ids.pop(topic, None)
            self._keep(topic)

    def _changed(self, topic: str, described: Mapping[str, Any], admin: KafkaAdminClient) -> bool:
        found = described.get(topic)
        if found is None or found["error_code"]:
            raise UnknownTopicOrPartitionError(f"topic {topic} is not there; create it")
        known = self._ids.get(topic)
        if known is not None and known != str(found["topic_id"]):
            return True
        return self._is_shorter(topic, admin)

    def _is_shorter(self, topic: str, admin: KafkaAdminClient) -> bool:
        ends = self._ends[topic]
        if not ends:
            return False
        try:
            found = admin.list_partition_offsets(
                {TopicPartition(topic, partition): _LATEST for partition in ends}
            )
        except KafkaError as error:
            if isinstance(error, UnknownTopicOrPartitionError):
                return True
            raise
        return any(
            found[TopicPartition(topic, partition)].offset < end for partition, end in ends.items()
        )

    def _load(self) -> None:
        if self._loaded:
            return
        for kept in self._collection.find({"who": self._who}):
            if kept["topic"] in self._ends:
                self._ends[kept["topic"]] = {int(p): end for p, end in kept["ends"].items()}
                if kept["topic_id"]:
                    self._ids[kept["topic"]] = kept["topic_id"]
        self._loaded = True

    def _keep(self, topic: str) -> None:
        state = {
            "who": self._who,
            "topic": topic,
            "topic_id": self._ids.get(topic),
            "ends": {str(partition): end for partition, end in self._ends[topic].items()},
        }
        self._collection.replace_one({"_id": f"{self._who}:{topic}"}, state, upsert=True)
