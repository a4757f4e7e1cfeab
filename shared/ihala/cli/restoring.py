"""``ihala restore``: put a backup back."""

from __future__ import annotations

from pathlib import Path

import click

from ihala.backups.restoring import Order, restore
from ihala.cli.backup_place import opened, place_option, said_plainly
from ihala.cli.screen import counting, done


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Drop what the databases hold now. For good.")
@place_option
@said_plainly
def command(folder: Path, replace: bool, env_file: Path | None) -> None:
    """Restore the backup in FOLDER into empty databases; all services must be stopped.

    It is proven before anything is touched. Afterwards start the services: the workers send every
    event again, and consumers ignore what they know.
    """
    with opened(env_file) as place, counting("restoring") as progress:
        settings = place.settings
        order = Order(settings.identity, replace, settings.check_keys, progress)
        manifest = restore(place.client, folder, order)
    done(f"Restored {manifest.documents} documents of {', '.join(manifest.databases)}.")
    if settings.master_keys is None:
        done("The master key was not checked: set IHALA_MASTER_KEY_FILE to have it checked.")
    done("Now erase again whoever was erased since: ihala erasures apply referrals FILE.")
    done("Then start the services.")
