"""Takes the figures: both sides of each ratio in one run on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from bench import mail, matches, memory, post_referrals, rebuild, relay
from bench.ground import fresh_stack
from bench.measure import Figure, Measure, Question, figure, growth_of, in_turn
from bench.table import print_table, write_page
from rich.console import Console

from ihala.events.kafka import KafkaSettings
from ihala.mongo import Database, Document, connect
from ihala_local.places import ROOT
from ihala_local.runner import running

PAGE = ROOT / "docs" / "operating" / "figures.md"
console = Console()


Sides = tuple[Measure, Measure]
"""Ours and the bare one, both in events per second."""
OfEvents = Callable[[Database[Document], KafkaSettings, int], AbstractContextManager[Sides]]


def _post(quick: bool) -> list[Figure]:
    return post_referrals.compare(1_000 if quick else 10_000, 1.0, 5 if quick else 21)


def _matches(quick: bool) -> list[Figure]:
    return matches.compare(1_000 if quick else 10_000, 1.0, 5)


def _relay(quick: bool) -> list[Figure]:
    return _and_ten_times(relay.QUESTION, relay.sides, 500 if quick else 1_000)


def _rebuild(quick: bool) -> list[Figure]:
    return _and_ten_times(rebuild.QUESTION, rebuild.sides, 500 if quick else 2_000)


def _and_ten_times(question: Question, sides: OfEvents, events: int) -> list[Figure]:
    """Ours at ten times as many events, against the bare one and against ours at so many."""
    with (
        _on_its_own(sides, events) as (before, _),
        _on_its_own(sides, 10 * events) as (ours, bare),
    ):
        our, its, small = in_turn(ours, bare, before, rounds=5)
    return [figure(question, our, its), figure(growth_of(question), our, small)]


@contextmanager
def _on_its_own(sides: OfEvents, events: int) -> Iterator[Sides]:
    """On a database and a broker of its own."""
    with fresh_stack() as stack:
        stack.mongod.start()
        stack.broker.start()
        database = connect(stack.mongod.uri("bench"))
        with sides(database, KafkaSettings((stack.broker.address,)), events) as both:
            yield both


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
