"""Coming into a group and out of it again, on whichever broker the suite runs."""

from __future__ import annotations

from typing import Any

import pytest
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError
from tests.shared.events.conftest import Seen, World, running

from ihala.events.kafka import KafkaSettings
from ihala.events.membership import Membership
from ihala.events.place_watch import PlaceWatch
from ihala.testing.waiting import wait_for


def test_a_leader_that_goes_while_the_group_forms_keeps_nobody_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chosen to divide the partitions, it fails before it has, and begins anew."""
    failed: list[str] = []
    divide = RangePartitionAssignor.assign

    def fails_once(cluster: Any, members: Any) -> Any:
        if not failed:
            failed.append("once")
            raise KafkaError("the line broke")
        return divide(cluster, members)

    monkeypatch.setattr(RangePartitionAssignor, "assign", staticmethod(fails_once))
    world.create(1)
    seen = Seen([])

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: world.mine(seen), deadline_s=60, what="the event")

    assert failed


@pytest.mark.parametrize(("session_ms", "while_it_forms"), [(6_000, False), (45_000, True)])
def test_leave_of_a_forming_group_is_taken_where_the_others_would_wait_long(
    session_ms: int, while_it_forms: bool
) -> None:
    """Of one that we are in it is always taken."""
    kafka = KafkaSettings(("127.0.0.1:1",), session_timeout_ms=session_ms)
    membership = Membership(kafka, "group", PlaceWatch(kafka, "group", ["a.topic"]))

    membership.ask()
    forming = membership.takes_leave
    membership.on_partitions_assigned([])

    assert forming is while_it_forms
    assert membership.takes_leave
