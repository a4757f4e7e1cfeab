"""``ihala erasures``: who was erased, so that a restored backup does not bring anybody back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from ihala.cli.screen import done
from ihala.cli.service import env_file_option, opened, service_argument, told_plainly
from ihala.operations import Erasure, Ledger

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group("erasures")
def command() -> None:
    """The ledger of erased persons: ids that name nobody. Keep it beside the backups."""


@command.command()
@service_argument
@file_argument
@env_file_option
@told_plainly
def export(service: str, file: Path, env_file: Path | None) -> None:
    """Write every erasure of SERVICE to FILE, one JSON object a line.

    FILE gets its name when it is whole.
    """
    half = file.with_name(f"{file.name}.partial")
    with _ledger(service, env_file) as ledger, half.open("w", encoding="utf-8") as output:
        count = sum(1 for one in ledger.all() if output.write(f"{json.dumps(asdict(one))}\n"))
    half.replace(file)
    done(f"{count} erasures are in {file}.")


@command.command()
@service_argument
@file_argument
@env_file_option
@told_plainly
def apply(service: str, file: Path, env_file: Path | None) -> None:
    """Erase again whoever FILE names and the database still knows; safe to repeat."""
    with _ledger(service, env_file) as ledger:
        named = _read(file)
        count = sum(ledger.again(one) for one in named)
    done(f"{count} of {len(named)} persons had come back, and are erased again.")


def _read(file: Path) -> list[Erasure]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [Erasure(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise click.ClickException(f"{file} is no ledger of erasures: {error}") from error


@contextmanager
def _ledger(service: str, env_file: Path | None) -> Iterator[Ledger]:
    with opened(service, env_file) as desk:
        if desk.operations.ledger is None:
            raise click.BadParameter(f"{service} keeps no persons")
        yield desk.operations.ledger(desk.database, desk.settings)
