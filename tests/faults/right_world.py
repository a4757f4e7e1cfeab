"""A small world in which everything adds up, written down by hand: the checker's own test needs it.

One referral that was completed, one facility, what was told of them, on which topics, by which
mails. A test breaks one thing of it and sees the checker complain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults import projections, wire
from tests.faults.bookkeeping import (
    left_behind,
    mistakes_of_mails,
    mistakes_of_notifications,
    mistakes_of_referrals,
)
from tests.faults.traffic import COMPLETED, Made
from tests.faults.wire import Wire
from tests.registry.conftest import registry_settings
from tests.registry.samples import DIALYSIS

from ihala.mongo import Database, Document
from ihala.prepared import Prepared
from ihala.testing.parts import Mail
from ihala.testing.tokens import Issuer
from ihala_notifications.store.desks import desk_document
from ihala_notifications.store.facts import facts_document
from ihala_referrals.store.facilities import document_of
from ihala_registry.wiring import make_deps, prepare
from ihala_registry.wsgi import make_web

REFERRAL = "ref_1"


@dataclass
class World:
    """Three databases, the topics, the mails, and what the clinics were told."""

    databases: Mapping[str, Database[Document]]
    wire: Wire = field(default_factory=Wire)
    mails: list[Mail] = field(default_factory=list)
    made: list[Made] = field(default_factory=lambda: [Made(1, REFERRAL)])

    def mistakes(self) -> list[str]:
        """What the checker says."""
        notifications = self.databases["notifications"]
        documents = self.databases["referrals"]["referrals"].find()
        return [
            *mistakes_of_referrals(self.databases["referrals"], self.made, COMPLETED),
            *mistakes_of_notifications(notifications, self.made, COMPLETED),
            *mistakes_of_mails(notifications, self.mails, COMPLETED),
            *projections.mistakes_of_projections(self.databases),
            *(it for database in self.databases.values() for it in left_behind(database)),
            *wire.mistakes_of_wire(self.wire, "referrals.events", documents, kept_all=True),
        ]


def right_world(databases: Mapping[str, Database[Document]], uri: str, issuer: Issuer) -> World:
    """Everything as it should be; ``uri`` is the registry's database."""
    world = World(databases)
    _refer(world)
    for number, type_ in enumerate(COMPLETED.told, start=1):
        _tell(world, number, type_)
    _register(databases["registry"], uri, issuer)
    (facility,) = databases["registry"]["facilities"].find()
    event = projections._event_of_facility(facility)
    _insert(databases["referrals"]["facilities_v1"], document_of(event))
    _insert(databases["notifications"]["desks_v1"], desk_document(event))
    return world


def mail(message_id: str) -> Mail:
    """A mail that came."""
    message = EmailMessage()
    message["Message-ID"] = f"<{message_id}@ihala.example.org>"
    return Mail(Path("none.eml"), "sender", ("recipient",), message)


def _refer(world: World) -> None:
    history = [
        {
            "seq": seq,
            "type": type_,
            "data": {"referral_id": REFERRAL, "status": "active", "offer": {"number": 1}},
        }
        for seq, type_ in enumerate(COMPLETED.history, start=1)
    ]
    document = {"_id": REFERRAL, "seq": len(history), "history": history}
    world.databases["referrals"]["referrals"].insert_one(document)
    for entry in history:
        world.wire.add("referrals.events", REFERRAL, int(str(entry["seq"])), str(entry["type"]))
    facts = facts_document(projections._last_event(document))
    _insert(world.databases["notifications"]["referral_facts_v1"], facts)


def _tell(world: World, number: int, type_: str) -> None:
    channels = {"inbox": "delivered"} | ({"email": "accepted"} if type_ in COMPLETED.mails else {})
    messages = [
        {
            "id": f"msg_{number}_{channel}",
            "channel": channel,
            "state": state,
            "states": [{"state": "created"}, {"state": state}],
        }
        for channel, state in channels.items()
    ]
    document: dict[str, Any] = {
        "_id": f"ntf_{number}",
        "seq": 1,
        "history": [{"seq": 1, "type": "message.accepted"}],
        "cause": {"subject": REFERRAL, "type": type_},
        "recipient": {"role": COMPLETED.told[type_]},
        "messages": messages,
    }
    world.databases["notifications"]["notifications"].insert_one(document)
    world.mails += [mail(str(it["id"])) for it in messages if it["channel"] == "email"]


def _register(database: Database[Document], uri: str, issuer: Issuer) -> None:
    settings = registry_settings(uri, issuer)
    deps = make_deps(database, settings)
    app = make_web(settings, deps, Prepared(database, partial(prepare, deps)))
    header = issuer.header("editor", roles=["registry_editor"])
    answer = app.test_client().post("/v1/facilities", json=DIALYSIS, headers=header)
    assert answer.status_code == 201, answer.text


def _insert(collection: Any, document: Document | None) -> None:
    assert document is not None
    collection.insert_one(document)
