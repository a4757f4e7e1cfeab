"""Templates: words with holes, a declared schema for what goes into them, and filling them in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ihala.errors import FieldError, Invalid
from ihala_notifications.domain.desk import LANGUAGES
from ihala_notifications.domain.wording import RIGHT_TO_LEFT, Kind, Reader, say

_HOLE = re.compile(r"\(\(([a-z][a-z0-9_]*)\)\)")


class TemplateBroken(Exception):
    """A template's own files are wrong; the service does not start with it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a template takes. A line that names an absent optional one is left out."""

    name: str
    kind: Kind
    required: bool
    example: Any


@dataclass(frozen=True, slots=True)
class Words:
    """The subject and body of a template in one language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """Words in every language and the values that they need.

    ``protected`` ones take no value at all, so that every copy is the same to the byte.
    ``requestable`` ones may be asked for by other systems.
    """

    name: str
    version: int
    purpose: str
    protected: bool
    requestable: bool
    values: Mapping[str, Value]
    words: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is read: a subject, plain text and the same as simple HTML."""

    subject: str
    text: str
    html: str
    language: str

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"


def check_template(template: Template) -> None:
    """Raise TemplateBroken unless every language has words that use exactly what is declared."""
    if set(template.words) != set(LANGUAGES):
        raise TemplateBroken(f"{template.name} must have words in {', '.join(LANGUAGES)}")
    if template.protected and template.values:
        raise TemplateBroken(f"{template.name} is protected and must not take values")
    for language, words in template.words.items():
        _check_words(template, f"{template.name}/{language}", words)


def _check_words(template: Template, where: str, words: Words) -> None:
    used = set(_HOLE.findall(words.subject + words.body))
    if used != set(template.values):
        wrong = sorted(used ^ set(template.values))
        raise TemplateBroken(f"{where}: declared and used values differ: {', '.join(wrong)}")
    for name in _HOLE.findall(words.subject):
        if not template.values[name].required or template.values[name].kind is Kind.LINK:
            raise TemplateBroken(f"{where}: the subject cannot hold {name}")
    for line in words.body.splitlines():
        links = [n for n in _HOLE.findall(line) if template.values[n].kind is Kind.LINK]
        if links and line != f"(({links[0]}))":
            raise TemplateBroken(f"{where}: a link stands on a line of its own")


def check_values(template: Template, values: Mapping[str, Any], reader: Reader) -> dict[str, str]:
    """Every declared value in words; raises Invalid, naming each that is missing or wrong.

    Values that the template does not declare are ignored: rules offer all that they know.
    """
    said: dict[str, str] = {}
    wrong: list[FieldError] = []
    for declared in template.values.values():
        value = values.get(declared.name)
        if value is None:
            if declared.required:
                wrong.append(_wrong(declared.name, "is missing", "required"))
            continue
        try:
            said[declared.name] = say(declared.kind, value, reader)
        except ValueError as error:
            wrong.append(_wrong(declared.name, str(error), "invalid"))
    if wrong:
        raise Invalid(f"the template {template.name} cannot be filled in", errors=wrong)
    return said


def _wrong(name: str, detail: str, code: str) -> FieldError:
    return FieldError(f"/values/{name}", detail, code)


def render(template: Template, values: Mapping[str, Any], reader: Reader) -> Letter:
    """The letter for this reader; raises Invalid when a value is missing or wrong."""
    said = check_values(template, values, reader)
    words = template.words[reader.language]
    subject = _fill(words.subject, said)
    lines = [_fill(line, said) for line in words.body.splitlines() if _has_all(line, said)]
    text = "\n".join(_without_double_gaps(lines)) + "\n"
    return Letter(subject, text, _as_html(text, subject, reader.language), reader.language)


def _has_all(line: str, said: Mapping[str, str]) -> bool:
    return all(name in said for name in _HOLE.findall(line))


def _fill(words: str, said: Mapping[str, str]) -> str:
    """One pass: what a value brings is never looked at for holes again."""
    return _HOLE.sub(lambda hole: said[hole[1]], words)


def _without_double_gaps(lines: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _as_html(text: str, subject: str, language: str) -> str:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    paragraphs = "\n".join(
        f"<p>{'<br>'.join(_html_line(line) for line in paragraph.splitlines())}</p>"
        for paragraph in text.split("\n\n")
    )
    return (
        f'<!doctype html>\n<html lang="{language}" dir="{direction}">\n'
        f'<head><meta charset="utf-8"><title>{html.escape(subject)}</title></head>\n'
        f'<body dir="{direction}">\n{paragraphs}\n</body>\n</html>\n'
    )


def _html_line(line: str) -> str:
    escaped = html.escape(line)
    if line.startswith(("https://", "http://")) and " " not in line:
        return f'<a href="{escaped}" dir="ltr">{escaped}</a>'
    return escaped
