"""What operations have in common, written once: headers, problems, and who may call them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ihala.http.permissions import Permission

ASKED: dict[str, dict[str, Any]] = {
    "correlation": {
        "in": "header",
        "name": "X-Correlation-Id",
        "required": False,
        "description": "Your own name for this piece of work, of up to 64 letters, digits and "
        "._:- (else we give it one); it travels into events and logs.",
        "schema": {"type": "string"},
    },
    "language": {
        "in": "header",
        "name": "Accept-Language",
        "required": False,
        "description": "ar, fr or en, for texts meant for people.",
        "schema": {"type": "string"},
        "example": "ar",
    },
    "idempotency": {
        "in": "header",
        "name": "Idempotency-Key",
        "required": False,
        "description": "Your own name for this request: sent again with the same body, it changes "
        "nothing and gets the same answer (kept for 24 hours).",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    },
    "version": {
        "in": "header",
        "name": "If-Match",
        "required": False,
        "description": "The ETag of the version that you changed from.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "version_required": {
        "in": "header",
        "name": "If-Match",
        "required": True,
        "description": "The ETag of the version that you changed from.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "cached": {
        "in": "header",
        "name": "If-None-Match",
        "required": False,
        "description": "The ETag you have; 304 when it is still current.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
}
"""Headers that a request may carry."""

ANSWERED: dict[str, dict[str, Any]] = {
    "ETag": {"description": "The version of what was sent.", "schema": {"type": "string"}},
    "Link": {"description": "The next page (rel=next).", "schema": {"type": "string"}},
    "Location": {"description": "Where the new thing is.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "true when the Idempotency-Key was recognised and nothing was done again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "X-Correlation-Id": {
        "description": "The name of this piece of work in events and logs.",
        "schema": {"type": "string"},
    },
}
"""Headers that an answer may carry."""


def document_operation(
    doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any
) -> dict[str, Any]:
    """Add to an operation what follows from its method and its declarations."""
    permission: Permission = doc_info.get("permission") or Permission(frozenset())
    responses = doc.setdefault("responses", {})
    for status, response in responses.items():
        if str(status).startswith("2"):
            response["headers"] = {name: name for name in _answered(method, int(status))}
    if upload := doc_info.get("upload"):
        doc["requestBody"] = _files(upload.media_types)
    for status in _other_statuses(method, permission, takes_body="requestBody" in doc):
        responses.setdefault(str(status), HTTPStatus(status).name)
    doc.setdefault("parameters", []).extend(_asked(method))
    if not permission.public:
        doc["security"] = [{"bearer": []}]
        doc["x-roles"] = sorted(permission.roles)
    return doc


def _files(media_types: tuple[str, ...]) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
    return {"required": True, "content": dict.fromkeys(media_types, binary)}


def _asked(method: str) -> list[str]:
    own = {
        "get": ["cached"],
        "post": ["idempotency", "version"],
        "patch": ["version_required"],
    }
    return ["correlation", "language", *own.get(method, ["version"])]


def _answered(method: str, status: int) -> list[str]:
    names = ["X-Correlation-Id"]
    if method != "delete":
        names.append("ETag")
    if method == "get":
        names.append("Link")
    if method == "post":
        names.append("Idempotency-Replayed")
    if status == HTTPStatus.CREATED:
        names.append("Location")
    return names


def _other_statuses(method: str, permission: Permission, *, takes_body: bool) -> list[int]:
    statuses = [400, 404, 414, 422, 429, 500, 503]
    if not permission.public:
        statuses += [401, 403]
    if takes_body:
        statuses += [413, 415]
    if method == "get":
        statuses.append(304)
    else:
        statuses += [409, 412]
    if method in ("patch", "put", "delete"):
        statuses.append(428)
    return sorted(statuses)
