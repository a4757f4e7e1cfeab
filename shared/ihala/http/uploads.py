"""Bodies that are files: of a declared type, of a bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ihala.errors import BadRequest
from ihala.http.refusals import UnsupportedMediaType
from ihala.http.request import EdgeRequest


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What an endpoint takes as a raw body."""

    media_types: tuple[str, ...]
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A raw body as it came: its media type (lower case, without parameters) and its bytes."""

    media_type: str
    content: bytes

    @staticmethod
    def limits(media_types: Sequence[str], max_bytes: int) -> UploadLimits:
        """The declaration of an endpoint that takes such bodies."""
        return UploadLimits(tuple(media_types), max_bytes)


def read_upload(request: EdgeRequest, allowed: frozenset[str]) -> Upload:
    """The body; UnsupportedMediaType for other types, BadRequest when there is none."""
    if request.mimetype not in allowed or request.headers.get("Content-Encoding"):
        names = ", ".join(sorted(allowed))
        raise UnsupportedMediaType(f"Send the file as Content-Type {names}, not compressed.")
    content = request.whole_body()
    if not content:
        raise BadRequest("The body is empty: send the file as the body.")
    return Upload(request.mimetype, content)
