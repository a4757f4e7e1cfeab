"""Contacts come sealed for one of our keys; when another is in use, they are sealed for that."""

from __future__ import annotations

from collections.abc import Sequence

from joserfc.jwk import OKPKey

from ihala.sealing import open_by_any, open_sealed, seal
from ihala_notifications.store.contacts import ContactStore

Contact = tuple[str, str]
"""The id of a person, and the sealed contact."""


def sealed_otherwise(contacts: ContactStore, keys: Sequence[OKPKey]) -> list[Contact]:
    """The contacts that are not sealed for the key in use, the first."""
    return [one for one in contacts.all() if not _opens(keys[0], one[1])]


def reseal(contacts: ContactStore, keys: Sequence[OKPKey], some: Sequence[Contact]) -> int:
    """Seal them for the key in use; how many. Raises ValueError for one that no key opens."""
    return sum(
        contacts.reseal(id_, sealed, seal(keys[0], open_by_any(keys, sealed)))
        for id_, sealed in some
    )


def _opens(key: OKPKey, sealed: str) -> bool:
    try:
        open_sealed(key, sealed)
    except ValueError:
        return False
    return True
