"""Writes docs/operating/settings.md from what the processes declare that they read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

import ihala_notifications.config
import ihala_referrals.config
import ihala_registry.config
from ihala.settings import ProcessSettings, WebSettings, WorkerSettings

PAGE = Path(__file__).parent / "operating" / "settings.md"

_HEAD = """# Settings

Processes are configured by environment variables alone. What is missing or wrong stops the start, \
and the message names each setting. Instead of `NAME`, `NAME_FILE` may name a file that holds the \
value: that is how secrets are given. This page is written by `make docs` from what the processes \
declare; a test keeps it so.
"""
_GUNICORN = """
## The web server

Read by `deploy/gunicorn.conf.py`, before the service itself is loaded.

| setting | default | what it says |
|---|---|---|
| `IHALA_SERVICE` | | the service's name, in the log lines of the web server |
| `IHALA_WEB_BIND` | `127.0.0.1:8000` | the address that requests come to |
| `IHALA_WEB_PROCESSES` | `2` | web processes of a service on this machine: one for each core |
| `IHALA_WEB_THREADS` | `8` | requests that one of them has in hand at once |
"""
_GROUPS: Mapping[str, tuple[type, ...]] = {
    "Every process": (ProcessSettings,),
    "Every web process": (WebSettings,),
    "Every worker": (WorkerSettings,),
    "The registry": (
        ihala_registry.config.RegistryWebSettings,
        ihala_registry.config.RegistryWorkerSettings,
    ),
    "Referrals": (ihala_referrals.config.WebConfig, ihala_referrals.config.WorkerConfig),
    "Notifications": (
        ihala_notifications.config.WebSettings,
        ihala_notifications.config.WorkerSettings,
    ),
}


def settings_page() -> str:
    """The page: each setting once, where it is first needed."""
    told: set[str] = set()
    parts = [_HEAD]
    for title, kinds in _GROUPS.items():
        rows = list(_rows(kinds, told))
        parts.append("\n".join([f"\n## {title}\n", *_TABLE, *rows, ""]))
    return "".join([*parts, _GUNICORN])


_TABLE = ("| setting | default | what it says |", "|---|---|---|")


def _rows(kinds: tuple[type, ...], told: set[str]) -> Iterator[str]:
    for kind in kinds:
        for field in dataclasses.fields(kind):
            name = field.metadata["name"]
            if name not in told:
                told.add(name)
                readers = _readers(name, kinds)
                yield f"| `{name}` | {_default(field)} | {_cell(field.metadata['doc'])}{readers} |"


def _readers(name: str, kinds: tuple[type, ...]) -> str:
    """Which of a service's two processes reads it, where only one does."""
    having = [it for it in kinds if name in {f.metadata["name"] for f in dataclasses.fields(it)}]
    if len(having) == len(kinds):
        return ""
    return " (the worker)" if issubclass(having[0], WorkerSettings) else " (the web)"


def _default(field: dataclasses.Field[object]) -> str:
    """A plain default as it would be written; others are told in the sentence."""
    default = field.metadata["default"]
    if isinstance(default, (str, int)) and default != "":
        return f"`{default}`"
    if isinstance(default, (tuple, frozenset)) and default:
        return f"`{','.join(sorted(map(str, default)))}`"
    return "**needed**" if _is_needed(default) else ""


def _is_needed(default: object) -> bool:
    return type(default) is object


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
