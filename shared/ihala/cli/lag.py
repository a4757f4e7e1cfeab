"""``ihala lag``: how far behind everything is, from the documents to the last consumer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ihala.cli.screen import table
from ihala.cli.service import Desk, env_file_option, opened, service_argument, told_plainly
from ihala.events.lag import lags
from ihala.events.outbox import unsent_age_s
from ihala.events.parking import ParkingDesk


@click.command("lag")
@service_argument
@env_file_option
@told_plainly
def command(service: str, env_file: Path | None) -> None:
    """Show how far SERVICE is behind: events not sent, not read, and parked.

    Unsent events are asked of the database alone, so this answers while the broker is down.
    """
    with opened(service, env_file) as desk:
        table(("what", "where", "how much"), _own(desk), none="")
        table(("group", "topic", "records behind"), _of_groups(desk), none="It reads no topic.")


def _own(desk: Desk) -> Iterator[tuple[Any, ...]]:
    for name, outlet in desk.operations.outlets(desk.database).items():
        yield "oldest unsent event", name, f"{unsent_age_s(outlet.history):.1f} s"
    parked = ParkingDesk(desk.database).listed()
    yield "parked events", f"{len({it['key'] for it in parked})} keys", len(parked)


def _of_groups(desk: Desk) -> list[tuple[Any, ...]]:
    if not desk.operations.groups:
        return []
    with closing(desk.kafka.admin()) as admin:
        found = lags(admin, desk.operations.groups)
    return [(lag.group, lag.topic, lag.behind) for lag in found]
