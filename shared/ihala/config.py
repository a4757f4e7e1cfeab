"""Settings from the environment into a frozen dataclass; what is wrong is said by name, at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
_REQUIRED: Any = object()


class ConfigError(Exception):
    """Settings are missing or wrong; the message names each of them and what it must be."""


def setting(
    name: str,
    parse: Callable[[str], Any] = str,
    *,
    default: Any = _REQUIRED,
    doc: str,
) -> Any:
    """Declare a field of a settings dataclass that is read from the variable ``name``.

    ``parse`` raises ValueError with what the value must be. ``doc`` is a sentence for operators.
    """
    metadata = {"name": name, "parse": parse, "default": default, "doc": doc}
    return dataclasses.field(metadata=metadata)


def load(settings: type[T], environ: Mapping[str, str]) -> T:
    """Read every declared setting, or raise one ConfigError that lists all that is wrong."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        try:
            values[field.name] = _read(field.metadata, environ)
        except ValueError as error:
            wrong.append(f"{field.metadata['name']}: {error} ({field.metadata['doc']})")
    if wrong:
        raise ConfigError("cannot start, settings are wrong:\n  " + "\n  ".join(wrong))
    return settings(**values)


def _read(metadata: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
    """The variable, or, as container secrets want it, the file that ``<NAME>_FILE`` names."""
    text = environ.get(metadata["name"], "").strip() or _from_file(metadata["name"], environ)
    if text:
        return metadata["parse"](text)
    if metadata["default"] is _REQUIRED:
        raise ValueError("is missing")
    return metadata["default"]


def _from_file(name: str, environ: Mapping[str, str]) -> str:
    path = environ.get(f"{name}_FILE", "").strip()
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the file named by {name}_FILE cannot be read: {error}") from error


def port(text: str) -> int:
    """A TCP port; 0 means off."""
    number = whole_number(text)
    if not 0 <= number <= 65535:
        raise ValueError("must be a port between 0 and 65535")
    return number


def whole_number(text: str) -> int:
    """A whole number that is not negative."""
    if not text.isascii() or not text.isdigit():
        raise ValueError("must be a whole number")
    return int(text)


def between(low: int, high: int) -> Callable[[str], int]:
    """A parser for a whole number within bounds."""

    def parse(text: str) -> int:
        number = whole_number(text)
        if not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return parse


def secret(text: str) -> str:
    """A secret of at least 32 characters that is not one anybody could guess."""
    if len(text) < 32 or len(set(text)) < 8:
        raise ValueError("must be a random secret of at least 32 characters")
    return text


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser for a setting with a few allowed words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return parse


def http_address(text: str) -> str:
    """An http or https address without a query, given back without a closing slash."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as http://collector:4318")
    return text.rstrip("/")


def host_ports(text: str) -> tuple[str, ...]:
    """One or more ``host:port``, with commas between."""
    parts = tuple(part.strip() for part in text.split(","))
    for part in parts:
        host, _, number = part.rpartition(":")
        if not host or not number.isdigit() or not 0 < int(number) <= 65535:
            raise ValueError("must be host:port, or several with commas between")
    return parts
