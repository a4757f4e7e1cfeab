"""The figures as a table, on the screen and as a page of the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Figure
from rich.console import Console
from rich.table import Table

COLUMNS = ("figure", "against", "unit", "ours", "theirs", "ratio", "promise", "holds")
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
"""The page keeps what is written around these marks by hand."""


def print_table(figures: Sequence[Figure], console: Console) -> None:
    """Print them, what does not hold in red."""
    table = Table(*COLUMNS, title=machine())
    for figure in figures:
        table.add_row(*row(figure), style="red" if figure.holds is False else "")
    console.print(table)


def row(figure: Figure) -> tuple[str, ...]:
    """One figure's cells, in the order of COLUMNS."""
    asked = figure.question
    verdict = {True: "yes", False: "no", None: ""}[figure.holds]
    sides = (_number(figure.ours), _number(figure.theirs), f"{figure.ratio:.2f}")
    return (asked.name, asked.against, asked.unit, *sides, asked.promise, verdict)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    """What the figures were taken on."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores ({platform.machine()}), {memory_gb:.0f} GB of memory, "
        f"Python {platform.python_version()}"
    )


def write_page(figures: Sequence[Figure], page: Path) -> None:
    """Put the table between the page's marks; what stands around them stays."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join(
        [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *map(_line, map(row, figures))]
    )
    page.write_text(
        f"{before}{BEGIN}\n\nTaken on {machine()}.\n\n{table}\n\n{END}{after}", encoding="utf-8"
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
