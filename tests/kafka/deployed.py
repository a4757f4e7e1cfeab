"""Three nodes as deploy/kafka/start.sh starts them in containers, each on an address of its own."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

from ihala.events.kafka import KafkaSettings
from ihala.testing.kafka_jars import kafka_command
from ihala.testing.ports import is_listening
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for

ROOT = Path(__file__).parents[2]
_UP_WITHIN_S = 240


class DeployedNodes:
    """Nodes 1 to 3 with the secrets that deploy/secrets makes, one certificate for each."""

    def __init__(self, folder: Path, protocol: str) -> None:
        net = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}"
        self.protocol = protocol
        self.secrets = folder / "secrets"
        self.hosts = [f"{net}.{number}" for number in (1, 2, 3)]
        self._folder = folder
        self._make_secrets(self.secrets, self.hosts[0])
        self._make_home(folder / "home")
        self.nodes = [self._node(number, host) for number, host in enumerate(self.hosts, 1)]

    def start(self) -> None:
        """Start all; returns when each answers."""
        for node in self.nodes:
            node.start()
        for node, host in zip(self.nodes, self.hosts, strict=True):
            wait_for(
                lambda node=node, host=host: self._answers(node, host),  # type: ignore[misc]
                deadline_s=_UP_WITHIN_S,
                what=node.name,
                every_s=0.2,
            )

    def stop(self) -> None:
        """Kill those that run."""
        for node in self.nodes:
            node.kill()

    def settings(self, name: str, password: str = "", *, port: int = 9092) -> KafkaSettings:
        """How somebody of this name reaches them; with the password of the secrets by default."""
        return KafkaSettings(
            tuple(f"{host}:{port}" for host in self.hosts),
            self.protocol,
            name,
            password or (self.secrets / f"kafka_{name}_password").read_text(),
            str(self.secrets / "authority_certificate"),
        )

    @staticmethod
    def _answers(node: Process, host: str) -> bool:
        node.check_alive()
        return is_listening(9092, host)

    @staticmethod
    def _make_secrets(folder: Path, host: str) -> None:
        command = [str(ROOT / "deploy" / "secrets"), "--host", host, str(folder)]
        subprocess.run(command, check=True, capture_output=True)

    @staticmethod
    def _make_home(home: Path) -> None:
        """What our image has in /opt/kafka, with the jars where tests keep them."""
        home.joinpath("bin").mkdir(parents=True)
        java = " ".join(f"'{word}'" for word in kafka_command("-Xmx256m", "-XX:+UseSerialGC"))
        options = "${KAFKA_LOG4J_OPTS:-}"
        for name, main in (("server-start", "kafka.Kafka"), ("storage", "kafka.tools.StorageTool")):
            script = home / "bin" / f"kafka-{name}.sh"
            script.write_text(f'#!/bin/sh\nexec {java} {options} {main} "$@"\n')
            script.chmod(0o755)

    def _node(self, number: int, host: str) -> Process:
        place = self._folder / f"node-{number}"
        secrets = self.secrets
        if number > 1:
            secrets = place / "secrets"
            shutil.copytree(self.secrets, secrets)
            (secrets / "kafka_keystore").unlink()
            self._make_secrets(secrets, host)
        for name in ("data", "tmp"):
            (place / name).mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(place / "tmp"),
            "KAFKA_HOME": str(self._folder / "home"),
            "KAFKA_DATA": str(place / "data"),
            "KAFKA_SECRETS": str(secrets),
            "KAFKA_BIND": host,
            "KAFKA_NAME": host,
            "KAFKA_OUTSIDE": f"{host}:9094",
            "KAFKA_NODE": str(number),
            "KAFKA_VOTERS": ",".join(f"{n}@{it}:9093" for n, it in enumerate(self.hosts, 1)),
            "KAFKA_COPIES": "3",
            "KAFKA_PROTOCOL": self.protocol,
            "KAFKA_CLUSTER_ID": "aWhhbGEta2Fma2Etb25lIQ",
        }
        command = ["bash", str(ROOT / "deploy" / "kafka" / "start.sh")]
        return Process(f"kafka-{number}", command, log=place / "log", environment=environment)
