"""``/v1/inbox``: what lies in the inboxes of the caller and of those they act for."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import Blueprint, answer, current_caller, paging, permit, wired
from ihala_notifications.api.schemas import InboxItemAnswer, InboxQuery, UnreadAnswer
from ihala_notifications.api.views import inbox_view
from ihala_notifications.domain.desk import DEFAULT_LANGUAGE, LANGUAGES
from ihala_notifications.usecases.deps import Deps
from ihala_notifications.usecases.inbox_words import words_for
from ihala_notifications.usecases.reading import acknowledge, count_unread, read_inbox

inbox = Blueprint(
    "inbox", __name__, url_prefix="/v1/inbox", description="Messages that are read in the app."
)


def _language(wanted: str) -> str:
    return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE


@inbox.get("")
@permit(*Role)
@inbox.page(InboxItemAnswer, InboxQuery)
def list_inbox(query: dict[str, Any]) -> Response:
    """The caller's messages, newest first, in the language of Accept-Language."""
    page = paging().asked(query["limit"], query.get("cursor"))
    deps, caller = wired(Deps), current_caller()
    found, position = read_inbox(
        deps, caller, unread=query["unread"], after=page.after, limit=page.limit
    )
    words = words_for(deps, found, _language(caller.language))
    return paging().answer([inbox_view(n, words[n.id]) for n in found], position)


@inbox.get("/unread")
@permit(*Role)
@inbox.response(200, UnreadAnswer)
def unread() -> Response:
    """How many messages nobody at the desk has acknowledged; at most 1000 are counted."""
    return answer({"unread": count_unread(wired(Deps), current_caller())})


@inbox.post("/<id('ntf'):notification_id>/acknowledge")
@permit(*Role)
@inbox.response(200, InboxItemAnswer)
def acknowledge_one(notification_id: str) -> Response:
    """Say that the message was seen, for the whole desk. Again changes nothing."""
    deps, caller = wired(Deps), current_caller()
    kept, replayed = acknowledge(deps, caller, notification_id)
    words = words_for(deps, [kept.notification], _language(caller.language))
    view = inbox_view(kept.notification, words[notification_id])
    return answer(view, version=kept.document["version"], replayed=replayed)
