"""Consumer groups: members that come, die and freeze, and how far a group is behind."""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.coordinator.assignors.abstract import ConsumerProtocolAssignment
from kafka.coordinator.assignors.range import RangePartitionAssignor
from tests.shared.events.conftest import SOMEBODY, TOPIC, Seen, World, happened, running

from ihala.events import membership
from ihala.events.consumer import Consumer
from ihala.events.lag import Lag, lags
from ihala.mongo import Database, Document
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for

pytestmark = pytest.mark.kafka

Member = Callable[[str], Process]


@pytest.fixture
def member(world: World, mongodb_uri: str, tmp_path: Path) -> Iterator[Member]:
    """Starts members of this test's group."""
    started: list[Process] = []

    def start(name: str) -> Process:
        arguments = [world.broker.address, mongodb_uri, f"group-{world.tag}", TOPIC]
        command = [sys.executable, str(Path(__file__).with_name("member.py")), *arguments]
        process = Process(name, command, log=tmp_path / f"{name}.log")
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def applied(database: Database[Document]) -> dict[str, list[int]]:
    return {document["_id"]: document["applied"] for document in database["applied"].find()}


def working(database: Database[Document], *members: Process) -> bool:
    """Whether each of them applied something."""
    pids = {member.pid for member in members}
    return pids <= set(database["applied"].distinct("by"))


def create(world: World, numbers: range) -> None:
    for number in numbers:
        world.create(number, events=4)


def mine(world: World, things: int) -> dict[str, list[int]]:
    return {f"thing-{world.tag}-{number:05d}": [1, 2, 3, 4] for number in range(things)}


def applied_here(world: World) -> dict[str, list[int]]:
    """Only this test's things: the topic holds those of others too."""
    return {id_: seqs for id_, seqs in applied(world.database).items() if world.tag in id_}


def test_a_member_that_is_killed_loses_nothing_and_disorders_nothing(
    world: World, member: Member
) -> None:
    """The other one takes its partitions over, from what was committed."""
    first, second = member("first"), member("second")

    with running(world.relay()):
        create(world, range(100))
        wait_for(lambda: working(world.database, first), deadline_s=30)
        wait_for(lambda: _both_at_work(world, first, second), deadline_s=30)
        first.kill()
        done = world.history.collection.count_documents({})
        create(world, range(done, done + 50))
        wait_for(lambda: applied_here(world) == mine(world, done + 50), deadline_s=30)


def _both_at_work(world: World, *members: Process) -> bool:
    """Give them something to do until both have done something."""
    done = world.history.collection.count_documents({})
    create(world, range(done, done + 5))
    return working(world.database, *members)


def test_a_member_that_froze_and_comes_back_harms_nothing(world: World, member: Member) -> None:
    """It goes on with what it held, though others applied it and more: guards refuse that."""
    first, second = member("first"), member("second")

    with running(world.relay()):
        wait_for(lambda: _both_at_work(world, first, second), deadline_s=30)
        first._signal(signal.SIGSTOP)
        done = world.history.collection.count_documents({})
        create(world, range(done, done + 50))
        wait_for(lambda: applied_here(world) == mine(world, done + 50), deadline_s=30)
        first._signal(signal.SIGCONT)
        create(world, range(done + 50, done + 100))
        wait_for(lambda: applied_here(world) == mine(world, done + 100), deadline_s=30)

    first.check_alive()


def test_who_is_not_let_in_says_so_and_tries_anew(world: World, member: Member) -> None:
    """A group waits for a member that stands still, for as long as its session lasts."""
    seen, group = Seen([]), f"group-{world.tag}"
    frozen = member("frozen")
    with running(world.relay()):
        create(world, range(3))
        wait_for(lambda: working(world.database, frozen), deadline_s=60)
        frozen._signal(signal.SIGSTOP)
        impatient = dataclasses.replace(world.kafka, session_timeout_ms=1_000)
        kept_out = Consumer("referrals", group, {TOPIC: seen}, impatient, world.database)
        with running(kept_out):
            wait_for(lambda: kept_out.waiting_for, deadline_s=20, every_s=0.01)
            create(world, range(3, 10))
            wait_for(lambda: len(set(world.mine(seen))) >= 28, deadline_s=60)
            wait_for(lambda: kept_out.waiting_for is None, deadline_s=20)


class _GivesNothing(RangePartitionAssignor):  # type: ignore[misc]
    """As a leader does that has not heard of any partition yet."""

    @classmethod
    def assign(cls, _cluster: Any, members: Any) -> Any:
        return {
            member.member_id: ConsumerProtocolAssignment(cls.version, [], b"") for member in members
        }


@contextmanager
def leader_that_gives_nothing(world: World, group: str) -> Iterator[None]:
    """Another member, which leads the group until the end of it."""
    over, leading = threading.Event(), threading.Event()

    def lead() -> None:
        leader = KafkaConsumer(
            bootstrap_servers=list(world.kafka.servers),
            group_id=group,
            enable_auto_commit=False,
            partition_assignment_strategy=[_GivesNothing],
        )
        leader.subscribe([TOPIC])
        while not over.is_set():
            leader.poll(timeout_ms=100)
            leading.set()
        leader.close(autocommit=False)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lead)
        leading.wait(30)
        yield
        over.set()


def test_a_group_whose_leader_gave_out_nothing_says_so_and_begins_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "IDLE_FOR_S", 0.2)
    seen, group = Seen([]), f"idle-{world.tag}"
    idle = world.consumer(seen, group=group)
    create(world, range(5))
    with running(world.relay(), idle):
        with leader_that_gives_nothing(world, group):
            wait_for(lambda: idle.waiting_for, deadline_s=60, every_s=0.001)
        wait_for(lambda: len(set(world.mine(seen))) == 20, deadline_s=60)


def test_lag_is_what_a_group_has_not_committed(world: World) -> None:
    """Nothing while it reads, what came since when it does not, everything when it never did."""
    seen, group, stranger = Seen([]), f"group-{world.tag}", f"stranger-{world.tag}"
    with running(world.relay()):
        world.history.create(f"thing-{world.tag}", {}, [happened()] * 5, SOMEBODY)
        with running(world.consumer(seen, group=group)):
            wait_for(lambda: len(world.mine(seen)) == 5, deadline_s=20)
            wait_for(lambda: behind(world, group) == 0, deadline_s=10)
        create(world, range(10))
        wait_for(lambda: behind(world, group) == 40, deadline_s=20)

    assert behind(world, stranger) >= 45


def behind(world: World, group: str) -> int:
    with closing(world.kafka.admin()) as admin:
        (lag,) = lags(admin, {group: [TOPIC]})
    assert lag == Lag(group, TOPIC, lag.behind)
    return lag.behind
