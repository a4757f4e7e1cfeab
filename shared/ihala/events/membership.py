"""Being a member of a consumer group: let in or not yet, and whether partitions came or went."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import closing
from typing import Any

from kafka import ConsumerRebalanceListener
from kafka.errors import KafkaTimeoutError

from ihala.events.kafka import KafkaSettings
from ihala.events.place_watch import PlaceWatch

_MOST_PATIENCE = 8
IDLE_FOR_S = 5.0
"""After so long without a partition a member asks whether anybody has one."""


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the group has told one member. ``moved`` stays True until it is set to False."""

    def __init__(self, kafka: KafkaSettings, group: str, places: PlaceWatch) -> None:
        self.moved = False
        self._kafka, self._group, self._places = kafka, group, places
        self._outside_since: float | None = None
        self._idle_since: float | None = None
        self._session_s = kafka.session_timeout_ms / 1000
        self._patience = 1

    @property
    def is_in(self) -> bool:
        """Whether the group has given out its partitions with us in it, none of them perhaps."""
        return self._outside_since is None

    @property
    def takes_leave(self) -> bool:
        """Whether to tell the group when we go.

        Not while it forms, if that saves others little: the embedded broker keeps a leader that
        takes leave then as the leader for ever, and lets nobody in any more. On Apache Kafka, where
        sessions are long, the others would wait for the end of ours.
        """
        return self.is_in or not self._kafka.sessions_are_short

    def ask(self) -> None:
        """We ask to be let in, from now on."""
        self._outside_since, self._idle_since = time.monotonic(), None

    def check(self, consumer: Any) -> None:
        """Raise KafkaTimeoutError when we wait in vain, so that we begin anew and say so.

        A client can wait for ever for a coordinator that has forgotten it: we wait for as long as a
        session lasts, which is as long as others may take to come, then twice that, and so on. And
        a leader that gave out partitions before it knew of any can leave all members without one,
        for ever as well.
        """
        now = time.monotonic()
        most_s = self._session_s * self._patience
        if self._outside_since is not None and now - self._outside_since > most_s:
            self._patience = min(_MOST_PATIENCE, 2 * self._patience)
            raise KafkaTimeoutError(f"not let into the group within {most_s:g} s")
        if self._idle_since is not None and now - self._idle_since > IDLE_FOR_S:
            self._idle_since = now
            if _some_exist(consumer) and not self._somebody_reads():
                raise KafkaTimeoutError("there are partitions, and the group gave out none")

    def _somebody_reads(self) -> bool:
        """Whether any member has a partition or may be getting one; False where nobody tells."""
        with closing(self._kafka.admin()) as admin:
            try:
                members = admin.describe_groups([self._group])[self._group]["members"]
            except ValueError:
                return False
        given = (member["member_assignment"] for member in members)
        # Bytes, and none of them, while the group is dividing the partitions anew.
        return any(not isinstance(it, dict) or it["assigned_partitions"] for it in given)

    def on_partitions_revoked(self, revoked: Any) -> None:
        """See kafka-python."""
        self.moved = True
        self.ask()

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """See kafka-python."""
        self.moved = self._places.unsure = True
        self._outside_since, self._patience = None, 1
        self._idle_since = None if assigned else time.monotonic()

    def on_partitions_lost(self, lost: Any) -> None:
        """See kafka-python."""
        self.moved = True
        self.ask()


def _some_exist(consumer: Any) -> bool:
    return any(consumer.partitions_for_topic(topic) for topic in consumer.subscription())
