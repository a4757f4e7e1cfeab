"""Webhook subscriptions: who wants to hear of which events, where, and signed with which secret."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwe
from joserfc.jwk import OctKey

from ihala.caller import Caller
from ihala.clock import Clock, utc_now
from ihala.events.history import HistoryCollection, answered
from ihala.ids import new_id
from ihala.mongo import ASCENDING, DESCENDING, Collection, Document

_HEADER = {"alg": "dir", "enc": "A256GCM"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription; ``owner`` is ``facility:<id>`` or ``organisation:<id>``."""

    id: str
    version: int
    owner: str
    url: str
    event_types: Sequence[str]
    active: bool
    stopped_because: str
    created_at: datetime
    created_by: str


class SecretBox:
    """Encrypts signing secrets with the service's own key: they are needed again to sign."""

    def __init__(self, key: str) -> None:
        digest = hashlib.sha256(b"ihala webhook secrets\0" + key.encode()).digest()
        self._key = OctKey.import_key(digest)

    def close(self, secret: str) -> str:
        """The secret, encrypted."""
        return jwe.encrypt_compact(_HEADER, secret.encode(), self._key)

    def open(self, closed: str) -> str:
        """The secret again."""
        plaintext = jwe.decrypt_compact(closed, self._key).plaintext
        return (plaintext or b"").decode()


def new_secret() -> str:
    """A fresh signing secret in the form of Standard Webhooks: 256 random bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookStore:
    """Webhook subscriptions; ended ones stay, so that a trace can name them."""

    def __init__(
        self, collection: Collection[Document], box: SecretBox, clock: Clock = utc_now
    ) -> None:
        self._history = HistoryCollection(collection, clock)
        self._collection = collection
        self._box = box
        self._clock = clock

    def ensure_indexes(self) -> None:
        """Make the indexes of matching and listing; safe at every start."""
        self._history.ensure_indexes()
        self._collection.create_index(
            [("owner", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="owner"
        )

    def add(
        self, owner: str, url: str, event_types: Sequence[str], by: Caller
    ) -> tuple[Webhook, str | None]:
        """Store a subscription; its secret is given back this one time, not on a replay."""
        secret = new_secret()
        state: Document = {
            "owner": owner,
            "url": url,
            "event_types": sorted(set(event_types)),
            "active": True,
            "stopped_because": "",
            "secret": self._box.close(secret),
            "created_at": self._clock(),
            "created_by": by.subject,
        }
        saved = self._history.create(new_id("whk"), state, (), by)
        return _webhook(saved.document), None if saved.replayed else secret

    def get(self, id_: str) -> Webhook | None:
        """The subscription, or None."""
        found = self._history.get(id_)
        return _webhook(found) if found else None

    def secret_of(self, id_: str) -> tuple[Webhook, str] | None:
        """The subscription with the secret that signs its messages."""
        found = self._history.get(id_)
        return (_webhook(found), self._box.open(found["secret"])) if found else None

    def document(self, id_: str) -> Document | None:
        """The document itself, for a guarded change."""
        return self._history.get(id_)

    def answered(self, document: Mapping[str, Any], by: Caller) -> bool:
        """Whether this very request changed the subscription before."""
        return answered(document, by)

    def rotate(self, before: Mapping[str, Any], by: Caller) -> tuple[Webhook, str]:
        """Replace the secret; the new one is given back this one time."""
        secret = new_secret()
        saved = self._history.save(before, {"secret": self._box.close(secret)}, (), by)
        return _webhook(saved), secret

    def stop(self, before: Mapping[str, Any], because: str, by: Caller) -> Webhook:
        """End the subscription; nothing is sent to it any more."""
        changes = {"active": False, "stopped_because": because}
        return _webhook(self._history.save(before, changes, (), by))

    def wanting(self, event_types: Iterable[str], owners: Iterable[str]) -> list[Webhook]:
        """The active subscriptions of these owners to any of these events."""
        wanted = sorted(set(owners))
        if not wanted:
            return []
        query = {"owner": {"$in": wanted}, "active": True}
        found = self._collection.find({**query, "event_types": {"$in": sorted(set(event_types))}})
        return [_webhook(document) for document in found]

    def list_of(self, owners: Iterable[str], after: Any, limit: int) -> tuple[list[Webhook], Any]:
        """Active subscriptions of these owners by id, and where the next page begins."""
        query: Document = {"owner": {"$in": sorted(owners)}, "active": True}
        if isinstance(after, str):
            query["_id"] = {"$lt": after}
        found = self._collection.find(query).sort("_id", DESCENDING).limit(limit + 1)
        webhooks = [_webhook(document) for document in found]
        return webhooks[:limit], webhooks[limit - 1].id if len(webhooks) > limit else None


def _webhook(document: Mapping[str, Any]) -> Webhook:
    return Webhook(
        id=document["_id"],
        version=document["version"],
        owner=document["owner"],
        url=document["url"],
        event_types=tuple(document["event_types"]),
        active=document["active"],
        stopped_because=document["stopped_because"],
        created_at=document["created_at"],
        created_by=document["created_by"],
    )
