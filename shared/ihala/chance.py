"""Random bytes for ids, codes and vectors, drawn from the system a few thousand at a time.

Each call to the system lets another thread take the interpreter: under eight busy threads that
costs more than everything else about an id. Keys are not made from these bytes.
"""

from __future__ import annotations

import os
import threading

_AT_ONCE = 4096


class _Stock(threading.local):
    """What this thread has drawn and not given out yet."""

    left = b""


_stock = _Stock()


def random_bytes(count: int) -> bytes:
    """So many bytes from the system's source of randomness; none is ever given out twice."""
    left = _stock.left
    if len(left) < count:
        left = os.urandom(_AT_ONCE + count)
    _stock.left = left[count:]
    return left[:count]


def _begin_anew() -> None:
    """A process that has forked off must not give out what its parent gives out."""
    global _stock  # noqa: PLW0603
    _stock = _Stock()


os.register_at_fork(after_in_child=_begin_anew)
