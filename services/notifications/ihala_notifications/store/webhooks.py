"""Webhook subscriptions: who wants to hear of which events, where, and signed with which secret."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from ihala.caller import Caller
from ihala.clock import Clock, utc_now
from ihala.events.history import HistoryCollection, answered
from ihala.ids import new_id
from ihala.mongo import ASCENDING, DESCENDING, Collection, Document

_HEADER = {"alg": "dir", "enc": "A256GCM"}
_OLD_SECRET_SIGNS_FOR = timedelta(days=1)


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
    """Encrypts signing secrets with the service's own key: they are needed again to sign.

    The first key closes; each of them opens what it has closed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        digests = (hashlib.sha256(b"ihala webhook secrets\0" + key.encode()) for key in keys)
        self._keys = [OctKey.import_key(digest.digest()) for digest in digests]

    def close(self, secret: str) -> str:
        """The secret, encrypted."""
        return jwe.encrypt_compact(_HEADER, secret.encode(), self._keys[0])

    def open(self, closed: str) -> str:
        """The secret again; raises JoseError when none of the keys has closed it."""
        for key in self._keys[:-1]:
            with suppress(JoseError):
                return self._opened(key, closed)
        return self._opened(self._keys[-1], closed)

    def is_current(self, closed: str) -> bool:
        """Whether the key in use has closed it."""
        with suppress(JoseError):
            return bool(self._opened(self._keys[0], closed))
        return False

    @staticmethod
    def _opened(key: OctKey, closed: str) -> str:
        return (jwe.decrypt_compact(closed, key).plaintext or b"").decode()


def new_secret() -> str:
    """A fresh signing secret in the form of Standard Webhooks: 256 random bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _closed(document: Mapping[str, Any]) -> list[str]:
    """Every secret that a subscription holds, as it is kept."""
    before = document.get("secret_before")
    return [document["secret"], *([before["secret"]] if before else [])]


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

    def secrets_of(self, id_: str) -> tuple[Webhook, Sequence[str]] | None:
        """The subscription with the secrets that sign its messages, the newest first."""
        found = self._history.get(id_)
        if found is None:
            return None
        closed = [found["secret"]]
        before = found.get("secret_before")
        if before is not None and before["until"] > self._clock():
            closed.append(before["secret"])
        return _webhook(found), [self._box.open(one) for one in closed]

    def document(self, id_: str) -> Document | None:
        """The document itself, for a guarded change."""
        return self._history.get(id_)

    def answered(self, document: Mapping[str, Any], by: Caller) -> bool:
        """Whether this very request changed the subscription before."""
        return answered(document, by)

    def rotate(self, before: Mapping[str, Any], by: Caller) -> tuple[Webhook, str]:
        """Replace the secret; the new one is given back this one time.

        For a day the old one signs too, so that receivers can change over without a gap.
        """
        secret = new_secret()
        old = {"secret": before["secret"], "until": self._clock() + _OLD_SECRET_SIGNS_FOR}
        changes = {"secret": self._box.close(secret), "secret_before": old}
        saved = self._history.save(before, changes, (), by)
        return _webhook(saved), secret

    def closed_otherwise(self) -> list[str]:
        """The ids of subscriptions whose secret another key has closed than the one in use."""
        found = self._collection.find({}, {"secret": 1, "secret_before": 1})
        return [it["_id"] for it in found if not all(map(self._box.is_current, _closed(it)))]

    def close_anew(self, ids: Sequence[str]) -> int:
        """Close their secrets with the key in use; how many. Safe to repeat."""
        found = self._collection.find({"_id": {"$in": list(ids)}})
        return sum(self._close_anew(document) for document in found)

    def _close_anew(self, document: Document) -> int:
        """Guarded by what was read; versions are of what subscribers see, and stay."""
        known = {"_id": document["_id"], "secret": document["secret"]}
        changes: Document = {"secret": self._box.close(self._box.open(document["secret"]))}
        before = document.get("secret_before")
        if before is not None:
            closed = self._box.close(self._box.open(before["secret"]))
            changes["secret_before"] = {**before, "secret": closed}
        return self._collection.update_one(known, {"$set": changes}).modified_count

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
