"""For tests: answers that are not what their endpoint documents become failures."""

from __future__ import annotations

import json

import marshmallow as ma
from flask import Flask, Response, current_app

from ihala.http.declarations import declared
from ihala.http.request import edge_request


class UndocumentedAnswerError(AssertionError):
    """An endpoint sent something else than its schema says."""


def verify_answers(app: Flask) -> None:
    """From now on every answer with a documented schema is checked by it.

    A wrong one raises UndocumentedAnswerError, through the test client when the app is TESTING.
    """
    app.after_request(_verify)


def _verify(response: Response) -> Response:
    request = edge_request()
    view = current_app.view_functions.get(request.endpoint or "")
    status, schema = declared(view, "answers") or (None, None)
    if schema is None or response.status_code != status:
        return response
    instance: ma.Schema = schema() if isinstance(schema, type) else schema
    wrong = instance.validate(json.loads(response.get_data()))
    if wrong:
        raise UndocumentedAnswerError(f"{request.method} {request.path} answered: {wrong}")
    return response
