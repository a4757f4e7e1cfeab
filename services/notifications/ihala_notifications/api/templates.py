"""``/v1/templates``: the words that are sent, and how they read when they are filled in."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import Blueprint, answer, permit, wired
from ihala_notifications.api.schemas import (
    PreviewAnswer,
    PreviewRequest,
    TemplateAnswer,
    TemplatesAnswer,
)
from ihala_notifications.api.views import template_view
from ihala_notifications.usecases.deps import Deps
from ihala_notifications.usecases.preview import preview_template, read_template

templates = Blueprint(
    "templates", __name__, url_prefix="/v1/templates", description="The words that are sent."
)


@templates.get("")
@permit(*Role)
@templates.response(200, TemplatesAnswer)
def list_all() -> Response:
    """Every template and the values that it takes, by name; they all fit on one page."""
    found = wired(Deps).templates.all.values()
    return answer({"items": [template_view(template) for template in found], "next": None})


@templates.get("/<code:name>")
@permit(*Role)
@templates.response(200, TemplateAnswer)
def read_one(name: str) -> Response:
    """One template."""
    return answer(template_view(read_template(wired(Deps), name)))


@templates.post("/<code:name>/preview")
@permit(*Role)
@templates.body(PreviewRequest, example={"language": "ar", "values": {"code": "7K3Q-2"}})
@templates.response(200, PreviewAnswer)
def preview(body: dict[str, Any], name: str) -> Response:
    """Fill the template in; nothing is sent. Values that are not given are the examples."""
    letter = preview_template(wired(Deps), name, body["language"], body["values"])
    return answer(
        {
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "language": letter.language,
            "direction": letter.direction,
        }
    )
