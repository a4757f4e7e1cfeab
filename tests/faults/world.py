"""The whole system on ground that can be shaken: own networks, a small disk, clocks that jump."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from tests.faults import database
from tests.faults.chaos import Fault
from tests.faults.clocks import ClockJump, Clocks
from tests.faults.leases import LostClaims, LostLease
from tests.faults.network import Cut, HalfCut, Lossy, Network
from tests.faults.processes import Kill, Pause

from ihala.mongo import Database, Document
from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.parts import Mongod
from ihala.testing.processes import Process
from ihala_local.environments import SERVICES, worker_name
from ihala_local.ground import BrokerPart, Ground
from ihala_local.stack import Stack

WORKERS = 2
SEND_LEASE_S = 20
BROKER = os.environ.get("IHALA_TEST_BROKER", "tansu")
KEEPS_ITS_LOG = BROKER == "kafka"
"""Apache Kafka finds its topics again when it is killed; the embedded broker comes back empty."""

_PROCESSES = [f"{service}-web" for service in SERVICES]
_PROCESSES += [worker_name(service, n) for service in SERVICES for n in range(1, WORKERS + 1)]
_SENDERS = [worker_name("notifications", n) for n in range(1, WORKERS + 1)]
_TALKS = {
    "mongod": _PROCESSES,
    "broker": [name for name in _PROCESSES if not name.endswith("-web")],
    "smtp": _SENDERS,
}
_SESSION = {"IHALA_KAFKA_SESSION_TIMEOUT_MS": "6000"}
_PATIENCE = {"IHALA_SEND_LEASE_S": str(SEND_LEASE_S), "IHALA_SMTP_TIMEOUT_S": "5"}


class OneKafka(KafkaCluster):
    """Apache Kafka with one broker, as a part that a supervisor keeps up."""

    @property
    def process(self) -> Process:
        """Its broker's process."""
        return self.nodes[0].process


class Shaky(Ground):
    """A network for each process, two workers for each service, and a database on a small disk."""

    workers = WORKERS

    def __init__(self, folder: Path) -> None:
        self.network = Network(_PROCESSES)
        self.clocks = Clocks(folder / "clocks", _PROCESSES)

    def host_of(self, name: str) -> str:
        """See Ground."""
        return self.network.address_of(name)

    def command(self, name: str, command: Sequence[str]) -> Sequence[str]:
        """See Ground."""
        return self.network.command(name, command)

    def settings(self, name: str) -> Mapping[str, str]:
        """See Ground. Messages in mid-send are given up sooner, so that pauses outlast that."""
        patience = _PATIENCE if name in _SENDERS else {}
        session = {} if name.endswith("-web") else _SESSION
        return {**self.clocks.settings(name), **session, **patience}

    def mongod(self, folder: Path, port: int) -> Mongod:
        """See Ground."""
        database.small_disk(folder)
        return Mongod(folder, port=port, host=self.host_of("mongod"), options=database.OPTIONS)

    def broker(self, folder: Path, port: int) -> BrokerPart:
        """See Ground."""
        if KEEPS_ITS_LOG:
            return OneKafka(host=self.host_of("broker"))
        return super().broker(folder, port)


class World:
    """A stack on shaky ground, every kind of fault that it can meet, and the way back to peace."""

    def __init__(self, folder: Path) -> None:
        self._ground = Shaky(folder)
        self.stack = Stack(folder / "stack", ground=self._ground)
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            self.stack.mongod.host,
            self.stack.mongod.port,
            directConnection=True,
            serverSelectionTimeoutMS=1_000,
            timeoutMS=2_000,
        )

    def faults(self, databases: Mapping[str, Database[Document]]) -> list[Fault]:
        """All kinds; those that are there more than once come more often."""
        parts, ports = self.stack.parts, self._ports()
        mortal = {name: part for name, part in parts.items() if name != "smtp"}
        network, disk = self._ground.network, self.stack.places.folder / "mongod"
        kills: list[Fault] = [Kill(mortal)] * 3
        pauses: list[Fault] = [Pause(parts)] * 4
        cuts = [kind(network, ports, _TALKS) for kind in (Cut, Cut, HalfCut, HalfCut, Lossy)]
        clocks: list[Fault] = [ClockJump(self._ground.clocks, _PROCESSES)] * 2
        return [
            *kills,
            *pauses,
            *cuts,
            *clocks,
            LostLease(databases),
            LostLease(databases),
            LostClaims(databases["notifications"]),
            database.SlowDatabase(self._client),
            database.FullDisk(disk),
        ]

    def calm(self, hours: int) -> None:
        """Nothing fails any more, and all clocks are set forward: what was put off is due then.

        The embedded broker is started anew once: it may hold on to a dead member as the leader of
        a consumer group, which then waits for it for ever. Apache Kafka does not.
        """
        if not KEEPS_ITS_LOG:
            self.stack.broker.kill()
        for name in _PROCESSES:
            self._ground.clocks.set(name, hours * 3600)

    def stop(self) -> None:
        """End everything."""
        self._client.close()
        self.stack.stop()

    def _ports(self) -> dict[str, int]:
        addresses = {"broker": self.stack.broker.address, "smtp": self.stack.smtp.address}
        ports = {name: int(address.rpartition(":")[2]) for name, address in addresses.items()}
        return {"mongod": self.stack.mongod.port, **ports}
