"""Which service a command is about, and the way to its database and its topics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from ihala.config import ConfigError, load
from ihala.events.kafka import KafkaRefusedError, KafkaSettings
from ihala.events.topic_admin import is_from_broker
from ihala.mongo import Database, Document, connect, is_world_down
from ihala.operations import Operations, installed

P = ParamSpec("P")
R = TypeVar("R")

LOCAL = Path(".run")
"""Where the embedded stack keeps things, seen from the project's folder."""


@dataclass(frozen=True)
class Desk:
    """One service, opened for an operator."""

    operations: Operations
    database: Database[Document]
    kafka: KafkaSettings
    settings: Any


@contextmanager
def opened(service: str, env_file: Path | None) -> Iterator[Desk]:
    """The service's database and topics, with the settings it runs with."""
    operations = known(service)
    environment = environment_of(service, env_file)
    try:
        settings = load(operations.settings, environment)
    except ConfigError as error:
        hint = "Name a file with --env-file, or run the command where the service runs."
        raise click.ClickException(f"{error}\n{hint}") from error
    database = connect(settings.mongodb_uri)
    try:
        yield Desk(operations, database, KafkaSettings.of(settings), settings)
    finally:
        database.client.close()


def environment_of(service: str, env_file: Path | None) -> Mapping[str, str]:
    """The settings of the file, under those of the environment itself."""
    file = env_file or LOCAL / f"{service}.env"
    if env_file is None and not file.exists():
        return os.environ
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs} | dict(os.environ)


def service_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The SERVICE that a command is about."""
    return click.argument("service", shell_complete=_complete)(command)


def env_file_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The file with the service's settings."""
    return click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File with the service's settings, NAME=value a line.  [default: .run/SERVICE.env]",
    )(command)


def act_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Who acts, and why: both are kept in the audit for good."""
    command = click.option(
        "--by", default=lambda: os.environ.get("USER", "operator"), help="Who acts.  [default: you]"
    )(command)
    return click.option("--reason", required=True, help="Why; kept in the audit for good.")(command)


def told_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """A database or broker that is away or refuses us, as one sentence instead of a traceback."""

    @wraps(command)
    def plainly(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KafkaRefusedError as error:
            raise click.ClickException(error.args[0]) from error
        except Exception as error:
            if not is_world_down(error) and not is_from_broker(error):
                raise
            raise click.ClickException(f"cannot be reached now: {str(error)[:300]}") from error

    return plainly


def known(service: str) -> Operations:
    """The service of that name; raises BadParameter when it is not installed here."""
    services = installed()
    if service not in services:
        names = ", ".join(sorted(services)) or "none"
        raise click.BadParameter(f"{service!r} is not installed here (there are: {names})")
    return services[service]


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return sorted(name for name in installed() if name.startswith(begun))
