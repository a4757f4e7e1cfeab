"""The smallest service there can be, and the doctor's findings about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ihala.cli import main, service
from ihala.events.history import HistoryCollection
from ihala.events.outlet import Outgoing, Outlet
from ihala.events.parking import Parking
from ihala.kept import HISTORY, SHARED, Kept
from ihala.leases import Lease
from ihala.mongo import Database, Document
from ihala.operations import Operations
from ihala.settings import WorkerSettings
from ihala.testing.broker import LAYOUT
from ihala.testing.parts import Broker
from ihala.testing.tokens import Issuer

GROUP = "registry"
Doctor = Callable[..., "Visit"]


def outlets(database: Database[Document]) -> dict[str, Outlet]:
    def outgoing(document: Document, entry: Document) -> Outgoing:
        return Outgoing("registry.facilities", document["_id"], entry["data"])

    history = HistoryCollection(database["facilities"])
    return {"facilities": Outlet(history, "test", frozenset({"registry.facilities"}), outgoing)}


def prepare(database: Database[Document]) -> None:
    outlets(database)["facilities"].history.ensure_indexes()
    database["facilities"].create_index("due_at", sparse=True, name="due")


_FACILITIES = Kept("facilities", "a test", "a test", (*HISTORY, "due"))
SMALLEST = Operations(
    service="registry",
    settings=WorkerSettings,
    groups={GROUP: ["registry.reports"]},
    outlets=outlets,
    due=("facilities",),
    collections=(*SHARED, _FACILITIES),
)


class Visit:
    """What the doctor said."""

    def __init__(self, result: Result) -> None:
        self.exit_code = result.exit_code
        self.output = result.output
        self.findings: list[dict[str, str]] = json.loads(result.stdout)["registry"]

    def of(self, check: str) -> dict[str, str]:
        """The worst finding of one check."""
        worst = ("bad", "warn", "skipped", "ok")
        found = [it for it in self.findings if it["check"] == check]
        return min(found, key=lambda it: worst.index(it["level"]))

    @property
    def wrong(self) -> set[str]:
        """The checks that are not well."""
        return {it["check"] for it in self.findings if it["level"] in ("warn", "bad")}


@pytest.fixture
def settings(mongodb_uri: str, broker: Broker, jwks: Path) -> dict[str, str]:
    """What the service is started with; tests change it to what is wrong."""
    return {
        "IHALA_MONGODB_URI": mongodb_uri,
        "IHALA_KAFKA": broker.address,
        "IHALA_KAFKA_SECURITY": "PLAINTEXT",
        "IHALA_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "IHALA_TOPIC_PARTITIONS": str(LAYOUT.partitions),
        "IHALA_TOPIC_REPLICATION": "1",
        "IHALA_JWKS": str(jwks),
    }


@pytest.fixture
def jwks(issuer: Issuer) -> Path:
    return issuer.jwks_file


@pytest.fixture
def well(database: Database[Document]) -> Lease:
    """A worker has been here: indexes are made, and it holds the relay's lease."""
    prepare(database)
    Parking(database, GROUP).ensure_indexes()
    lease = Lease(database["leases"], "relay:0/1", ttl_s=120)
    assert lease.held()
    return lease


@pytest.fixture
def doctor(settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """``ihala doctor registry --json`` with these settings."""
    monkeypatch.setattr(service, "installed", lambda: {"registry": SMALLEST})

    def visit(*options: str) -> Visit:
        file = tmp_path / "registry.env"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        words = ["doctor", "registry", "--json", "--env-file", str(file), *options]
        return Visit(CliRunner().invoke(main, words))

    return visit
