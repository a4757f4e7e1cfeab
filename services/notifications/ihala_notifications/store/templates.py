"""The templates and code lists, read once from the files beside this package and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ihala.errors import FieldError, Invalid
from ihala_notifications.domain.desk import LANGUAGES
from ihala_notifications.domain.templates import (
    Template,
    TemplateBroken,
    Value,
    Words,
    check_template,
)
from ihala_notifications.domain.wording import LISTS, CodeNames, Kind

_FOLDER = "templates"
_WORDS = "words"


class TemplateStore:
    """Every template by name; they are part of the release and never change while it runs."""

    def __init__(self) -> None:
        root = files("ihala_notifications") / _FOLDER
        self.codes: CodeNames = {
            name: _toml(root / _WORDS / f"{name}.toml") for name in LISTS.values()
        }
        folders = sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.name)
        self.all = {f.name: _read(f) for f in folders if f.name != _WORDS}

    def get(self, name: str) -> Template | None:
        """The template of that name, or None."""
        return self.all.get(name)

    def named(self, name: str, pointer: str = "/template") -> Template:
        """The template of that name; raises Invalid when there is none."""
        template = self.all.get(name)
        if template is None:
            wrong = FieldError(pointer, "no such template", "unknown")
            raise Invalid("there is no such template", errors=[wrong])
        return template


def _read(folder: Traversable) -> Template:
    about = _toml(folder / "template.toml")
    values = {name: _value(name, declared) for name, declared in about.get("values", {}).items()}
    template = Template(
        name=folder.name,
        version=about["version"],
        purpose=about["purpose"],
        protected=about.get("protected", False),
        requestable=about.get("requestable", False),
        values=values,
        words={language: _words(folder / f"{language}.txt") for language in LANGUAGES},
    )
    check_template(template)
    return template


def _value(name: str, declared: Mapping[str, Any]) -> Value:
    required = not declared.get("optional", False)
    return Value(name, Kind(declared["kind"]), required, declared["example"])


def _words(file: Traversable) -> Words:
    subject, gap, body = file.read_text(encoding="utf-8").partition("\n\n")
    if not gap or "\n" in subject:
        raise TemplateBroken(f"{file.name}: the subject is the first line, then comes an empty one")
    return Words(subject, body)


def _toml(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
