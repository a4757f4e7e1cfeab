"""``ihala keys``: bring what is kept under the key that is in use now."""

from __future__ import annotations

from pathlib import Path

import click
from joserfc.errors import JoseError

from ihala.cli.screen import counting, done, table
from ihala.cli.service import env_file_option, opened, service_argument, told_plainly
from ihala.operations import Rotation

_AT_ONCE = 100


@click.group("keys")
def command() -> None:
    """Keys of which several are accepted, and one is in use (docs/operating/keeping.md)."""


@command.command()
@service_argument
@env_file_option
@told_plainly
def show(service: str, env_file: Path | None) -> None:
    """How much of what SERVICE keeps is still under a key that is no longer in use."""
    with opened(service, env_file) as desk:
        rotations = desk.operations.rotations(desk.database, desk.settings)
        rows = [(name, it.holds, len(it.waiting())) for name, it in rotations.items()]
    table(("name", "what", "under an older key"), rows, none=f"{service} keeps nothing under keys.")


@command.command()
@service_argument
@click.argument("name")
@env_file_option
@told_plainly
def rotate(service: str, name: str, env_file: Path | None) -> None:
    """Bring NAME of SERVICE (see `show`) under the key in use, while the service goes on.

    When it breaks off, start it again: what is done is done. Afterwards nothing needs the older
    key any more.
    """
    with opened(service, env_file) as desk:
        rotations = desk.operations.rotations(desk.database, desk.settings)
        if name not in rotations:
            known = ", ".join(sorted(rotations)) or "nothing"
            raise click.BadParameter(f"there is no {name!r} (there is: {known})")
        try:
            renewed = _renew(rotations[name])
        except (ValueError, JoseError) as error:
            raise click.ClickException(
                "something is under a key that the setting does not hold: put that key back beside"
                " the new one, then start it again"
            ) from error
        left = len(rotations[name].waiting())
    done(f"{renewed} {rotations[name].holds} are under the key in use now, {left} are not yet.")
    if left:
        raise click.ClickException("some changed meanwhile: start it again")


def _renew(rotation: Rotation) -> int:
    waiting, renewed = rotation.waiting(), 0
    with counting(rotation.holds) as progress:
        for start in range(0, len(waiting), _AT_ONCE):
            renewed += rotation.renew(waiting[start : start + _AT_ONCE])
            progress("", start + _AT_ONCE, len(waiting))
    return renewed
