"""``ihala dead-letters``: records that could not be read or broke their contract."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict
from pathlib import Path

import click

from ihala.cli.screen import show_json, table
from ihala.cli.service import env_file_option, opened, service_argument, told_plainly
from ihala.events.dead_letter_desk import dead_letters


@click.group("dead-letters")
def command() -> None:
    """Records that a service could not use: what came, from where, and why not.

    They are kept for 90 days. Whoever sent one sends the mended event again.
    """


@command.command("list")
@service_argument
@click.option("--last", type=click.IntRange(1, 10_000), default=50, show_default=True)
@env_file_option
@told_plainly
def list_(service: str, last: int, env_file: Path | None) -> None:
    """List the newest dead letters of SERVICE."""
    with opened(service, env_file) as desk:
        letters = deque(dead_letters(service, desk.kafka), maxlen=last)
    rows = [(letter.place, letter.at, letter.origin, letter.reason) for letter in letters]
    columns = ("place", "at", "came from", "reason")
    table(columns, rows, none=f"{service} has no dead letters.")


@command.command()
@service_argument
@click.argument("place")
@env_file_option
@told_plainly
def show(service: str, place: str, env_file: Path | None) -> None:
    """Show the dead letter at PLACE (as in the list) whole, as JSON."""
    with opened(service, env_file) as desk:
        for letter in dead_letters(service, desk.kafka):
            if letter.place == place:
                show_json(asdict(letter))
                return
    raise click.ClickException(f"{service} has no dead letter at {place}")
