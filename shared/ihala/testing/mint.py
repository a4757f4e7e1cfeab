"""Mints a token with any claims: ``python -m ihala.testing.mint --folder .run/issuer --help``."""

from __future__ import annotations

from pathlib import Path

import click

from ihala.caller import Role
from ihala.testing.tokens import Issuer

LOCAL_ISSUER = "https://issuer.ihala.local"
"""What the embedded stack's issuer calls itself."""


@click.command(help=__doc__)
@click.argument("subject")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(".run/issuer"),
    show_default=True,
    help="Where the issuer's key is.",
)
@click.option("--issuer", "name", default=LOCAL_ISSUER, show_default=True, help="Its name.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]))
@click.option("--facility", "facilities", multiple=True, help="A facility that they work at.")
@click.option("--organisation", help="The organisation that they belong to.")
@click.option("--hours", type=click.IntRange(1), default=24, show_default=True, help="Lifetime.")
def main(
    subject: str,
    folder: Path,
    name: str,
    roles: tuple[str, ...],
    facilities: tuple[str, ...],
    organisation: str | None,
    hours: int,
) -> None:
    """Print the token."""
    token = Issuer(folder, name=name).token(
        subject,
        roles=roles,
        facilities=facilities,
        organisation=organisation,
        lifetime_s=hours * 3600,
    )
    click.echo(token)


if __name__ == "__main__":
    main()
