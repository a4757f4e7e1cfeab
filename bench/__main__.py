"""Takes the figures: both sides of each ratio in one run on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import click
from bench import mail, matches, memory, post_referrals, rebuild, relay
from bench.ground import fresh_stack
from bench.measure import Figure, growth
from bench.table import print_table, write_page
from rich.console import Console

from ihala.events.kafka import KafkaSettings
from ihala.mongo import Database, Document, connect
from ihala_local.places import ROOT
from ihala_local.runner import running

PAGE = ROOT / "docs" / "operating" / "figures.md"
console = Console()


class OfEvents(Protocol):
    """A comparison of so many events per second."""

    def __call__(
        self, database: Database[Document], kafka: KafkaSettings, events: int, rounds: int
    ) -> Figure:
        """Both sides, on a database and a broker of its own."""


def _post(quick: bool) -> list[Figure]:
    return post_referrals.compare(1_000 if quick else 10_000, 1.0, 5 if quick else 15)


def _matches(quick: bool) -> list[Figure]:
    return matches.compare(1_000 if quick else 10_000, 1.0, 5)


def _relay(quick: bool) -> list[Figure]:
    return _and_ten_times(relay.compare, 500 if quick else 1_000)


def _rebuild(quick: bool) -> list[Figure]:
    return _and_ten_times(rebuild.compare, 500 if quick else 2_000)


def _and_ten_times(compare: OfEvents, events: int) -> list[Figure]:
    small, large = (_on_its_own(compare, count) for count in (events, 10 * events))
    return [large, growth(small, large)]


def _on_its_own(compare: OfEvents, events: int) -> Figure:
    with fresh_stack() as stack:
        stack.mongod.start()
        stack.broker.start()
        database = connect(stack.mongod.uri("bench"))
        return compare(database, KafkaSettings((stack.broker.address,)), events, rounds=3)


def _whole_stack(quick: bool) -> list[Figure]:
    """Mail and memory, on everything that `make run` starts."""
    with (
        TemporaryDirectory(prefix="ihala-bench-") as folder,
        running(Path(folder) / "stack", lambda _: None) as stack,
    ):
        return [mail.compare(stack, 10 if quick else 40), *memory.weigh(stack)]


FIGURES: dict[str, Callable[[bool], list[Figure]]] = {
    "post": _post,
    "matches": _matches,
    "relay": _relay,
    "rebuild": _rebuild,
    "stack": _whole_stack,
}


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="Less data and fewer seconds; noisier.")
@click.option("--only", multiple=True, type=click.Choice(list(FIGURES)), help="Take only these.")
@click.option("--write", is_flag=True, help=f"Write the table into {PAGE.relative_to(ROOT)}.")
def main(quick: bool, only: tuple[str, ...], write: bool) -> None:
    """A figure that does not hold is told in the table; only what breaks ends with an error."""
    figures = []
    for name in only or FIGURES:
        with console.status(f"{name} …"):
            figures += FIGURES[name](quick)
    print_table(figures, console)
    if write:
        write_page(figures, PAGE)


if __name__ == "__main__":
    main(prog_name="python -m bench")
