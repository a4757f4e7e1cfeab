"""All contracts by type: the one table that producers, consumers and documents read."""

from __future__ import annotations

from ihala.events.contracts import notifications, referrals, registry
from ihala.events.contracts.contract import Contract, InvalidEvent
from ihala.events.event import Event
from ihala.events.topics import TOPICS

CONTRACTS: dict[tuple[str, int], Contract] = {
    (contract.type, contract.version): contract
    for contract in (*registry.CONTRACTS, *referrals.CONTRACTS, *notifications.CONTRACTS)
}


def contract_for(type_: str, version: int = 1) -> Contract | None:
    """The contract of this type and version, or None when we know of none."""
    return CONTRACTS.get((type_, version))


def contracts_of(topic: str) -> list[Contract]:
    """The contracts of what travels on this topic."""
    return [contract for contract in CONTRACTS.values() if contract.topic == topic]


def check_sent(event: Event, topic: str) -> None:
    """Raise InvalidEvent unless the event may travel on this topic as it is."""
    contract = contract_for(event.type, event.version)
    if contract is None:
        raise InvalidEvent(f"there is no contract for {event.type}; see docs/events.md")
    if _may_be_checked(event, contract, topic):
        contract.check_sent(event.data)


def check_received(event: Event, topic: str) -> bool:
    """Whether a consumer of this topic must take the event; raises InvalidEvent when it is wrong.

    A type that we do not know is let pass on our own topics, where a newer service may write it;
    from outside it is a mistake that somebody wants to hear of.
    """
    contract = contract_for(event.type, event.version)
    if contract is None and TOPICS[topic].from_outside:
        raise InvalidEvent(f"there is no contract for {event.type}; see docs/events.md")
    if contract is None:
        return False
    if _may_be_checked(event, contract, topic):
        contract.check_received(event.data)
    return True


def _may_be_checked(event: Event, contract: Contract, topic: str) -> bool:
    """Whether there is data to check: a tombstone, on a compacted topic, has none."""
    if contract.topic != topic:
        raise InvalidEvent(f"{event.type} does not belong on {topic}, but on {contract.topic}")
    return event.data is not None or not TOPICS[topic].compacted
