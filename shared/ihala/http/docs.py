"""The API's description at /openapi.json, and a page to try it at /docs, without internet."""

from __future__ import annotations

import json
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, send_from_directory
from flask_smorest import Api

from ihala.http.permissions import public

_FILES = Path(flask_swagger_ui.__file__).parent / "dist"
_SERVED = {
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "favicon-32x32.png",
}
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/swagger-ui-standalone-preset.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START = """window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null
});
"""


def docs_blueprint(api: Api, title: str) -> Blueprint:
    """``/openapi.json``, ``/docs`` and the page's files, open to everybody."""
    docs = Blueprint("docs", __name__)
    page = _PAGE.format(title=title)
    written: list[bytes] = []

    @docs.get("/openapi.json")
    @public
    def openapi_json() -> Response:
        if not written:
            written.append(json.dumps(api.spec.to_dict(), ensure_ascii=False).encode())
        return Response(written[0], content_type="application/json")

    @docs.get("/docs", strict_slashes=True)
    @public
    def docs_page() -> Response:
        return _own(Response(page, content_type="text/html; charset=utf-8"))

    @docs.get("/docs/start.js")
    @public
    def start() -> Response:
        return _own(Response(_START, content_type="text/javascript; charset=utf-8"))

    @docs.get("/docs/<any({}):name>".format(", ".join(f'"{name}"' for name in sorted(_SERVED))))
    @public
    def file(name: str) -> Response:
        return _own(send_from_directory(_FILES, name, max_age=3600))

    return docs


def _own(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY
    return response
