"""How the command shows things to people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console(highlight=False)


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, none: str) -> None:
    """A table, or the sentence ``none`` when there is no row."""
    kept = [[escape(_cell(cell)) for cell in row] for row in rows]
    if not kept:
        console.print(none)
        return
    shown = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in kept:
        shown.add_row(*row)
    console.print(shown)


def show_json(value: Any) -> None:
    """A value as indented JSON, fit for other programs."""
    console.print_json(json.dumps(value, ensure_ascii=False, default=_cell))


def done(sentence: str) -> None:
    """What was done."""
    console.print(escape(sentence))


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)
