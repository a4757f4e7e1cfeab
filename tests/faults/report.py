"""What a run of the fault tests found: a table for people, in the terminal and as a file."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.faults.chaos import Chaos, Happened
from tests.faults.traffic import Traffic
from tests.faults.wire import Wire

_WIDTH = 100


@dataclass(frozen=True)
class Findings:
    """Everything that is reported of one run."""

    seed: int
    broker: str
    minutes: float
    chaos: Chaos
    traffic: Traffic
    restarts: Mapping[str, int]
    wire: Wire
    states: Counter[str]
    mails: int
    mistakes: Sequence[str]


def text_of(found: Findings) -> str:
    """The report as plain text."""
    paper = io.StringIO()
    console = Console(file=paper, width=_WIDTH)
    console.print(
        f"Faults, seed {found.seed}, broker {found.broker}, {found.minutes:.1f} minutes\n"
    )
    console.print(_faults(found))
    console.print(_figures(found))
    for mistake in found.mistakes[:50]:
        console.print(f"MISTAKE: {mistake}", soft_wrap=True, markup=False)
    return paper.getvalue()


def write(found: Findings, folder: Path) -> str:
    """Keep the report, and the log of all faults beside it, in ``folder``; the report's text."""
    folder.mkdir(parents=True, exist_ok=True)
    text, name = text_of(found), f"faults-{found.broker}-seed-{found.seed}"
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    log = "".join(map(_line, found.chaos.log))
    (folder / f"{name}.log").write_text(log, encoding="utf-8")
    return text


def _line(one: Happened) -> str:
    return f"{one.at_s:8.2f} s  {one.kind:<17} {one.victim:<40} {one.lasts_s:5.1f} s\n"


def _faults(found: Findings) -> Table:
    table = _table("fault", "injected", "lasted, s", "hit")
    victims: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found.chaos.log:
        victims[one.kind][one.victim] += 1
    for kind, count in sorted(found.chaos.counts().items()):
        lasted_s = sum(one.lasts_s for one in found.chaos.log if one.kind == kind)
        hit = ", ".join(f"{name} {n}" for name, n in victims[kind].most_common(4))
        more = len(victims[kind]) - 4
        others = f" and {more} others" if more > 0 else ""
        table.add_row(kind, str(count), f"{lasted_s:.0f}" if lasted_s else "", hit + others)
    table.add_row("all", str(len(found.chaos.log)), "", "")
    return table


def _figures(found: Findings) -> Table:
    states = found.states
    rows = {
        "processes started again": sum(found.restarts.values()),
        "referrals made": len(found.traffic.made),
        "requests answered": found.traffic.answered,
        "requests repeated": found.traffic.repeated,
        "events on the topics": found.wire.events,
        "events on the wire more than once": found.wire.repeated,
        "e-mails to send": states.total(),
        "  accepted": states["accepted"] + states["delivered"],
        "  no longer true, not sent": states["cancelled"],
        "  failed": states["permanent_failure"] + states["technical_failure"] + states["expired"],
        "  unknown": states["unknown"],
        "e-mails that came": found.mails,
        "losses, duplicates applied, disorder": len(found.mistakes),
    }
    table = _table("figure", "", "", "")
    for name, value in rows.items():
        table.add_row(name, str(value))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
