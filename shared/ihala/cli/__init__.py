"""The ``ihala`` command: how operators look after the services."""

from __future__ import annotations

import logging

import click

from ihala.cli import (
    backing_up,
    dead_letters,
    doctor,
    erasing,
    keys,
    lag,
    parked,
    rebuilding,
    replaying,
    restoring,
    token,
    topics,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ihala")
def main() -> None:
    """Look after Ihala: what is wrong, parked events, replays, projections, topics, lag, backups.

    Settings come from the environment, and from the file that --env-file of a command names. The
    embedded stack writes one such file per service; those are found by themselves.
    """
    # What a client says of its connections is no news to operators: they are told what failed.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


_ABOUT_EVENTS = (parked, dead_letters, replaying, rebuilding, topics, lag)
_GROUPS = (doctor, token, *_ABOUT_EVENTS, backing_up, restoring, erasing, keys)
for _group in _GROUPS:
    main.add_command(_group.command)
