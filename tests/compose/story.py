"""The main job as `make run` tells it, through the gateway, by HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.compose.deployment import Deployment

from ihala_local.story import Story


class StoryThroughTheGateway(Story):
    """It does not look into the topics: the broker's own tests do."""

    def __init__(self, stack: dict[str, Any]) -> None:
        super().__init__(stack, trace=None)  # type: ignore[arg-type]

    def _report(self) -> None:
        capacity = {"unit": "chair", "maximum": 12, "available": 3}
        self._registry.put(f"facilities/{self._b}/services/dialysis/capacity", capacity)

    def _events(self) -> None:
        """See the class."""

    def refer(self) -> str:
        """Make one referral to the hospital, and nothing else; its id."""
        made: str = self._clinic.post("referrals", self._new_referral())["id"]
        return made

    def copies_about(self, referral: str) -> list[dict[str, Any]]:
        """Every message of every notification because of a referral, the hospital's and ours."""
        return [
            copy
            for desk in (self._hospital_is, self._clinic_is)
            for told in desk.get("notifications", quietly=True, referral_id=referral)["items"]
            for copy in told["messages"]
        ]

    def end(self) -> None:
        """Close the connections of its people."""
        for api in (self._registry, self._clinic, self._hospital, self._clinic_is):
            api.close()
        self._hospital_is.close()

    def is_closed(self) -> bool:
        """Whether the referral of this story is found, closed."""
        found = self._clinic.get(f"referrals/{self._referral}", quietly=True)
        return found["closed_at"] is not None


@contextmanager
def closing_story(stack: dict[str, Any]) -> Iterator[StoryThroughTheGateway]:
    """A story whose connections are closed at the end."""
    story = StoryThroughTheGateway(stack)
    try:
        yield story
    finally:
        story.end()


def assert_well(deployed: Deployment, name: str) -> None:
    """`ihala doctor` finds nothing bad with a service, and leaves out nothing about the broker."""
    said = deployed.compose("exec", "-T", f"{name}-worker", "ihala", "doctor")

    assert " 0 bad" in said.splitlines()[-1], said
    assert "skipped" not in said.partition("broker")[2].partition("findings")[0], said
