"""Reads every document, every topic's effect and every mail, and says what does not add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tests.faults.traffic import Made

from ihala.events.history import HistoryCollection
from ihala.events.outbox import oldest_unsent
from ihala.mongo import Database, Document, connect
from ihala_local.stack import Stack

IN_FLIGHT = {"created", "queued", "sending", "held", "batched", "temporary_failure"}
NEVER_LEFT = {"cancelled", "suppressed", "expired", "permanent_failure", "technical_failure"}
EXPECTED_OF_EACH = {"referral.sent": "receiver", "referral.accepted": "sender"}


class Books:
    """The three databases and the mails of one stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.registry = connect(stack.mongod.uri("ihala_registry"))
        self.referrals = connect(stack.mongod.uri("ihala_referrals"))
        self.notifications = connect(stack.mongod.uri("ihala_notifications"))

    def close(self) -> None:
        """Let go of the databases."""
        self.referrals.client.close()
        self.registry.client.close()
        self.notifications.client.close()

    def at_rest(self, referrals: int) -> bool:
        """Whether every event was sent and applied, and every message has come to an end."""
        outboxes = (
            (self.registry, "facilities"),
            (self.referrals, "referrals"),
            (self.notifications, "notifications"),
        )
        if any(oldest_unsent(HistoryCollection(db[name])) for db, name in outboxes):
            return False
        expected = referrals * len(EXPECTED_OF_EACH)
        told = self.notifications["notifications"].count_documents(_OF_REFERRALS)
        in_flight = {"messages.state": {"$in": sorted(IN_FLIGHT)}}
        return told >= expected and not self.notifications["notifications"].find_one(in_flight)

    def mistakes(self, made: Sequence[Made]) -> list[str]:
        """Everything that is lost, doubled or out of order; empty when all is well."""
        return [
            *self._of_referrals(made),
            *self._of_notifications(made),
            *self._of_projections(),
            *self._of_mails(),
            *(f"parked: {it['_id']} {it['error']}" for it in self._parked()),
        ]

    def states(self) -> Counter[str]:
        """How many e-mails ended in which state."""
        return Counter(
            message["state"]
            for notification in self._notifications()
            for message in notification["messages"]
            if message["channel"] == "email"
        )

    def _of_referrals(self, made: Sequence[Made]) -> Iterable[str]:
        told = Counter(one.id for one in made)
        kept = {it["_id"]: it for it in self.referrals["referrals"].find()}
        yield from (f"referral {id_} was told of {n} times" for id_, n in told.items() if n > 1)
        yield from (f"referral {id_} is lost" for id_ in told.keys() - kept.keys())
        yield from (f"referral {id_} was made twice" for id_ in kept.keys() - told.keys())
        for id_, document in kept.items():
            types = [entry["type"] for entry in document["history"]]
            if types != ["referral.created", "referral.sent", "referral.accepted"]:
                yield f"referral {id_} has the history {types}"
            if [entry["seq"] for entry in document["history"]] != [1, 2, 3]:
                yield f"referral {id_} has holes in its history"

    def _of_notifications(self, made: Sequence[Made]) -> Iterable[str]:
        told: Counter[tuple[str, str]] = Counter(
            (it["cause"]["subject"], it["cause"]["type"]) for it in self._notifications()
        )
        for one in made:
            for type_ in EXPECTED_OF_EACH:
                count = told[one.id, type_]
                if count != 1:
                    yield f"{type_} of {one.id} made {count} notifications"

    def _of_projections(self) -> Iterable[str]:
        kept = {it["_id"]: it for it in self.referrals["facilities_v1"].find({}, {"seq": 1})}
        for facility in self.registry["facilities"].find({}, {"seq": 1}):
            copy = kept.get(facility["_id"])
            if copy is None or copy["seq"] != facility["seq"]:
                yield f"facility {facility['_id']} is {copy} in referrals, {facility['seq']} here"

    def _of_mails(self) -> Iterable[str]:
        """A mail for each message that was accepted, none twice, none that must not have left."""
        mails = Counter(_name_of(mail) for mail in self._stack.smtp.mails())
        yield from (f"mail {name} came {count} times" for name, count in mails.items() if count > 1)
        for notification in self._notifications():
            for message in notification["messages"]:
                if message["channel"] != "email":
                    continue
                came = mails.pop(message["id"], 0)
                if message["state"] in {"accepted", "delivered"} and not came:
                    yield f"message {message['id']} is {message['state']} but never came"
                if message["state"] in NEVER_LEFT and came:
                    yield f"message {message['id']} is {message['state']} but came"
        yield from (f"mail {name} belongs to no message" for name in mails)

    def _notifications(self) -> Iterable[Document]:
        return self.notifications["notifications"].find(_OF_REFERRALS)

    def _parked(self) -> Iterable[Document]:
        databases: tuple[Database[Document], ...] = (
            self.registry,
            self.referrals,
            self.notifications,
        )
        return (it for database in databases for it in database["parked"].find())


_OF_REFERRALS = {"cause.type": {"$in": sorted(EXPECTED_OF_EACH)}}


def _name_of(mail: Any) -> str:
    """The message's id, as its Message-ID says it."""
    return str(mail.message["Message-ID"]).strip("<>").partition("@")[0]
