"""Templates, looked at before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ihala.errors import FieldError, Invalid, NotFound
from ihala_notifications.domain.templates import Letter, Template, render
from ihala_notifications.domain.wording import Kind, Reader
from ihala_notifications.usecases.deps import Deps


def read_template(deps: Deps, name: str) -> Template:
    """The template of that name; else NotFound."""
    template = deps.templates.get(name)
    if template is None:
        raise NotFound("there is no such template")
    return template


def preview_template(deps: Deps, name: str, language: str, values: Mapping[str, Any]) -> Letter:
    """The words with these values, examples standing in for the others.

    Raises Invalid for a value that the template does not take, or that is not of its kind.
    """
    template = read_template(deps, name)
    unknown = [
        FieldError(f"/values/{name}", "the template takes no such value", "unknown")
        for name in sorted(values.keys() - template.values.keys())
    ]
    if unknown:
        raise Invalid("some values are not the template's", errors=unknown)
    examples = {value.name: value.example for value in template.values.values()}
    return render(template, {**examples, **values}, _reader(deps, template, language, values))


def _reader(deps: Deps, template: Template, language: str, values: Mapping[str, Any]) -> Reader:
    """With the names of the facilities that are meant, as far as they are known."""
    kinds = {v.name: v.kind for v in template.values.values()}
    meant = [v for n, v in values.items() if kinds[n] is Kind.FACILITY and isinstance(v, str)]
    names = {facility: desk.name for facility, desk in deps.desks.named(meant).items()}
    return Reader(language, app_url=deps.app_url, codes=deps.templates.codes, facility_names=names)
