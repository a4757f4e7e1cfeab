"""``ihala topics``: the table of topics, and whether the broker has them so."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ihala.cli.screen import done, table
from ihala.cli.service import env_file_option, environment_of, told_plainly
from ihala.config import ConfigError, load
from ihala.events.kafka import KafkaSettings
from ihala.events.topic_admin import Layout, create_topics, differences, grant, misdivided
from ihala.events.topics import PARTITIONS, TOPICS
from ihala.settings import WorkerSettings

_KAFKA = [field for field in dataclasses.fields(WorkerSettings) if field.name.startswith("kafka")]
_MISDIVIDED = """not of {wanted} partitions: {listed}.
Adding or removing some would move keys and break the order of their events. If all were made so
on purpose, say that number (--partitions, IHALA_TOPIC_PARTITIONS). Else stop the workers, remove
these topics or all the data of the broker, make them again, and start the workers: each sends its
events again. What others have sent and nobody has read yet is theirs to send again."""
_KafkaAccess: type[Any] = dataclasses.make_dataclass(
    "_KafkaAccess",
    [(field.name, Any, dataclasses.field(metadata=field.metadata)) for field in _KAFKA],
    kw_only=True,
    frozen=True,
)


@click.group("topics")
def command() -> None:
    """The topics: which there are, making them, and checking the broker against the table."""


def _layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--partitions",
        type=click.IntRange(1),
        default=PARTITIONS,
        envvar="IHALA_TOPIC_PARTITIONS",
        show_default=True,
        help="Fixed for good once a topic exists; IHALA_TOPIC_PARTITIONS says it too.",
    )(command)
    return click.option(
        "--replication", type=click.IntRange(1), default=3, show_default=True, help="Copies."
    )(command)


@command.command("list")
def list_() -> None:
    """List the topics: who writes them, who reads them, what the key is, what is kept."""
    rows = [
        (topic.name, topic.writer, ", ".join(topic.readers), topic.key, _policy(topic.settings))
        for topic in TOPICS.values()
    ]
    table(("topic", "writer", "readers", "key", "policy"), rows, none="There are none.")


@command.command()
@_layout_options
@click.option("--grant", "granting", is_flag=True, help="Also let each service do its part (ACLs).")
@env_file_option
@told_plainly
def create(partitions: int, replication: int, granting: bool, env_file: Path | None) -> None:
    """Create the topics that do not exist; those that do are left as they are.

    Exit status 1 when one of them has another number of partitions.
    """
    layout = Layout(partitions, replication)
    with closing(_kafka(env_file).admin()) as admin:
        made = create_topics(admin, layout)
        granted = grant(admin) if granting else 0
        wrong = misdivided(admin, layout)
    done(f"{len(made)} of {len(TOPICS)} topics were made; the others were there.")
    if granting:
        done(f"{granted} permissions are granted.")
    _refuse(wrong, layout)


@command.command()
@_layout_options
@env_file_option
@told_plainly
def check(partitions: int, replication: int, env_file: Path | None) -> None:
    """Compare the broker's topics with the table; exit status 1 when they differ."""
    layout = Layout(partitions, replication)
    with closing(_kafka(env_file).admin()) as admin:
        found = differences(admin, layout)
        wrong = misdivided(admin, layout)
    for problem in found:
        done(problem)
    _refuse(wrong, layout)
    if found:
        sys.exit(1)
    done(f"All {len(TOPICS)} topics are as they should be.")


def _refuse(wrong: Mapping[str, int], layout: Layout) -> None:
    """End with what mends topics whose number of partitions is wrong, when there are any."""
    if not wrong:
        return
    listed = ", ".join(f"{name} ({count})" for name, count in sorted(wrong.items()))
    raise click.ClickException(_MISDIVIDED.format(listed=listed, wanted=layout.partitions))


def _kafka(env_file: Path | None) -> KafkaSettings:
    """The way to the broker, from the settings that any service has."""
    environment = environment_of("registry", env_file) if "IHALA_KAFKA" not in os.environ else None
    try:
        access = load(_KafkaAccess, environment or os.environ)
    except ConfigError as error:
        raise click.ClickException(f"{error}\nName a file with --env-file.") from error
    return KafkaSettings.of(access)


def _policy(settings: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings)
