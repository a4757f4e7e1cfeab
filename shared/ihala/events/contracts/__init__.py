"""The contract of every event: one marshmallow schema per type and version, the single source.

Validation, JSON Schema, the AsyncAPI document and the examples are all derived from it.
A producer may send nothing that the schema does not declare; a consumer ignores what it does not
know. Personal data is never declared.
"""

from ihala.events.contracts.contract import Contract, InvalidEvent
from ihala.events.contracts.table import (
    CONTRACTS,
    check_received,
    check_sent,
    contract_for,
    contracts_of,
)

__all__ = [
    "CONTRACTS",
    "Contract",
    "InvalidEvent",
    "check_received",
    "check_sent",
    "contract_for",
    "contracts_of",
]
