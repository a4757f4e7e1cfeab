"""/v1/imports and /v1/import-profiles: facilities from files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.clock import rfc3339
from ihala.errors import Invalid
from ihala.http import (
    Blueprint,
    PageQuery,
    Upload,
    answer,
    current_caller,
    expected_version,
    paging,
    permit,
    wired,
)
from ihala.http.refusals import PlacedError
from ihala_registry.api.import_schemas import (
    ImportAnswer,
    ImportQuery,
    ProfileAnswer,
    ProfileBody,
    ProfilesAnswer,
    RowAnswer,
    RowQuery,
)
from ihala_registry.domain.import_profile import BUILT_IN, FileFormat, ImportProfile, KeptProfile
from ihala_registry.domain.imports import Import, RowOutcome
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.domain.views import EDITORS
from ihala_registry.store.imports import MAX_FILE_BYTES
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.imports import put_profile, start_import, the_import, the_profile

imports = Blueprint("imports", __name__, url_prefix="/v1", description="Facilities from files")
IMPORTERS = (*EDITORS, Role.OPERATOR)
_FORMATS = {"text/csv": FileFormat.CSV, "application/geo+json": FileFormat.GEOJSON}


@imports.post("/imports")
@permit(*IMPORTERS)
@imports.query(ImportQuery)
@imports.upload(*_FORMATS, max_bytes=MAX_FILE_BYTES)
@imports.response(202, ImportAnswer)
def start(upload: Upload, query: dict[str, Any]) -> Response:
    """Import a file of facilities: CSV or GeoJSON in UTF-8, up to 16 MiB, as the body.

    Rows are worked off one by one; a bad row is refused with its reasons and stops nothing.
    Facilities are found again by their identifier, so a file can be imported again.
    """
    format_ = _FORMATS[upload.media_type]
    if query.get("format", format_) is not format_:
        wrong = f"Is not what the Content-Type {upload.media_type} says."
        raise Invalid(wrong, errors=[PlacedError("format", wrong, "mismatch", "parameter")])
    kept = start_import(
        wired(Deps),
        current_caller(),
        upload.content,
        format_,
        query["profile"],
        query.get("country"),
    )
    location = f"/v1/imports/{kept.import_.id}"
    return _shown(kept.import_, 202, location=location, replayed=kept.replayed)


@imports.get("/imports")
@permit(*IMPORTERS)
@imports.page(ImportAnswer, PageQuery)
def list_imports(query: dict[str, Any]) -> Response:
    """List imports, the newest first."""
    page = paging().asked(query["limit"], query.get("cursor"))
    after = (datetime.fromisoformat(page.after[0]), page.after[1]) if page.after else None
    found, position = wired(Deps).imports.page(page.limit, after)
    following = [rfc3339(position[0]), position[1]] if position else None
    return paging().answer([_view(import_) for import_ in found], following)


@imports.get("/imports/<id('imp'):import_id>")
@permit(*IMPORTERS)
@imports.response(200, ImportAnswer)
def read(import_id: str) -> Response:
    """Read how far an import has come."""
    return _shown(the_import(wired(Deps), import_id))


@imports.get("/imports/<id('imp'):import_id>/rows")
@permit(*IMPORTERS)
@imports.page(RowAnswer, RowQuery)
def list_rows(query: dict[str, Any], import_id: str) -> Response:
    """What became of each row that is done, in the order of the file."""
    deps = wired(Deps)
    the_import(deps, import_id)
    page = paging().asked(query["limit"], query.get("cursor"))
    outcomes = query.get("outcome", ())
    found, position = deps.import_rows.page(import_id, outcomes, page.limit, page.after)
    return paging().answer([to_plain(report) for report in found], position)


@imports.get("/import-profiles")
@permit(*IMPORTERS)
@imports.response(200, ProfilesAnswer)
def list_profiles() -> dict[str, Any]:
    """List all import profiles, the built-in ones first."""
    return {"items": [_profile_view(kept) for kept in wired(Deps).import_profiles.all()]}


@imports.get("/import-profiles/<code:name>")
@permit(*IMPORTERS)
@imports.response(200, ProfileAnswer)
def read_profile(name: str) -> Response:
    """Read an import profile."""
    return _profile_shown(the_profile(wired(Deps), name))


@imports.put("/import-profiles/<code:name>")
@permit(*IMPORTERS)
@imports.body(ProfileBody, example=to_plain(BUILT_IN["osm"].profile))
@imports.response(200, ProfileAnswer)
def keep_profile(body: dict[str, Any], name: str) -> Response:
    """Keep an import profile of yours. One that exists needs If-Match; built-in ones stay."""
    deps = wired(Deps)
    known = name not in BUILT_IN and deps.import_profiles.get(name) is not None
    version = expected_version(required=known)
    return _profile_shown(put_profile(deps, name, version, from_plain(ImportProfile, body)))


def _view(import_: Import) -> dict[str, Any]:
    counts = {outcome.value: import_.counts.get(outcome, 0) for outcome in RowOutcome}
    return {
        "id": import_.id,
        "version": import_.version,
        "state": import_.state,
        "format": import_.format,
        "profile": import_.profile_name,
        "total": import_.total,
        "done": import_.done,
        "counts": counts,
        "started_by": import_.started_by,
        "created_at": import_.created_at,
        "finished_at": import_.finished_at,
        "failure": import_.failure,
    }


def _shown(import_: Import, status: int = 200, **more: Any) -> Response:
    return answer(_view(import_), status, version=import_.version, **more)


def _profile_view(kept: KeptProfile) -> dict[str, Any]:
    return {"name": kept.name, "version": kept.version, "profile": to_plain(kept.profile)}


def _profile_shown(kept: KeptProfile) -> Response:
    return answer(_profile_view(kept), version=kept.version)
