"""``ihala parked``: events that failed and wait aside, with the later ones of their key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import click

from ihala.cli.screen import done, show_json, table
from ihala.cli.service import act_options, env_file_option, opened, service_argument, told_plainly
from ihala.events.contracts import InvalidEvent, check_received
from ihala.events.parking import ParkingDesk, event_of
from ihala.mongo import Document


@click.group("parked")
def command() -> None:
    """Events that failed three times, and those of the same key that wait behind them.

    A parked head is retried by itself after 1 min, 5 min, 30 min, 2 h, then daily. What you do
    here needs a reason and is kept in the audit for good.
    """


@command.command("list")
@service_argument
@click.option("--group", help="Only this consumer group.")
@env_file_option
@told_plainly
def list_(service: str, group: str | None, env_file: Path | None) -> None:
    """List the parked events of SERVICE, each key's queue in its order."""
    with opened(service, env_file) as desk:
        found = ParkingDesk(desk.database).listed(group)
    rows = [
        (it["_id"], it["event"]["type"], it["key"], it["attempts"], it["due"], it["error"])
        for it in found
    ]
    columns = ("id", "type", "key", "tries", "next try", "error")
    table(columns, rows, none=f"Nothing is parked at {service}.")


@command.command()
@service_argument
@click.argument("id_", metavar="ID")
@env_file_option
@told_plainly
def show(service: str, id_: str, env_file: Path | None) -> None:
    """Show one parked event whole, as JSON."""
    with opened(service, env_file) as desk:
        show_json(_parked(ParkingDesk(desk.database), id_))


@command.command()
@service_argument
@click.argument("id_", metavar="ID")
@act_options
@env_file_option
@told_plainly
def retry(service: str, id_: str, by: str, reason: str, env_file: Path | None) -> None:
    """Try a parked event again now, then what waits behind it."""
    with opened(service, env_file) as desk:
        parking = ParkingDesk(desk.database)
        _parked(parking, id_)
        _must(parking.retry(id_, by, _said(reason)), id_)
    done(f"{id_} is due now; the worker of {service} takes it up at once.")


@command.command()
@service_argument
@click.argument("id_", metavar="ID")
@click.option(
    "--data",
    type=click.File(encoding="utf-8"),
    required=True,
    help="The event's data as it should be, a JSON object; - reads it from the standard input.",
)
@act_options
@env_file_option
@told_plainly
def edit(
    service: str, id_: str, data: IO[str], by: str, reason: str, env_file: Path | None
) -> None:
    """Replace the data of a parked event, then try it again now.

    The new data must keep to the event's contract. What it was stays in the audit.
    """
    with opened(service, env_file) as desk:
        parking = ParkingDesk(desk.database)
        checked = _checked(_parked(parking, id_), data.read())
        _must(parking.edit(id_, checked, by, _said(reason)), id_)
    done(f"{id_} has new data and is due now.")


@command.command()
@service_argument
@click.argument("id_", metavar="ID")
@act_options
@click.confirmation_option(prompt="Its effect will never happen. Give the event up?")
@env_file_option
@told_plainly
def skip(service: str, id_: str, by: str, reason: str, env_file: Path | None) -> None:
    """Give a parked event up for good; the next one of its key is tried at once."""
    with opened(service, env_file) as desk:
        parking = ParkingDesk(desk.database)
        _parked(parking, id_)
        _must(parking.skip(id_, by, _said(reason)), id_)
    done(f"{id_} is given up; it is kept in the audit.")


def _parked(parking: ParkingDesk, id_: str) -> Document:
    found = parking.get(id_)
    if found is None:
        raise click.ClickException(f"{id_} is not parked (any more)")
    return found


def _must(acted: bool, id_: str) -> None:
    if not acted:
        raise click.ClickException(f"{id_} was applied meanwhile")


def _said(reason: str) -> str:
    if not reason.strip():
        raise click.BadParameter("must say why", param_hint="--reason")
    return reason.strip()


def _checked(parked: Document, text: str) -> dict[str, Any]:
    """The new data, once they keep to the contract of the event."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint="--data") from error
    if not isinstance(data, dict):
        raise click.BadParameter("is not a JSON object", param_hint="--data")
    try:
        check_received(event_of({**parked["event"], "data": data}), parked["topic"])
    except InvalidEvent as error:
        raise click.BadParameter(str(error), param_hint="--data") from error
    return data
