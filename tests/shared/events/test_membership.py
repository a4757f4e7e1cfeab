"""Coming into a group and out of it again, on whichever broker the suite runs."""

from __future__ import annotations

from typing import Any

import pytest
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError
from tests.shared.events.conftest import Seen, World, running

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
