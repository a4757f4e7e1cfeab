"""Where the processes of a stack stand, and which real parts they stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ihala.testing.parts import Broker, Mongod, SmtpSink
from ihala.testing.ports import LOOPBACK
from ihala_local.supervisor import Part


class BrokerPart(Part, Protocol):
    """A broker with every topic of the table, reached at ``address``."""

    @property
    def address(self) -> str:
        """``host:port``, or several with commas between."""


class Ground:
    """One machine's loopback address, the embedded parts, one web and one worker for each service.

    A test that needs other ground (namespaces, a small disk, Apache Kafka) overrides a part of it.
    """

    webs = 1
    workers = 1

    def host_of(self, name: str) -> str:
        """The address that the process of this name listens on."""
        return LOOPBACK

    def command(self, name: str, command: Sequence[str]) -> Sequence[str]:
        """How a process of a service is started."""
        return command

    def settings(self, name: str) -> Mapping[str, str]:
        """What a process of a service finds in its environment on top."""
        return {}

    def mongod(self, folder: Path, port: int) -> Mongod:
        """The database."""
        return Mongod(folder, port=port, host=self.host_of("mongod"))

    def broker(self, folder: Path, port: int) -> BrokerPart:
        """The broker."""
        return Broker(folder, port=port, host=self.host_of("broker"))

    def smtp(self, folder: Path, port: int, log: Path) -> SmtpSink:
        """The mail server."""
        return SmtpSink(folder, port=port, log=log, host=self.host_of("smtp"))
