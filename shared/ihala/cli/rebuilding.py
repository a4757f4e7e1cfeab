"""``ihala rebuild``: make a read model anew from its topic, without stopping anything."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ihala.cli.screen import console, done
from ihala.cli.service import env_file_option, opened, service_argument, told_plainly
from ihala.events.rebuild import rebuild


@click.command("rebuild")
@service_argument
@click.argument("projection")
@env_file_option
@told_plainly
def command(service: str, projection: str, env_file: Path | None) -> None:
    """Rebuild a PROJECTION of SERVICE beside the one that is read, then swap them.

    When it breaks off, the old one stays; start it again.
    """
    with opened(service, env_file) as desk:
        projections = desk.operations.projections(desk.database)
        if projection not in projections:
            known = ", ".join(sorted(projections)) or "none"
            raise click.BadParameter(f"there is no {projection!r} (there are: {known})")
        model, topic = projections[projection]
        with _bar() as bar:
            task = bar.add_task(f"reading {topic}")
            applied = rebuild(
                model,
                topic,
                desk.kafka,
                lambda read, total: bar.update(task, completed=read, total=total),
            )
    done(f"{projection} of {service} is rebuilt from {applied} events.")


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console)
