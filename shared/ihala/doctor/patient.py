"""The service that the doctor looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ihala.doctor.finding import Finding
from ihala.events.kafka import KafkaSettings
from ihala.mongo import Database, Document
from ihala.operations import Operations


@dataclass(frozen=True)
class Patient:
    """One service, opened for the doctor; nothing has connected yet."""

    operations: Operations
    settings: Any
    environment: Mapping[str, str]
    database: Database[Document]
    kafka: KafkaSettings

    @property
    def service(self) -> str:
        """Its name."""
        return self.operations.service


Check = Callable[[Patient], Iterable[Finding]]

_LOCAL = ("127.", "localhost", "[::1]", "::1")


def is_local(address: str) -> bool:
    """Whether an address stays on this machine, where some things need not be guarded."""
    return address.startswith(_LOCAL)
