"""``ihala token``: the tokens of the embedded stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ihala.cli.service import LOCAL


@click.command("token")
@click.argument("name")
@click.option(
    "--stack",
    type=click.Path(dir_okay=False, path_type=Path),
    default=LOCAL / "stack.json",
    show_default=True,
    help="What the running stack wrote down.",
)
def command(name: str, stack: Path) -> None:
    """Print the token of NAME (clinic_a, clinic_b, registry_editor, coordinator, …).

    Only the embedded stack of `make up` and `make run` has such tokens. Elsewhere they come from
    your OpenID Connect provider.
    """
    tokens = _tokens(stack)
    if name not in tokens:
        raise click.BadParameter(f"there is no {name!r}, only: {', '.join(sorted(tokens))}")
    click.echo(tokens[name])


def _tokens(stack: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(stack.read_text(encoding="utf-8"))["tokens"]
    except FileNotFoundError:
        raise click.ClickException(f"{stack} is not there: `make up` writes it") from None
    return found
