"""Effects: what the events of a topic do to a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ihala.events.event import Event


class Effect(Protocol):
    """What events do to a service."""

    def apply(self, events: Sequence[Event]) -> None:
        """Apply all of them, in order; safe to run twice, whole or in part."""


class _Each:
    """Events applied one by one, each by the function that its type names."""

    def __init__(self, handlers: Mapping[str, Callable[[Event], None]]) -> None:
        self._handlers = handlers

    def apply(self, events: Sequence[Event]) -> None:
        for event in events:
            handler = self._handlers.get(event.type)
            if handler is not None:
                handler(event)


def each(handlers: Mapping[str, Callable[[Event], None]]) -> Effect:
    """An effect made of one function per event type; types that are not named are ignored."""
    return _Each(handlers)
