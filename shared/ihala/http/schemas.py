"""The bases of all schemas: what comes in is strict, what goes out is described."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from ihala.http import fields
from ihala.http.straight import Straight


class Body(Straight):
    """A JSON object that a caller sends: fields that are not declared are refused."""


class Query(ma.Schema):
    """Query parameters: the same fields, read from text; undeclared names are refused."""

    reads_text = True


class Answer(ma.Schema):
    """What an endpoint sends back: it documents, tests check by it, and nothing is dumped by it."""


class PageQuery(Query):
    """The parameters of every list: how many items, and where to go on."""

    limit = fields.Integer(
        minimum=1, maximum=200, load_default=50, metadata={"description": "Items on a page."}
    )
    cursor = fields.Text(
        max_length=2048,
        metadata={
            "description": "The `next` of the page before; the other parameters must be the same."
        },
    )


def page_of(item: type[ma.Schema] | ma.Schema) -> type[Answer]:
    """The schema of a page of ``item``: ``{items: […], next: cursor or null}``."""
    kind = item if isinstance(item, type) else type(item)
    page: dict[str, Any] = {
        "items": ma.fields.List(ma.fields.Nested(item), required=True),
        "next": ma.fields.String(
            required=True,
            allow_none=True,
            metadata={"description": "Cursor of the next page; null at the end."},
        ),
    }
    return type(f"{kind.__name__}Page", (Answer,), page)
