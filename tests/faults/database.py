"""Faults of the database: it answers slowly, or its disk is full."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from tests.faults.chaos import Injected, NotNow
from tests.faults.network import run

DISK_MB = 1500
OPTIONS = (
    *("--setParameter", "enableTestCommands=1"),
    *("--oplogSize", "100"),
    # A checkpoint every two seconds: a full disk is met at once, not after a minute.
    *("--syncdelay", "2"),
)

_SLOW = ["find", "insert", "update", "findAndModify", "getMore", "aggregate", "delete"]


class SlowDatabase:
    """Every third command waits: mostly for a while, at times longer than callers wait (5 s)."""

    kind = "slow database"

    def __init__(self, client: MongoClient[dict[str, Any]]) -> None:
        self._client = client

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        block_ms = chance.choice((200, 800, 2_000, 6_000))
        lasts_s = chance.uniform(5, 20)
        data = {"failCommands": _SLOW, "blockConnection": True, "blockTimeMS": block_ms}
        try:
            self._set({"activationProbability": 0.3}, data)
        except PyMongoError as error:
            raise NotNow(repr(error)) from error
        return Injected(f"mongod, {block_ms} ms", lasts_s, self._end)

    def _end(self) -> None:
        """A mongod that was killed meanwhile, or stands still, forgets it or keeps it a while."""
        try:
            self._set("off", {})
        except PyMongoError:
            return

    def _set(self, mode: Any, data: dict[str, Any]) -> None:
        self._client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)


class FullDisk:
    """Somebody else's file takes all the space that is left; mongod ends by itself, or hangs.

    It is on a disk of its own (``small_disk``), and started again until there is space.
    """

    kind = "full disk"

    def __init__(self, disk: Path) -> None:
        self._file = disk / "filler"

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        lasts_s = chance.uniform(5, 15)
        _fill(self._file)
        return Injected("mongod", lasts_s, lambda: self._file.unlink(missing_ok=True))


def small_disk(folder: Path) -> Path:
    """A disk in memory at ``folder``; it ends with the mount namespace that the test runs in."""
    folder.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "ihala-faults", str(folder))
    return folder


def _fill(file: Path) -> None:
    """Take all there is, at last page by page."""
    size, step = 0, 64 << 20
    with file.open("wb") as filler:
        while step >= 4096:
            try:
                os.posix_fallocate(filler.fileno(), size, step)
            except OSError:
                step //= 4
            else:
                size += step
