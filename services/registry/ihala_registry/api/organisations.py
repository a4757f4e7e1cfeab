"""/v1/organisations: who runs, supports and supplies facilities."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import (
    Blueprint,
    Body,
    PageQuery,
    answer,
    current_caller,
    expected_version,
    fields,
    paging,
    permit,
    wired,
)
from ihala_registry.api.bodies import ContactBody
from ihala_registry.api.merge_patch import editing
from ihala_registry.domain.organisations import (
    Organisation,
    OrganisationDetails,
    organisation_view,
)
from ihala_registry.domain.plain import from_plain
from ihala_registry.domain.views import EDITORS
from ihala_registry.domain.vocabulary import OrganisationKind
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.organisations import (
    edit_organisation,
    enter_organisation,
    the_organisation,
)

organisations = Blueprint(
    "organisations", __name__, url_prefix="/v1/organisations", description="The partners"
)


class OrganisationBody(Body):
    """An organisation as its editors describe it."""

    name = fields.LocalisedText(required=True)
    kind = fields.Choice(OrganisationKind, required=True)
    parent_id = fields.Id("org")
    contacts = fields.ListOf(fields.Nested(ContactBody), max_items=20)
    active = fields.Flag(load_default=True)


class OrganisationPatch(Body):
    """A JSON merge patch (RFC 7396) of an organisation: what is absent stays, null removes."""

    name = fields.Raw(allow_none=True)
    kind = fields.Raw(allow_none=True)
    parent_id = fields.Raw(allow_none=True)
    contacts = fields.Raw(allow_none=True)
    active = fields.Raw(allow_none=True)


class OrganisationQuery(PageQuery):
    """Which organisations to list."""

    kind = fields.Choice(OrganisationKind)


class OrganisationAnswer(OrganisationBody):
    """An organisation; what is not known is left out."""

    id = fields.Id("org", required=True)
    version = fields.Integer(required=True)
    created_at = fields.UtcDateTime(required=True)
    updated_at = fields.UtcDateTime(required=True)


_EXAMPLE = {
    "name": {"ar": "مديرية الصحة", "en": "Health directorate"},
    "kind": "health_directorate",
}


@organisations.post("")
@permit(*EDITORS)
@organisations.body(OrganisationBody, example=_EXAMPLE)
@organisations.response(201, OrganisationAnswer)
def enter(body: dict[str, Any]) -> Response:
    """Enter an organisation."""
    kept = enter_organisation(wired(Deps), current_caller(), from_plain(OrganisationDetails, body))
    location = f"/v1/organisations/{kept.organisation.id}"
    return _shown(kept.organisation, 201, location=location, replayed=kept.replayed)


@organisations.get("")
@permit(*Role)
@organisations.page(OrganisationAnswer, OrganisationQuery)
def list_organisations(query: dict[str, Any]) -> Response:
    """List organisations, by id."""
    page = paging().asked(query["limit"], query.get("cursor"))
    found, position = wired(Deps).organisations.page(query.get("kind"), page.limit, page.after)
    return paging().answer([_view(organisation) for organisation in found], position)


@organisations.get("/<id('org'):organisation_id>")
@permit(*Role)
@organisations.response(200, OrganisationAnswer)
def read(organisation_id: str) -> Response:
    """Read an organisation."""
    return _shown(the_organisation(wired(Deps), organisation_id))


@organisations.patch("/<id('org'):organisation_id>")
@permit(*EDITORS)
@organisations.body(OrganisationPatch, example={"active": False})
@organisations.response(200, OrganisationAnswer)
def edit(body: dict[str, Any], organisation_id: str) -> Response:
    """Change an organisation by a JSON merge patch (RFC 7396)."""
    changes = editing(OrganisationDetails, OrganisationBody, body)
    version = expected_version()
    return _shown(
        edit_organisation(wired(Deps), current_caller(), organisation_id, version, changes)
    )


def _view(organisation: Organisation) -> dict[str, Any]:
    caller = current_caller()
    full = caller.has(*EDITORS, Role.OPERATOR) or caller.organisation == organisation.id
    return organisation_view(organisation, full=full)


def _shown(organisation: Organisation, status: int = 200, **more: Any) -> Response:
    return answer(_view(organisation), status, version=organisation.version, **more)
