"""What grows is noticed: each topic, endpoint and setting has everything that belongs to one.

Collections have a test of their own (tests/shared/test_retention.py, and each service's journeys),
dashboards theirs (tests/monitoring).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.make_settings import PAGE, settings_page

from ihala.events.contracts import CONTRACTS
from ihala.events.topics import TOPICS, dead_letters_of
from ihala.operations import installed

ROOT = Path(__file__).parents[2]
DEAD_LETTERS = {dead_letters_of(service) for service in installed()}
"""Whatever could not be read, so without a contract."""
READ_OUTSIDE = {
    "notifications.events": "whoever reports on deliveries; no service of ours acts on them",
    **dict.fromkeys(DEAD_LETTERS, "the operator, by `ihala dead-letters`"),
}
FOR_LATER = {
    "registry.partnerships": "aggregates are registered; nobody asks for them by event yet",
    "referrals.protected": "protection referrals are not offered yet",
    "surveillance.alerts": "no system sends alerts yet",
    "staff.events": "no system tells of staff yet",
}
INTERNAL = {"IHALA_METRICS_OWNER": "a process tells its children by it who cleans up"}
_SETTING = re.compile(r"\bIHALA_[A-Z0-9_]+[A-Z0-9]\b")
_CODE = ("*.py", "*.sh", "*.yml", "*.yaml", "*.conf", "Dockerfile", "images", "secrets", "check")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_read_by_a_service_or_by_a_stated_outsider(topic: str) -> None:
    groups = [
        topics for operations in installed().values() for topics in operations.groups.values()
    ]
    read_here = any(topic in topics for topics in groups)

    assert read_here or topic in READ_OUTSIDE or topic in FOR_LATER
    assert not (read_here and topic in READ_OUTSIDE)


def test_whoever_reads_a_topic_is_allowed_to() -> None:
    for service, operations in installed().items():
        for topic in {name for topics in operations.groups.values() for name in topics}:
            readers = TOPICS[topic].readers
            assert service in readers or readers == ("all",), f"{service} reads {topic}"


@pytest.mark.parametrize("topic", sorted(set(TOPICS) - set(FOR_LATER) - DEAD_LETTERS))
def test_a_topic_has_contracts_and_an_example(topic: str) -> None:
    spoken = [contract for contract in CONTRACTS.values() if contract.topic == topic]

    assert spoken
    assert any(contract.example for contract in spoken)


def test_the_settings_page_is_what_make_docs_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page()


def _named_in(*folders: str) -> Iterator[str]:
    for folder in folders:
        for pattern in _CODE:
            for path in (ROOT / folder).rglob(pattern):
                yield from _SETTING.findall(path.read_text(encoding="utf-8"))


def test_every_setting_has_a_line_in_the_docs() -> None:
    """Also those that only deployments read. A name that ends in _FILE is told once for all."""
    read = {name.removesuffix("_FILE") for name in _named_in("shared", "services", "deploy")}
    told = {
        name
        for path in (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
        for name in _SETTING.findall(path.read_text(encoding="utf-8"))
    }

    assert len(read) > 40
    assert read - told - set(INTERNAL) == set()
