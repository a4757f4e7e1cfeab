"""The tables of the story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from ihala_local.screen import console


def show_matches(matches: Sequence[Mapping[str, Any]]) -> None:
    """Who could help, best first, with the facts that put them there."""
    rows = ((str(n), _name(it), _facts(it["why"])) for n, it in enumerate(matches, 1))
    _show(("", "could help", "because of"), rows)


def show_excluded(excluded: Sequence[Mapping[str, Any]]) -> None:
    """Who could not, nearest first, and why not."""
    _show(("could not help", "because"), ((_name(it), ", ".join(it["why_not"])) for it in excluded))


def show_history(history: Iterable[Mapping[str, Any]]) -> None:
    """What happened to the referral, oldest first."""
    rows = ((it["seq"], it["time"][11:23], it["type"], it["actor"]) for it in history)
    _show(("no.", "at", "what happened", "by"), rows)


def _show(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 2))
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    if table.row_count:
        console.print(table)


def _name(it: Mapping[str, Any]) -> str:
    name: Mapping[str, str] = it["name"]
    return name.get("en") or name.get("ar") or str(it["facility_id"])


def _facts(why: Mapping[str, Any]) -> str:
    """The facts of a match in one line, those left out that are not known."""
    capacity = why["capacity"]
    facts = (
        f"{why['distance_m'] / 1000:g} km" if why["distance_m"] is not None else "distance unknown",
        f"functions {why['functionality']}, access {why['accessibility']}",
        f"service {why['availability']}",
        f"{_free(capacity)}, reported {capacity.get('age_minutes')} min ago",
        {True: "open now", False: "closed now"}.get(why["open_now"], "hours unknown"),
        f"{why['eligibility']}",
    )
    return "; ".join(facts)


def _free(capacity: Mapping[str, Any]) -> str:
    if capacity.get("wait_days"):
        return f"{capacity['status']} of {capacity['wait_days']} days"
    if capacity.get("available") is not None:
        return f"{capacity['available']} free"
    return f"capacity {capacity['status']}"
