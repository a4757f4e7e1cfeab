"""``deploy/mongo/alive.sh``, by which Compose and Kubernetes know that MongoDB answers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ihala.testing.parts import Mongod
from ihala.testing.ports import free_port

ALIVE = Path(__file__).parents[2] / "deploy" / "mongo" / "alive.sh"


def answers(port: int) -> bool:
    own = {"MONGO_PORT": str(port), "MONGO_ANSWERS_WITHIN_S": "2"}
    done = subprocess.run([str(ALIVE)], env=os.environ | own, capture_output=True, check=False)
    return done.returncode == 0


def test_a_mongod_that_answers_is_alive(mongod: Mongod) -> None:
    assert answers(mongod.port)


def test_one_that_stands_still_is_not_though_it_is_connected_to(own_mongod: Mongod) -> None:
    own_mongod.process.pause()

    assert not answers(own_mongod.port)


def test_nor_is_a_port_where_nobody_listens() -> None:
    assert not answers(free_port())
