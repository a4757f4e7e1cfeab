"""A little service with the whole edge around it: what the tests of the edge talk to."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response

from ihala.caller import Caller, Role
from ihala.clock import utc_now
from ihala.config import load
from ihala.errors import Conflict, NotFound, WorldIsDown
from ihala.http import (
    Answer,
    Blueprint,
    Body,
    PageQuery,
    Query,
    Upload,
    answer,
    current_caller,
    expected_version,
    fields,
    make_app,
    paging,
    permit,
    public,
    wired,
)
from ihala.settings import WebSettings

KNOWN_ID = "thg_000000000000"


@dataclass
class Shelf:
    """What the views work with."""

    names: list[str] = field(default_factory=lambda: [f"thing {n}" for n in range(7)])
    callers: list[Caller] = field(default_factory=list)
    up: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)


class Part(Body):
    code = fields.Code(required=True)
    amount = fields.Integer(minimum=1, maximum=99)


class NewThing(Body):
    name = fields.LocalisedText(required=True)
    place = fields.Point()
    made_at = fields.UtcDateTime()
    made_on = fields.Day()
    weight_kg = fields.Number(minimum=0, maximum=1000)
    heavy = fields.Flag()
    colour = fields.Choice(["red", "green"])
    note = fields.Text(max_length=500, multiline=True)
    phone = fields.Phone()
    email = fields.Email()
    language = fields.Language()
    parent_id = fields.Id("thg")
    parts = fields.ListOf(fields.Nested(Part), max_items=3)
    tags = fields.ListOf(fields.Code(), max_items=5, unique=True)


class ThingAnswer(Answer):
    id = fields.Id("thg", required=True)
    name = fields.Raw(required=True)
    made_at = fields.UtcDateTime()


class ThingQuery(PageQuery):
    colour = fields.Choice(["red", "green"])
    near = fields.LatLon()
    kinds = fields.Several(fields.Code(), max_items=3)
    amount = fields.Integer(minimum=0, maximum=5)
    big = fields.Flag()


class CountQuery(Query):
    at = fields.UtcDateTime()


class CountAnswer(Answer):
    count = fields.Integer(required=True)


things = Blueprint("things", __name__, url_prefix="/v1/things", description="Things.")


@things.post("")
@permit(Role.CLINIC)
@things.body(NewThing, example={"name": {"en": "A thing"}})
@things.response(201, ThingAnswer)
def make_thing(body: dict[str, Any]) -> Response:
    """Make a thing."""
    caller = current_caller()
    wired(Shelf).callers.append(caller)
    thing = {"id": KNOWN_ID, "name": body["name"], "made_at": body.get("made_at", utc_now())}
    return answer(
        thing,
        201,
        version=1,
        location=f"/v1/things/{KNOWN_ID}",
        replayed=caller.idempotency is not None and caller.idempotency.value.endswith(":again"),
    )


@things.get("")
@permit(*Role)
@things.page(ThingAnswer, ThingQuery)
def list_things(query: dict[str, Any]) -> Response:
    """List things."""
    page = paging().asked(query["limit"], query.get("cursor"))
    start = page.after or 0
    shown = wired(Shelf).names[start : start + page.limit]
    end = start + len(shown)
    more = end < len(wired(Shelf).names)
    items = [{"id": KNOWN_ID, "name": {"en": name}} for name in shown]
    return paging().answer(items, end if more else None)


@things.get("/<id('thg'):thing_id>")
@permit(*Role)
@things.response(200, ThingAnswer)
def read_thing(thing_id: str) -> Response:
    """Read a thing."""
    if thing_id != KNOWN_ID:
        raise NotFound("There is no such thing.")
    return answer({"id": thing_id, "name": {"ar": "مركز غسيل الكلى"}}, version=7)


@things.patch("/<id('thg'):thing_id>")
@permit(Role.CLINIC)
@things.body(NewThing(partial=True))
@things.response(200, ThingAnswer)
def change_thing(body: dict[str, Any], thing_id: str) -> Response:
    """Change a thing."""
    version = expected_version()
    return answer({"id": thing_id, "name": body.get("name", {"en": "x"})}, version=version)


@things.post("/<id('thg'):thing_id>/break")
@permit(Role.OPERATOR)
@things.response(200, ThingAnswer)
def break_thing(thing_id: str) -> Response:
    """Break a thing, which fails in the way that its id says."""
    expected_version(required=False)
    if thing_id == "thg_000000000001":
        raise Conflict("It is broken already.")
    if thing_id == "thg_000000000002":
        raise WorldIsDown("The shelf fell down.")
    if thing_id == "thg_000000000003":
        return answer({"id": "not an id", "name": 1})
    raise RuntimeError("name of a patient: Fatima")


@things.get("/count")
@public
@things.query(CountQuery)
@things.response(200, CountAnswer)
def count_things(query: dict[str, Any]) -> dict[str, Any]:
    """Count things."""
    return {"count": len(wired(Shelf).names)}


@things.post("/import")
@permit(Role.MACHINE)
@things.upload("text/csv", "application/geo+json", max_bytes=2_000_000)
@things.response(202, CountAnswer)
def import_things(file: Upload) -> dict[str, Any]:
    """Import things."""
    return {"count": file.content.count(b"\n")}


@things.get("/closed")
@things.response(200, CountAnswer)
def closed() -> dict[str, Any]:
    """Say nothing about who may call this."""
    return {"count": 0}


def settings_for(jwks: str, issuer: str, **changes: str) -> WebSettings:
    """The settings of a process that trusts this issuer; ``changes`` are further variables."""
    environment = {
        "IHALA_MONGODB_URI": "mongodb://127.0.0.1:1/things",
        "IHALA_TOKEN_ISSUER": issuer,
        "IHALA_JWKS": jwks,
        "IHALA_CURSOR_KEY": "0123456789abcdef0123456789abcdef",
        "IHALA_RATE_PER_MINUTE": "0",
        "IHALA_ADDRESS_RATE_PER_MINUTE": "0",
        **changes,
    }
    return load(WebSettings, environment)


def make_things(settings: WebSettings, shelf: Shelf | None = None, **options: Any) -> Flask:
    """The app of the things service."""
    return make_app(
        "Things",
        "1.0.0",
        description="Things for tests.",
        blueprints=[things],
        settings=settings,
        deps=shelf or Shelf(),
        **options,
    )


def application() -> Flask:
    """What gunicorn runs."""
    return make_things(load(WebSettings, os.environ))
