"""All contracts by type: the one table that producers, consumers and documents read."""

from __future__ import annotations

from ihala.events.contracts import notifications, referrals, registry
from ihala.events.contracts.contract import Contract

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
