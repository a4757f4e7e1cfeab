"""The response that views give: whole when it is made, and sent as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import flask
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ORDINARY = frozenset({200, 201})


class Response(flask.Response):
    """Flask's response, whose headers are not gone through once more when it is sent.

    Werkzeug copies them all to complete a length and to encode addresses; ours have their length,
    and the addresses in them are of ids.
    """

    def put(self, headers: Iterable[tuple[str, str]]) -> None:
        """Add headers of our own making as they are.

        Werkzeug looks for line breaks in each and converts it; gunicorn does again for all of them,
        and refuses what it finds.
        """
        self.headers._list.extend(headers)  # noqa: SLF001

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """See werkzeug; anything but an ordinary, whole answer goes the long way."""
        if self.status_code in _ORDINARY and "Content-Length" in self.headers:
            return self.headers
        return super().get_wsgi_headers(environ)
