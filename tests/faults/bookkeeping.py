"""Reads every document, every topic's effect and every mail, and says what does not add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tests.faults.projections import mistakes_of_projections
from tests.faults.traffic import ACCEPTED, Made, Story

from ihala.events.history import HistoryCollection
from ihala.events.outbox import oldest_unsent
from ihala.mongo import Database, Document, connect
from ihala.testing.parts import Mail
from ihala_local.stack import Stack

IN_FLIGHT = {"created", "queued", "sending", "held", "batched", "temporary_failure"}
TAKEN = {"accepted", "delivered"}
NEVER_LEFT = {"cancelled", "suppressed", "expired", "permanent_failure", "technical_failure"}
UNKNOWN = "unknown"

Databases = dict[str, Database[Document]]


class Books:
    """The three databases and the mails of one stack, and the story that its clinics acted."""

    def __init__(self, stack: Stack, story: Story = ACCEPTED) -> None:
        self._stack = stack
        self._story = story
        self.registry = connect(stack.mongod.uri("ihala_registry"))
        self.referrals = connect(stack.mongod.uri("ihala_referrals"))
        self.notifications = connect(stack.mongod.uri("ihala_notifications"))

    @property
    def databases(self) -> Databases:
        """By service."""
        return {
            "registry": self.registry,
            "referrals": self.referrals,
            "notifications": self.notifications,
        }

    def close(self) -> None:
        """Let go of the databases."""
        for database in self.databases.values():
            database.client.close()

    def at_rest(self, referrals: int) -> bool:
        """Whether every event was sent and applied, and every message has come to an end."""
        outboxes = (
            self.registry["facilities"],
            self.registry["organisations"],
            self.referrals["referrals"],
            self.notifications["notifications"],
        )
        if any(oldest_unsent(HistoryCollection(outbox)) for outbox in outboxes):
            return False
        kept = self.notifications["notifications"]
        in_flight = {"messages.state": {"$in": sorted(IN_FLIGHT)}}
        return (
            kept.count_documents(_of(self._story)) >= referrals * len(self._story.told)
            and not kept.find_one(in_flight)
            and not any(mistakes_of_projections(self.databases))
        )

    def mistakes(self, made: Sequence[Made]) -> list[str]:
        """Everything that is lost, doubled or out of order; empty when all is well."""
        return [
            *mistakes_of_referrals(self.referrals, made, self._story),
            *mistakes_of_notifications(self.notifications, made, self._story),
            *mistakes_of_projections(self.databases),
            *mistakes_of_mails(self.notifications, self._stack.smtp.mails(), self._story),
            *(it for database in self.databases.values() for it in left_behind(database)),
        ]

    def states(self) -> Counter[str]:
        """How many e-mails ended in which state."""
        return states(self.notifications, self._story)


def states(database: Database[Document], story: Story) -> Counter[str]:
    """How many e-mails are in which state."""
    return Counter(message["state"] for message in _messages(database, story, "email"))


def mistakes_of_referrals(
    database: Database[Document], made: Sequence[Made], story: Story
) -> Iterable[str]:
    """Each referral that a clinic was told of is there once, with the history that was caused."""
    told = Counter(one.id for one in made)
    kept = {it["_id"]: it for it in database["referrals"].find()}
    yield from (f"referral {id_} was told of {n} times" for id_, n in told.items() if n > 1)
    yield from (f"referral {id_} is lost" for id_ in told.keys() - kept.keys())
    yield from (f"referral {id_} was made twice" for id_ in kept.keys() - told.keys())
    for id_, document in kept.items():
        types = tuple(entry["type"] for entry in document["history"])
        if types != story.history:
            yield f"referral {id_} has the history {types}"
        seqs = [entry["seq"] for entry in document["history"]]
        if seqs != list(range(1, document["seq"] + 1)):
            yield f"referral {id_} has holes in its history"


def mistakes_of_notifications(
    database: Database[Document], made: Sequence[Made], story: Story
) -> Iterable[str]:
    """Each event told each party once: one notification, one message for each of its channels."""
    told: Counter[tuple[str, str]] = Counter()
    for it in database["notifications"].find(_of(story)):
        type_, party = it["cause"]["type"], it["recipient"]["role"]
        told[it["cause"]["subject"], type_] += 1
        if party != story.told[type_]:
            yield f"{type_} of {it['cause']['subject']} was told to the {party}"
        channels = Counter(message["channel"] for message in it["messages"])
        wanted = Counter(["inbox", "email"] if type_ in story.mails else ["inbox"])
        if channels != wanted:
            yield f"notification {it['_id']} has the messages {dict(channels)}"
        yield from mistakes_of_messages(it)
    for one in made:
        for type_ in story.told:
            if (count := told.pop((one.id, type_), 0)) != 1:
                yield f"{type_} of {one.id} made {count} notifications"
    yield from (f"{type_} of {id_}, which nobody made, was told" for id_, type_ in told)


def mistakes_of_messages(notification: Document) -> Iterable[str]:
    """The ledger of a notification: each message came to one end, and each end is on record once.

    Its events say the same as its messages: what was accepted, what failed, what nobody knows.
    """
    seqs = [entry["seq"] for entry in notification["history"]]
    if seqs != list(range(1, notification["seq"] + 1)):
        yield f"notification {notification['_id']} has holes in its history"
    for message in notification["messages"]:
        names = [step["state"] for step in message["states"]]
        if message["state"] in IN_FLIGHT:
            yield f"message {message['id']} still waits as {message['state']}"
        if names[-1] != message["state"] or names.count("accepted") > 1:
            yield f"message {message['id']} went through {names}"


def mistakes_of_mails(
    database: Database[Document], mails: Sequence[Mail], story: Story
) -> Iterable[str]:
    """A mail for each message that was accepted, none twice, none that must not have left."""
    came = Counter(_name_of(mail) for mail in mails)
    yield from (f"mail {name} came {count} times" for name, count in came.items() if count > 1)
    for message in _messages(database, story, "email"):
        arrived = came.pop(message["id"], 0)
        if message["state"] in TAKEN and not arrived:
            yield f"message {message['id']} is {message['state']} but never came"
        if message["state"] in NEVER_LEFT and arrived:
            yield f"message {message['id']} is {message['state']} but came"
    yield from (f"mail {name} belongs to no message" for name in came)


def left_behind(database: Database[Document]) -> Iterable[str]:
    """Events that were parked, and documents whose events were set aside."""
    yield from (f"parked: {it['_id']} {it['error']}" for it in database["parked"].find())
    for name in ("referrals", "facilities", "organisations", "notifications"):
        stuck = database[name].find({"stuck": {"$exists": True}})
        yield from (f"set aside: {it['_id']} {it['stuck']}" for it in stuck)


def _of(story: Story) -> dict[str, Any]:
    return {"cause.type": {"$in": sorted(story.told)}}


def _messages(database: Database[Document], story: Story, channel: str) -> Iterable[Document]:
    found = database["notifications"].find(_of(story), {"messages": 1})
    return (it for one in found for it in one["messages"] if it["channel"] == channel)


def _name_of(mail: Mail) -> str:
    """The message's id, as its Message-ID says it."""
    return str(mail.message["Message-ID"]).strip("<>").partition("@")[0]
