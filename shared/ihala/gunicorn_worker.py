"""gunicorn's threaded worker, with a door that closes at once when the process is told to stop."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers what was let in, and refuses whoever comes after SIGTERM.

    gunicorn's own worker keeps its listening socket open while it finishes: whoever connects then
    waits for seconds and is cut off with a request that nobody read. A refused connection carried
    nothing, so a gateway may pass it to the next web, whatever the method.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """See ThreadWorker; with the worker told to stop, also close the door."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._let_in_who_waits(listener)
                listener.close()

    def _let_in_who_waits(self, listener: Any) -> None:
        """Accept until nobody waits: closing a door cuts off those who stand in it."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)
