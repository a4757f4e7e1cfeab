"""gunicorn's threaded worker: it leaves connections to whoever has fewer, and closes its door.

The processes of a web share one listening socket, and whoever looks first gets the connection.
Where callers keep theirs, one process may come to hold all but one of sixteen: its threads wait for
each other then, while another core has nothing to do.
"""

from __future__ import annotations

import mmap
import time
from array import array
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker

PATIENCE_S: Final = 0.1
"""How long a connection is left to others who have fewer: they may be stuck."""

_BETWEEN_LOOKS_S: Final = 0.001

_PLACES: Final = 64
"""With more processes than that some share a place, and connections are spread less evenly."""

_CLOSED: Final = -1
# One for all: the arbiter reads this module before it starts the processes that share the memory.
_connections = memoryview(mmap.mmap(-1, 4 * _PLACES)).cast("i")
_connections[:] = memoryview(array("i", [_CLOSED] * _PLACES))


class Worker(ThreadWorker):  # type: ignore[misc]
    """Accepts when no other process has fewer connections, and nothing after SIGTERM."""

    _accepting = False
    _patient_until = 0.0

    def __init__(self, age: int, *args: Any) -> None:
        self._place = age % _PLACES
        super().__init__(age, *args)

    @property
    def nr_conns(self) -> int:
        """How many connections it has."""
        return self._count

    @nr_conns.setter
    def nr_conns(self, count: int) -> None:
        self._count = count
        self._tell_others()

    def _tell_others(self) -> None:
        _connections[self._place] = self._count if self._accepting else _CLOSED

    def is_gone(self) -> None:
        """Nobody waits for it any more; for the arbiter, once the process has ended somehow."""
        _connections[self._place] = _CLOSED

    def accept(self, listener: Any) -> None:
        """See ThreadWorker; it is called again at once while somebody waits at the door.

        So it rests between two looks, as asking without a pause would take the processor from the
        one who is waited for. Requests in hand go on: they have threads of their own.
        """
        if self.leaves_it():
            time.sleep(_BETWEEN_LOOKS_S)
        else:
            super().accept(listener)

    def leaves_it(self) -> bool:
        """Whether who waits at the door is left to another process, for now."""
        return self.alive and self._others_have_fewer() and self._is_patient()

    def _others_have_fewer(self) -> bool:
        return any(_CLOSED < others < self._count for others in _connections)

    def _is_patient(self) -> bool:
        now = time.monotonic()
        if now > self._patient_until + PATIENCE_S:
            self._patient_until = now + PATIENCE_S
        return now < self._patient_until

    def set_accept_enabled(self, enabled: bool) -> None:
        """See ThreadWorker; with the worker told to stop, also close the door.

        gunicorn's own worker keeps its listening socket open while it finishes: whoever connects
        then waits for seconds and is cut off with a request that nobody read. A refused connection
        carried nothing, so a gateway may pass it to the next web, whatever the method.
        """
        super().set_accept_enabled(enabled)
        self._tell_others()
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
