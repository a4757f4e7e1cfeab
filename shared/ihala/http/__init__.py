"""The edge of every service: one factory, a blueprint, and what a view needs to parse and answer.

A resource is one file. Everything it needs comes from here::

    from ihala.caller import Role
    from ihala.http import (
        Answer, Blueprint, Body, PageQuery, answer, current_caller, expected_version, fields,
        paging, permit, wired,
    )

    facilities = Blueprint("facilities", __name__, url_prefix="/v1/facilities", description="…")

    class NewFacility(Body):
        name = fields.LocalisedText(required=True)
        point = fields.Point()

    class FacilityAnswer(Answer):
        id = fields.Id("fac", required=True)
        name = fields.LocalisedText(required=True)

    class FacilityQuery(PageQuery):                       # PageQuery brings limit and cursor
        service = fields.Code()

    @facilities.post("")
    @permit(Role.REGISTRY_EDITOR)                         # or @public; saying nothing closes it
    @facilities.body(NewFacility, example={"name": {"en": "Dialysis centre"}})
    @facilities.response(201, FacilityAnswer)
    def register_facility(body):
        facility = register(wired(Deps), current_caller(), body)
        return answer(facility.shown(), 201, version=facility.version,      # ETag
                      location=f"/v1/facilities/{facility.id}", replayed=facility.replayed)

    @facilities.get("/<id('fac'):facility_id>")           # <id:…>, <code:…>, <ordinal:…> only
    @permit(*Role)
    @facilities.response(200, FacilityAnswer)
    def read_facility(facility_id):
        facility = ...
        return answer(facility.shown(), version=facility.version)           # 304 by If-None-Match

    @facilities.patch("/<id('fac'):facility_id>")
    @permit(Role.REGISTRY_EDITOR)
    @facilities.body(FacilityChange)
    @facilities.response(200, FacilityAnswer)
    def change_facility(body, facility_id):
        version = expected_version()                                        # 428, 412
        changed = change(wired(Deps), current_caller(), facility_id, body, version)
        return answer(changed.shown(), version=changed.version)

    @facilities.get("")
    @permit(*Role)
    @facilities.page(FacilityAnswer, FacilityQuery)
    def list_facilities(query):
        page = paging().asked(query["limit"], query.get("cursor"))          # .limit, .after
        items, position = wired(Deps).facilities.list(page.after, page.limit, query)
        return paging().answer(items, position)           # any JSON value; None at the end

Views are functions. They raise the errors of ``ihala.errors``; nobody catches them. What a view
returns is sent as it is (dicts, lists, datetimes, enums, sets), never dumped through the schema.
``make_app(…, deps=deps)`` puts them behind the edge.
"""

from ihala.http import fields
from ihala.http.answers import answer, to_json
from ihala.http.app import make_app
from ihala.http.auth import current_caller
from ihala.http.blueprint import Blueprint
from ihala.http.complaints import complain
from ihala.http.edge import paging, wired
from ihala.http.etags import etag, expected_version
from ihala.http.paging import Page
from ihala.http.permissions import permit, public, undeclared_endpoints
from ihala.http.schemas import Answer, Body, PageQuery, Query, page_of
from ihala.http.uploads import Upload

__all__ = [
    "Answer",
    "Blueprint",
    "Body",
    "Page",
    "PageQuery",
    "Query",
    "Upload",
    "answer",
    "complain",
    "current_caller",
    "etag",
    "expected_version",
    "fields",
    "make_app",
    "page_of",
    "paging",
    "permit",
    "public",
    "to_json",
    "undeclared_endpoints",
    "wired",
]
