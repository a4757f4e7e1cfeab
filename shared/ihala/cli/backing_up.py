"""``ihala backup``: write all databases down as they are at one moment, and prove it."""

from __future__ import annotations

from pathlib import Path

import click

from ihala.backups.files import new_identity
from ihala.backups.manifest import Manifest
from ihala.backups.taking import Plan, take
from ihala.backups.verifying import verify
from ihala.cli.backup_place import opened, place_option, said_plainly
from ihala.cli.screen import counting, done

folder_argument = click.argument("folder", type=click.Path(path_type=Path))


@click.group("backup")
def command() -> None:
    """Backups: take one of all databases at one moment, and prove one."""


@command.command()
@folder_argument
@place_option
@said_plainly
def make(folder: Path, env_file: Path | None) -> None:
    """Write a new backup of all databases into FOLDER, while the services go on.

    It gets a folder of its own there. The master key is not in it: keep that apart.
    """
    with opened(env_file) as place, counting("reading") as progress:
        recipients = place.settings.recipients
        plan = Plan(place.settings.databases, recipients, progress)
        made, manifest = take(place.client, folder, plan)
    done(f"{made} holds {_contents(manifest)}.")
    if not recipients:
        done("It is not encrypted: see IHALA_BACKUP_RECIPIENTS in docs/operating/keeping.md.")


@command.command("verify")
@folder_argument
@place_option
@said_plainly
def verify_(folder: Path, env_file: Path | None) -> None:
    """Prove that the backup in FOLDER is whole and undamaged.

    What is encrypted is opened when IHALA_BACKUP_IDENTITY is set; without it, its files are proven
    to be what was written.
    """
    with opened(env_file, connecting=False) as place, counting("checking") as progress:
        manifest = verify(folder, place.settings.identity, progress)
    done(f"{folder} is whole: {_contents(manifest)}.")


@command.command("new-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@said_plainly
def new_key(file: Path) -> None:
    """Make a key pair for backups: the secret key goes to FILE, the public one is printed.

    Keep FILE away from the server: only restoring needs it.
    """
    public = new_identity(file)
    done(f"The secret key is in {file}; keep it apart. Set on the server:")
    click.echo(f"IHALA_BACKUP_RECIPIENTS={public}")


def _contents(manifest: Manifest) -> str:
    seconds, ordinal = manifest.cluster_time
    return (
        f"{manifest.documents} documents in {len(manifest.collections)} collections of"
        f" {', '.join(manifest.databases)}, all at cluster time {seconds}.{ordinal}"
        f" ({manifest.made_at[:19]} UTC)"
    )
