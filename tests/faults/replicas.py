"""Ground with three brokers and two webs and workers of each service, each to be restarted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for
from ihala_local.environments import SERVICES, web_name, worker_name
from ihala_local.ground import BrokerPart, Ground
from ihala_local.services import Service
from ihala_local.stack import Stack

TWO = (1, 2)
_GRACE_S = 30
"""What docker-compose.yml gives a process before it is killed; the manifests give as much."""


class ThreeKafkas(KafkaCluster):
    """Three brokers, as one part of a stack."""

    def __init__(self) -> None:
        super().__init__(nodes=3)

    @property
    def process(self) -> Process:
        """The process of the first of them."""
        return self.nodes[0].process


class Replicated(Ground):
    """Two of each process and three brokers; the embedded one is not made for such groups."""

    webs = workers = len(TWO)

    def __init__(self) -> None:
        self.kafka = ThreeKafkas()

    def broker(self, folder: Path, port: int) -> BrokerPart:
        """See Ground."""
        return self.kafka


def services_of(stack: Stack) -> Iterator[Service]:
    """Every web and worker of every service, web before worker, the first before the second."""
    for service in SERVICES:
        for name_of in (web_name, worker_name):
            for number in TWO:
                part = stack.parts[name_of(service, number)]
                assert isinstance(part, Service)
                yield part


def restart(service: Service) -> float:
    """SIGTERM, wait until it has ended by itself, start it, wait until it serves.

    Returns how many seconds the ending took. Raises when it would have been killed, or failed.
    """
    begun = time.monotonic()
    service.process.ask_to_stop()
    wait_for(
        lambda: not service.process.is_alive(),
        deadline_s=_GRACE_S,
        what=f"{service.process.name} to end by itself",
    )
    ended_s = time.monotonic() - begun
    assert service.process.exit_status == 0, service.process.log_end()
    service.start()
    service.wait_until_ready()
    return ended_s


def restart_brokers(kafka: KafkaCluster) -> Iterator[None]:
    """Each broker in turn; gives back control while one is away, and once all are in sync again."""
    for node in kafka.nodes:
        node.stop()
        yield
        kafka.start_nodes([node])
        kafka.wait_in_sync()
        yield
