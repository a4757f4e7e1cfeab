"""Apache Kafka on 127.0.0.1: one broker or three, in KRaft mode, each to be killed and restarted.

Small and impatient: little memory, few partitions, and a dead broker is noticed within seconds.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from ihala.events.kafka import KafkaSettings
from ihala.events.topic_admin import Layout, create_topics
from ihala.events.topics import TOPICS
from ihala.testing.kafka_jars import kafka_command
from ihala.testing.ports import LOOPBACK, free_port, is_listening
from ihala.testing.processes import DiedError, Process
from ihala.testing.waiting import wait_for

_PARTITIONS = 3
_UP_WITHIN_S = 180
_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN")

_SETTINGS = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:{controller},CLIENTS://{host}:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT
inter.broker.listener.name=CLIENTS
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={replication}
min.insync.replicas={in_sync}
offsets.topic.num.partitions={partitions}
offsets.topic.replication.factor={replication}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.replication.factor={replication}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
replica.lag.time.max.ms=3000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
log.cleaner.backoff.ms=200
log.cleaner.dedupe.buffer.size=4194304
file.delete.delay.ms=500
num.network.threads=2
num.io.threads=2
"""


class KafkaNode:
    """One broker, a controller at the same time; its data lie in ``folder`` and survive a kill."""

    def __init__(self, number: int, folder: Path, java: list[str], host: str) -> None:
        self.number = number
        self.host = host
        self.port = free_port()
        self.controller_port = free_port()
        self.data = folder / "data"
        self._formatted = folder / "formatted"
        self._settings = folder / "server.properties"
        self._format = [*java, "kafka.tools.StorageTool", "format", "--config", str(self._settings)]
        self.process = Process(
            f"kafka-{number}", [*java, "kafka.Kafka", str(self._settings)], log=folder / "kafka.log"
        )

    def configure(self, settings: str) -> None:
        """Write the settings that the next start reads."""
        self._settings.parent.mkdir(parents=True, exist_ok=True)
        self._settings.write_text(settings)

    def launch(self, cluster_id: str) -> None:
        """Start it, on empty storage the first time; it answers some seconds later."""
        if not self._formatted.is_dir():
            command = [*self._format, f"--cluster-id={cluster_id}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise DiedError(f"cannot format storage:\n{done.stdout}{done.stderr}")
            shutil.copytree(self.data, self._formatted)
        if not self.data.is_dir():
            shutil.copytree(self._formatted, self.data)
        self.process.start()

    def kill(self) -> None:
        """SIGKILL; what it had written stays in the folder."""
        self.process.kill()

    def stop(self) -> None:
        """End it in good order: it hands its partitions over first."""
        self.process.stop(grace_s=30)

    def wipe(self) -> None:
        """Empty the storage of a node that does not run: its disk is lost."""
        shutil.rmtree(self.data)

    def answers(self) -> bool:
        """Whether it listens to clients; raises DiedError when it ended by itself."""
        self.process.check_alive()
        return is_listening(self.port, self.host)


class KafkaCluster:
    """One or three nodes with every topic of the table, three partitions each.

    Clients reach them at ``host``. With three nodes a topic has three replicas, of which two must
    have a record.
    """

    def __init__(self, nodes: int = 1, host: str = LOOPBACK) -> None:
        java = kafka_command("-Xmx512m" if nodes == 1 else "-Xmx256m", *_OPTIONS)
        self._folder = Path(tempfile.mkdtemp(prefix="ihala-kafka-"))
        self._id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self.layout = Layout(_PARTITIONS, replication=nodes)
        self.nodes = [
            KafkaNode(number, self._folder / str(number), java, host)
            for number in range(1, nodes + 1)
        ]
        self.servers = tuple(f"{host}:{node.port}" for node in self.nodes)
        self.address = ",".join(self.servers)
        for node in self.nodes:
            node.configure(self._settings_of(node))

    def start(self) -> None:
        """Start all nodes and create the topics that are missing; returns when all are in sync."""
        self.start_nodes(self.nodes)
        admin = self.admin()
        wait_for(
            lambda: create_topics(admin, self.layout) is not None,
            deadline_s=_UP_WITHIN_S,
            what="the topics to be made",
            retry_on=(KafkaError,),
        )
        admin.close()
        self.wait_in_sync()

    def start_nodes(self, nodes: Sequence[KafkaNode]) -> None:
        """Start these nodes; returns when each answers."""
        for node in nodes:
            node.launch(self._id)
        for node in nodes:
            wait_for(node.answers, deadline_s=_UP_WITHIN_S, what=node.process.name)

    def wait_in_sync(self) -> None:
        """Wait until every partition has all its replicas in sync."""
        admin = self.admin()
        wait_for(
            lambda: self._in_sync(admin),
            deadline_s=_UP_WITHIN_S,
            what="all replicas to be in sync",
            every_s=0.1,
            retry_on=(KafkaError,),
        )
        admin.close()

    def node(self, number: int) -> KafkaNode:
        """The node that Kafka knows by this number."""
        return self.nodes[number - 1]

    def leader(self, topic: str, partition: int = 0) -> KafkaNode:
        """The node that leads a partition now."""
        admin = self.admin(only_alive=True)
        (described,) = admin.describe_topics([topic])
        admin.close()
        (leader,) = (
            found["leader_id"]
            for found in described["partitions"]
            if found["partition_index"] == partition
        )
        return self.node(leader)

    def kill(self) -> None:
        """SIGKILL to all nodes; what they had written stays."""
        for node in self.nodes:
            node.kill()

    def restart(self) -> None:
        """Kill those that run, and start all."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End all nodes at once and remove what they kept."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def settings(self, session_timeout_ms: int = 2_000) -> KafkaSettings:
        """How clients reach it."""
        return KafkaSettings(self.servers, session_timeout_ms=session_timeout_ms)

    def admin(self, *, only_alive: bool = False) -> KafkaAdminClient:
        """An administrative client; close it."""
        servers = [
            f"{node.host}:{node.port}"
            for node in self.nodes
            if node.process.is_alive() or not only_alive
        ]
        return KafkaSettings(tuple(servers)).admin()

    def _in_sync(self, admin: KafkaAdminClient) -> bool:
        partitions = [
            partition
            for topic in admin.describe_topics(list(TOPICS))
            for partition in topic["partitions"]
        ]
        return bool(partitions) and all(
            len(partition["isr_nodes"]) == self.layout.replication for partition in partitions
        )

    def _settings_of(self, node: KafkaNode) -> str:
        replication = self.layout.replication
        return _SETTINGS.format(
            number=node.number,
            voters=",".join(f"{it.number}@127.0.0.1:{it.controller_port}" for it in self.nodes),
            controller=node.controller_port,
            host=node.host,
            port=node.port,
            data=node.data,
            partitions=_PARTITIONS,
            replication=replication,
            in_sync=min(2, replication),
        )


class EmptyingKafka(KafkaCluster):
    """One broker that comes back empty, as the embedded one does: its disk dies with it."""

    def kill(self) -> None:
        """SIGKILL, and the disk is lost."""
        super().kill()
        for node in self.nodes:
            shutil.rmtree(node.data, ignore_errors=True)
