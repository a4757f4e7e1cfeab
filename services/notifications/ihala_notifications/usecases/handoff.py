"""The handoff: what was just made goes to the sending threads at once."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterable

from ihala_notifications.store.notifications import CLAIM_S, Kept

_ENOUGH = 50


class Handoff:
    """A bounded queue between whoever finds work and the threads that do it.

    What does not fit is not lost: its claim runs out, and the poll finds it again.
    """

    def __init__(self, capacity: int = 500) -> None:
        self._queue: queue.Queue[tuple[float, Kept]] = queue.Queue(capacity)

    def put(self, some: Iterable[Kept]) -> None:
        """Offer what has something due; never waits."""
        for kept in some:
            if kept.notification.due_at is None:
                continue
            try:
                self._queue.put_nowait((time.monotonic(), kept))
            except queue.Full:
                return

    def take(self, wait_s: float) -> Kept | None:
        """The next one, or None when nothing came within ``wait_s``.

        What lay here longer than its claim lasts is left to whoever claims it next.
        """
        try:
            offered_at, kept = self._queue.get(timeout=wait_s)
        except queue.Empty:
            return None
        return kept if time.monotonic() - offered_at < CLAIM_S else None

    @property
    def is_busy(self) -> bool:
        """Whether there is enough to do without looking for more."""
        return self._queue.qsize() >= _ENOUGH
