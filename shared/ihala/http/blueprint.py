"""The blueprint that services use: reads strictly, answers fast, and documents all it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import flask_smorest
import marshmallow as ma
from flask import Response

from ihala.http.answers import answer
from ihala.http.declarations import View, declare, document
from ihala.http.operations import document_operation
from ihala.http.reading import read_body, read_query
from ihala.http.request import EdgeRequest, edge_request
from ihala.http.schemas import PageQuery, page_of
from ihala.http.uploads import Upload, read_upload

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
Read = Callable[[EdgeRequest, ma.Schema], Any]


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """flask-smorest's blueprint with our readers, and answers that are sent as they are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._prepare_doc_cbks.append(document_operation)

    def get(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register the view for GET (and HEAD)."""
        return cast(Callable[[View], View], self.route(rule, methods=["GET"], **options))

    def post(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register the view for POST."""
        return cast(Callable[[View], View], self.route(rule, methods=["POST"], **options))

    def put(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register the view for PUT."""
        return cast(Callable[[View], View], self.route(rule, methods=["PUT"], **options))

    def patch(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register the view for PATCH."""
        return cast(Callable[[View], View], self.route(rule, methods=["PATCH"], **options))

    def delete(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register the view for DELETE."""
        return cast(Callable[[View], View], self.route(rule, methods=["DELETE"], **options))

    def body(self, schema: type[ma.Schema] | ma.Schema, **documentation: Any) -> Decorator:
        """Read the JSON body with the schema; the view gets what was loaded as its first argument.

        ``example=…`` or ``examples={…}`` go into the API documentation.
        """
        return self._reads(schema, "json", read_body, documentation)

    def query(self, schema: type[ma.Schema] | ma.Schema) -> Decorator:
        """Read the query with the schema (a ``Query``); the view gets it as its first argument."""
        return self._reads(schema, "query", read_query, {})

    def _reads(
        self, schema: Any, location: str, read: Read, documentation: dict[str, Any]
    ) -> Decorator:
        instance = schema() if isinstance(schema, type) else schema
        documented = self.arguments(instance, location=location, **documentation)

        def decorate(view: Any) -> Callable[..., Any]:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(read(edge_request(), instance), *args, **kwargs)

            return declare(document(reading, documented(view)), f"reads_{location}", True)

        return decorate

    def upload(self, *media_types: str, max_bytes: int) -> Decorator:
        """Take a raw body of one of these types, up to ``max_bytes``; the view gets an Upload."""
        allowed = frozenset(media_types)

        def decorate(view: Any) -> Callable[..., Any]:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(read_upload(edge_request(), allowed), *args, **kwargs)

            return declare(reading, "upload", Upload.limits(media_types, max_bytes))

        return decorate

    def response(self, status_code: int, schema: Any = None, **documentation: Any) -> Decorator:
        """Document the answer, and send what the view returns: a Response as it is, else JSON.

        The schema describes and, where answers are verified, checks; it is never used to dump.
        """
        documented = super().response(status_code, schema, **documentation)

        def decorate(view: Any) -> Callable[..., Any]:
            @wraps(view)
            def answering(*args: Any, **kwargs: Any) -> Response:
                outcome = view(*args, **kwargs)
                return outcome if isinstance(outcome, Response) else answer(outcome, status_code)

            return declare(document(answering, documented(view)), "answers", (status_code, schema))

        return decorate

    def page(self, item: type[ma.Schema], query: type[PageQuery] = PageQuery) -> Decorator:
        """A list: reads ``query``, documents ``{items, next}``; return ``paging().answer(…)``."""

        def decorate(view: Any) -> Callable[..., Any]:
            return self.query(query)(self.response(200, page_of(item))(view))

        return decorate
