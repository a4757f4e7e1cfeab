"""How a referral's history reads on the topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ihala.events.outlet import Outgoing, Outlet
from ihala.mongo import Document
from ihala.sealing import seal
from ihala_referrals.domain.words import Kind
from ihala_referrals.store.documents import to_referral
from ihala_referrals.store.referrals import ReferralStore
from ihala_referrals.usecases.contacting import contact_of
from ihala_referrals.usecases.deps import Deps

EVENTS = "referrals.events"
CONTACTS = "referrals.contacts"
SOURCE = "ihala/referrals"

Sealed = Callable[[Document], str | None]
"""How the person of a referral may be reached, sealed for notifications; None: not any more."""


def outlet_of(store: ReferralStore, sealed: Sealed) -> Outlet:
    """The referrals' collection as the relay sends it."""

    def outgoing(document: Document, entry: Document) -> Outgoing:
        if document["kind"] != Kind.MEDICAL:
            raise ValueError("only medical referrals may be published here")
        if entry["type"].startswith("contact."):
            return _contact(document, entry, sealed)
        return Outgoing(EVENTS, document["_id"], entry["data"])

    return Outlet(store.history, SOURCE, frozenset({EVENTS, CONTACTS}), outgoing)


def _contact(document: Document, entry: Document, sealed: Sealed) -> Outgoing:
    """The contact as it is now: a grant that was taken back since is a tombstone already."""
    person_id = document["person_id"]
    jwe = sealed(document) if entry["type"] == "contact.granted" else None
    data = None if jwe is None else {"person_id": person_id, "jwe": jwe}
    return Outgoing(CONTACTS, person_id, data)


def sealed_with(deps: Deps, public_key: Any) -> Sealed:
    """Seal contacts for whoever holds the private key: notifications, and nobody else."""

    def sealed(document: Document) -> str | None:
        contact = contact_of(deps, to_referral(document))
        return None if contact is None else seal(public_key, contact)

    return sealed


def sealed_by_nobody(document: Document) -> str | None:
    """For operators' commands, which mark events as unsent but never send them."""
    raise RuntimeError(f"contacts of {document['_id']} are sealed by the worker only")
