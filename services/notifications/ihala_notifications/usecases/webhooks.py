"""Webhook subscriptions: made, listed, given a new secret, ended."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ihala.caller import Caller, Role, system
from ihala.errors import FieldError, Forbidden, Invalid, LostRace, NotFound, Stale
from ihala.events.history import retrying
from ihala_notifications.domain.rules import RULES
from ihala_notifications.store.webhooks import Webhook
from ihala_notifications.usecases.deps import Deps, WorkerDeps

EVENT_TYPES = ("notice", *sorted(RULES))
"""What can be subscribed to; ``notice`` says that there is something that may not be spoken of."""


def owners_of(caller: Caller) -> frozenset[str]:
    """For whom the caller may subscribe: facilities; for coordinators also the organisation."""
    owners = {f"facility:{facility}" for facility in caller.facilities}
    if caller.organisation and caller.has(Role.COORDINATOR, Role.MACHINE):
        owners.add(f"organisation:{caller.organisation}")
    return frozenset(owners)


def subscribe(
    deps: Deps, caller: Caller, url: str, event_types: Sequence[str], owner: str
) -> tuple[Webhook, str | None]:
    """Store a subscription; the secret is there only the first time.

    Raises Forbidden for an owner that the caller does not act for, Invalid for a URL that could
    never be posted to.
    """
    if owner not in owners_of(caller):
        raise Forbidden("you may subscribe only for a facility or an organisation that you act for")
    check_url(url, allow_private=deps.webhook_allow_private)
    return deps.webhooks.add(owner, url, event_types, caller)


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise Invalid for a URL that is refused whatever its name resolves to when it is used."""
    wrong = _what_is_wrong(url, allow_private=allow_private)
    if wrong:
        raise Invalid("this URL cannot be used", errors=[FieldError("/url", wrong, "bad_url")])


def _what_is_wrong(url: str, *, allow_private: bool) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return "Must be a complete URL."
    if parts.scheme not in (("https", "http") if allow_private else ("https",)):
        return "Must begin with https://."
    if not host or parts.username or parts.password or parts.fragment or port == 0:
        return "Must name a host, and no user, password or fragment."
    return "" if allow_private or _may_be_public(host) else "Must not be a private address."


def _may_be_public(host: str) -> bool:
    """Names are looked up again before every post; here only what is plainly private is refused."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def read_webhook(deps: Deps, caller: Caller, id_: str) -> Webhook:
    """An active subscription of somebody that the caller acts for; else NotFound."""
    webhook = deps.webhooks.get(id_)
    if webhook is None or not webhook.active or webhook.owner not in owners_of(caller):
        raise NotFound("there is no such webhook, or you may not know of it")
    return webhook


@retrying
def rotate_secret(
    deps: Deps, caller: Caller, id_: str, version: int | None
) -> tuple[Webhook, str | None]:
    """Replace the signing secret; the new one is shown this one time, not on a replay."""
    document = _document(deps, caller, id_, version)
    webhook, replayed = read_webhook(deps, caller, id_), deps.webhooks.answered(document, caller)
    return (webhook, None) if replayed else deps.webhooks.rotate(document, caller)


@retrying
def unsubscribe(deps: Deps, caller: Caller, id_: str, version: int | None) -> None:
    """End a subscription."""
    deps.webhooks.stop(_document(deps, caller, id_, version), "unsubscribed", caller)


def _document(deps: Deps, caller: Caller, id_: str, version: int | None) -> dict[str, Any]:
    read_webhook(deps, caller, id_)
    document = deps.webhooks.document(id_)
    if document is None:
        raise NotFound("there is no such webhook, or you may not know of it")
    if version is not None and document["version"] != version:
        raise Stale("the webhook was changed meanwhile; read it again")
    return document


def unsubscribe_gone(deps: WorkerDeps, id_: str) -> None:
    """The subscriber answered 410: it wants nothing more, for good (Standard Webhooks)."""
    document = deps.webhooks.document(id_)
    if document is not None and document["active"]:
        try:
            deps.webhooks.stop(document, "gone", system("webhooks"))
        except LostRace:
            return
