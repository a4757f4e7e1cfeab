"""How far consumer groups are behind the ends of the topics they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, TopicPartition

_EARLIEST, _LATEST = -2, -1


@dataclass(frozen=True, slots=True)
class Lag:
    """One group's lag on one topic, in records over all partitions."""

    group: str
    topic: str
    behind: int


def lags(admin: KafkaAdminClient, groups: Mapping[str, Sequence[str]]) -> list[Lag]:
    """The lag of each group on each topic it reads; what it never committed counts in full."""
    topics = sorted({topic for read in groups.values() for topic in read})
    partitions = _partitions(admin, topics)
    ends = _offsets(admin, partitions, _LATEST)
    begins = _offsets(admin, partitions, _EARLIEST)
    return [
        Lag(group, topic, _behind(topic, ends, begins, _committed(admin, group)))
        for group, read in groups.items()
        for topic in read
    ]


def held(admin: KafkaAdminClient, topic: str) -> int:
    """How many records a topic holds, as far as their offsets tell."""
    partitions = _partitions(admin, [topic])
    ends, begins = _offsets(admin, partitions, _LATEST), _offsets(admin, partitions, _EARLIEST)
    return sum(end - begins[partition] for partition, end in ends.items())


Offsets = dict[TopicPartition, int]


def _partitions(admin: KafkaAdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    described = admin.describe_topics(list(topics))
    return [
        TopicPartition(topic["name"], partition["partition_index"])
        for topic in described
        for partition in topic["partitions"]
    ]


def _offsets(admin: KafkaAdminClient, partitions: Sequence[TopicPartition], which: int) -> Offsets:
    found = admin.list_partition_offsets(dict.fromkeys(partitions, which))
    return {partition: max(0, answer.offset) for partition, answer in found.items()}


def _committed(admin: KafkaAdminClient, group: str) -> Offsets:
    found: Mapping[TopicPartition, Any] = admin.list_group_offsets([group]).get(group, {})
    return {partition: answer.offset for partition, answer in found.items() if answer.offset >= 0}


def _behind(topic: str, ends: Offsets, begins: Offsets, committed: Offsets) -> int:
    return sum(
        max(0, end - max(committed.get(partition, 0), begins[partition]))
        for partition, end in ends.items()
        if partition.topic == topic
    )
