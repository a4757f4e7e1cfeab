"""``/v1/notifications``: who was told what, and the one answer to why, or why not."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import Blueprint, answer, current_caller, paging, permit, wired
from ihala_notifications.api.schemas import NotificationAnswer, NotificationQuery, TraceAnswer
from ihala_notifications.api.views import notification_view, trace_view
from ihala_notifications.usecases.deps import Deps
from ihala_notifications.usecases.reading import list_notifications, read_notification

notifications = Blueprint(
    "notifications",
    __name__,
    url_prefix="/v1/notifications",
    description="Who was told what, and why, or why not.",
)


@notifications.get("")
@permit(*Role)
@notifications.page(NotificationAnswer, NotificationQuery)
def list_all(query: dict[str, Any]) -> Response:
    """Notifications for or about the caller's facilities, newest first."""
    page = paging().asked(query["limit"], query.get("cursor"))
    caller = current_caller()
    found, position = list_notifications(wired(Deps), caller, query, page.after, page.limit)
    return paging().answer([notification_view(n) for n in found], position)


@notifications.get("/<id('ntf'):notification_id>")
@permit(*Role)
@notifications.response(200, NotificationAnswer)
def read_one(notification_id: str) -> Response:
    """One notification and where its messages stand."""
    kept = read_notification(wired(Deps), current_caller(), notification_id)
    return answer(notification_view(kept.notification), version=kept.document["version"])


@notifications.get("/<id('ntf'):notification_id>/trace")
@permit(*Role)
@notifications.response(200, TraceAnswer)
def trace(notification_id: str) -> Response:
    """Cause, rule, recipient, words, checks, every attempt and every state, addresses masked."""
    deps = wired(Deps)
    kept = read_notification(deps, current_caller(), notification_id)
    return answer(trace_view(kept, deps.templates.get(kept.notification.template)))
