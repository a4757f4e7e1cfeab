"""The loops of sending: threads that take what is handed over, and one that finds what is due."""

from __future__ import annotations

import threading

from ihala.logs import logger
from ihala.metrics import count_failure
from ihala.mongo import is_world_down
from ihala_notifications.store.notifications import Kept
from ihala_notifications.usecases.deliver import attend
from ihala_notifications.usecases.deps import WorkerDeps

log = logger(__name__)

_LOOK_UP_EVERY_S = 0.5
_CLAIMED_AT_ONCE = 200


class Sender:
    """One sending thread: it waits for the handoff and attends to what comes."""

    def __init__(self, deps: WorkerDeps, number: int) -> None:
        self.name = f"sender-{number}"
        self.waiting_for: str | None = None
        self._deps = deps

    def run(self, stop: threading.Event) -> None:
        """See ihala.worker.Task. One notification's failure never holds up another's.

        What fails here stays due: its claim runs out, and it is met again.
        """
        while not stop.is_set():
            kept = self._deps.handoff.take(_LOOK_UP_EVERY_S)
            if kept is not None and not self._attended(kept):
                stop.wait(_LOOK_UP_EVERY_S)

    def _attended(self, kept: Kept) -> bool:
        """Whether it went well; False while the database is away."""
        self.waiting_for = None
        try:
            attend(self._deps, kept)
        except Exception as error:  # A bug, or a database that is away: the thread goes on.
            count_failure("sender", error)
            if is_world_down(error):
                self.waiting_for = type(error).__name__
                return False
            log.exception("cannot attend", notification_id=kept.notification.id)
        return True


def find_due(deps: WorkerDeps) -> int:
    """Claim what is due and hand it over; how many. Nothing while the senders have enough to do."""
    if deps.handoff.is_busy:
        return 0
    found = deps.notifications.claim_due(_CLAIMED_AT_ONCE)
    deps.handoff.put(found)
    return len(found)
