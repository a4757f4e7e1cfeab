"""Where everything is, once the stack is up."""

from __future__ import annotations

import json

from rich.table import Table

from ihala_local.environments import SERVICES
from ihala_local.places import Places
from ihala_local.screen import console, heading, say


def show(places: Places) -> None:
    """Print the addresses of the stack that is up, and how to get a token."""
    stack = json.loads(places.stack_file.read_text(encoding="utf-8"))
    heading("Where everything is")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for service in SERVICES:
        table.add_row(f"{service} API", f"{stack[service]}/docs")
    table.add_row("mails that were sent", stack["mail_dir"])
    table.add_row("Kafka", stack["kafka"])
    table.add_row("MongoDB", stack["mongodb"])
    table.add_row("logs", str(places.folder / "logs"))
    table.add_row("addresses and tokens", str(places.stack_file))
    console.print(table)
    say("\nA token, for one of " + ", ".join(stack["tokens"]) + ":")
    say("  TOKEN=$(.venv/bin/ihala token clinic_a)")
    say(f'  curl -H "Authorization: Bearer $TOKEN" {stack["registry"]}/v1/facilities')
    say(f"All addresses and tokens as shell variables: . {places.shell_file}")
