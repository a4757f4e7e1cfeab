"""How the command shows things to people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

_WIDTH_OF_FILES = 240
"""Where nobody's terminal sets the width, ids and reasons are not broken for lack of room."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, none: str) -> None:
    """A table, or the sentence ``none`` when there is no row; the first column is never broken."""
    kept = [[escape(_cell(cell)) for cell in row] for row in rows]
    if not kept:
        console.print(none)
        return
    shown = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        shown.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in kept:
        shown.add_row(*row)
    console.print(shown)


def show_json(value: Any) -> None:
    """A value as indented JSON, fit for other programs."""
    console.print_json(json.dumps(value, ensure_ascii=False, default=_cell))


@contextmanager
def counting(begin: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar that is told what is in hand, how much is done, and how much there is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(begin, total=None)

        def show(what: str, finished: int, total: int) -> None:
            bar.update(task, description=what or begin, completed=finished, total=total)

        yield show


def done(sentence: str) -> None:
    """What was done."""
    console.print(escape(sentence))


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)
