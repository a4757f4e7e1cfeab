"""What every channel does, and what it must never do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ihala_notifications.domain.templates import Letter


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: ``letter`` for people, ``body`` (JSON text) for machines."""

    message_id: str
    address: str
    letter: Letter | None = None
    body: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider took it; ``final`` when it is thereby delivered. ``code`` is its own code."""

    code: str
    final: bool = False


Leaving = Callable[[], None]
"""Records that the message is on its way. It raises when somebody else was quicker; then the
channel must not send."""


class ChannelSender(Protocol):
    """One way of sending.

    ``send`` calls ``leaving`` exactly once, right before the first byte after which the provider
    might take the message. Before that call nothing has left, and any failure is definite. It
    gives an Answer, or raises one DeliveryProblem; NoAnswer only after ``leaving``. Every wait is
    bounded. It may be called from several threads.
    """

    def send(self, parcel: Parcel, leaving: Leaving) -> Answer:
        """Send one message."""
