"""Events: what they look like, how they are kept, sent, received, set aside and read again.

Other systems need one name of this package, ``Publisher``. It is loaded when it is asked for: the
web processes import this package too, and must not load a Kafka client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ihala.events.publisher import Publisher

__all__ = ["Publisher"]


def __getattr__(name: str) -> Any:
    if name == "Publisher":
        from ihala.events.publisher import Publisher

        return Publisher
    raise AttributeError(name)
