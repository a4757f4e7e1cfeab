"""Watching whether a consumer's place in a topic still means what it meant."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from kafka import KafkaAdminClient, OffsetAndMetadata, TopicPartition

from ihala.events.kafka import KafkaSettings

_LOOK_EVERY_S = 2.0


class PlaceWatch:
    """Notices when a topic was deleted and made anew: a place in the old one says nothing then.

    Every committed offset carries the id of its topic, so that whoever takes a partition over
    notices too, and the epoch of its record, by which Kafka knows whether the log was cut short.
    """

    def __init__(self, kafka: KafkaSettings, group: str, topics: Iterable[str]) -> None:
        self.unsure = True
        self._kafka = kafka
        self._group = group
        self._topics = sorted(topics)
        self._ids: dict[str, str] = {}
        self._admin: KafkaAdminClient | None = None
        self._looked_at = 0.0

    def moved(self, consumer: Any) -> set[TopicPartition]:
        """The assigned partitions that are to be read from another place than they just were.

        ``consumer`` must be asked before its records are applied: they may be from the middle of
        a topic that was made anew since the last call.
        """
        if self._admin is None:
            self._admin = self._kafka.admin()
        ids = self._current_ids(self._admin)
        places = self._committed(self._admin) if self.unsure else {}
        stale = {at for at in consumer.assignment() if self._is_stale(at, ids, places.get(at))}
        if stale:
            consumer.seek_to_beginning(*stale)
        unproven = {at for at in consumer.assignment() - stale if _has_epoch(places.get(at))}
        for at in unproven:
            consumer._subscription.seek(at, places[at])  # noqa: SLF001 - seek() takes no epoch
        self._ids |= ids
        self._looked_at, self.unsure = time.monotonic(), False
        return stale | unproven

    def _is_stale(
        self, at: TopicPartition, ids: Mapping[str, str], place: OffsetAndMetadata | None
    ) -> bool:
        """Whether we, or whoever committed this place, knew the topic under another id."""
        known = {self._ids.get(at.topic), place.metadata if place else None} - {None, ""}
        return at.topic in ids and bool(known - {ids[at.topic]})

    def is_due(self) -> bool:
        """Whether to look although nothing came: the new topic may end where our place is."""
        return self.unsure or time.monotonic() - self._looked_at > _LOOK_EVERY_S

    def behind(self, partition: TopicPartition, record: Any) -> OffsetAndMetadata:
        """The place behind a record, to be committed."""
        return OffsetAndMetadata(
            record.offset + 1, self._ids.get(partition.topic, ""), record.leader_epoch
        )

    def close(self) -> None:
        """Let go of the broker; the next look makes another client."""
        admin, self._admin, self.unsure = self._admin, None, True
        if admin is not None:
            admin.close()

    def _current_ids(self, admin: KafkaAdminClient) -> dict[str, str]:
        """The ids of the topics that are there; one that is being made anew may be missing."""
        described = admin.describe_topics(self._topics)
        return {it["name"]: str(it["topic_id"]) for it in described if not it["error_code"]}

    def _committed(self, admin: KafkaAdminClient) -> dict[TopicPartition, OffsetAndMetadata]:
        found: dict[TopicPartition, OffsetAndMetadata] = admin.list_group_offsets([self._group])[
            self._group
        ]
        return found


def _has_epoch(place: OffsetAndMetadata | None) -> bool:
    """Whether the client can prove the place against the log, once it is told the epoch.

    It forgets the epoch of a committed offset by itself, and would go on in a log cut short.
    """
    return place is not None and place.offset >= 0 and place.leader_epoch >= 0
