"""``ihala replay``: send what has happened once more, from the documents."""

from __future__ import annotations

from pathlib import Path

import click

from ihala.cli.screen import done
from ihala.cli.service import env_file_option, opened, service_argument, told_plainly
from ihala.events.outbox import replay


@click.command("replay")
@service_argument
@click.argument("aggregate", required=False)
@click.option("--outlet", help="Only this collection, by its name (such as facilities).")
@click.option("--yes", is_flag=True, help="Do not ask before sending everything again.")
@env_file_option
@told_plainly
def command(
    service: str, aggregate: str | None, outlet: str | None, yes: bool, env_file: Path | None
) -> None:
    """Send the events of SERVICE again: those of one AGGREGATE, or all that its documents hold.

    Consumers ignore what they know already, so this is safe; all of it may take a while. It also
    brings back documents that were set aside because their events could not be sent.
    """
    if aggregate is None and not yes:
        click.confirm(f"Send every event of {service} again?", abort=True)
    only = {"_id": aggregate} if aggregate else {}
    with opened(service, env_file) as desk:
        outlets = desk.operations.outlets(desk.database)
        if outlet is not None and outlet not in outlets:
            raise click.BadParameter(f"there is no {outlet!r}, only: {', '.join(sorted(outlets))}")
        chosen = [it for name, it in outlets.items() if outlet in (None, name)]
        marked = sum(replay(it.history, only) for it in chosen)
    if aggregate and not marked:
        raise click.ClickException(f"{service} has no {aggregate}")
    done(f"The events of {marked} documents will be sent again by the worker of {service}.")
