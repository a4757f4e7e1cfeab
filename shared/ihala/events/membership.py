"""Being a member of a consumer group: let in or not yet, and whether partitions came or went."""

from __future__ import annotations

import time
from typing import Any

from kafka import ConsumerRebalanceListener
from kafka.errors import KafkaTimeoutError

from ihala.events.place_watch import PlaceWatch

LET_IN_WITHIN_S = 60.0
"""Longer than any rebalance but one that waits for a member that stands still."""


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the group has told one member. ``moved`` stays True until it is set to False."""

    def __init__(self, places: PlaceWatch) -> None:
        self.moved = False
        self._places = places
        self._outside_since: float | None = None

    @property
    def is_in(self) -> bool:
        """Whether the group has given out its partitions with us in it, none of them perhaps."""
        return self._outside_since is None

    def ask(self) -> None:
        """We ask to be let in, from now on."""
        self._outside_since = time.monotonic()

    def check(self) -> None:
        """Raise KafkaTimeoutError when we are kept waiting, so that we begin anew and say so.

        A client can wait for ever for a coordinator that has forgotten it.
        """
        outside = self._outside_since
        if outside is not None and time.monotonic() - outside > LET_IN_WITHIN_S:
            raise KafkaTimeoutError(f"not let into the group within {LET_IN_WITHIN_S:g} s")

    def on_partitions_revoked(self, revoked: Any) -> None:
        """See kafka-python."""
        self.moved = True
        self.ask()

    def on_partitions_assigned(self, assigned: Any) -> None:
        """See kafka-python."""
        self.moved = self._places.unsure = True
        self._outside_since = None

    def on_partitions_lost(self, lost: Any) -> None:
        """See kafka-python."""
        self.moved = True
        self.ask()
