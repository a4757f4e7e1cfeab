"""Idempotency-Key: a caller's own name for a POST, so that a retry changes nothing.

The key is kept in the document that the request writes, in the same write; the edge only reads it.
"""

from __future__ import annotations

import hashlib
import re

from ihala.caller import IdempotencyKey
from ihala.errors import BadRequest
from ihala.http.refusals import PlacedError
from ihala.http.request import EdgeRequest

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def idempotency_key(request: EdgeRequest, subject: str) -> IdempotencyKey | None:
    """The POST's key, scoped to the subject, with the fingerprint of method, path, query and body.

    Raises BadRequest when it is not 1 to 128 visible ASCII characters. Other methods have none.
    """
    if request.method != "POST":
        return None
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        detail = "Must be 1 to 128 visible ASCII characters."
        raise BadRequest(
            f"{HEADER} cannot be used. {detail}",
            errors=[PlacedError(HEADER, detail, "malformed", "header")],
        )
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode("utf-8", "replace"))
    digest.update(request.whole_body())
    return IdempotencyKey(f"{subject}:{key}", digest.hexdigest())
