"""Free ports of 127.0.0.1 that stay free while a process restarts."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"

_BELOW_EPHEMERAL = range(15_000, 32_000)
"""The system gives these to nobody by itself, so a port survives the restart of its owner."""


def free_port() -> int:
    """A port nobody listens on, outside the range that outgoing connections are given."""
    for port in random.SystemRandom().sample(_BELOW_EPHEMERAL, 200):
        if _can_bind(port):
            return port
    raise OSError("no free port between 15000 and 32000 on 127.0.0.1")


def is_listening(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections on this port, by default of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
