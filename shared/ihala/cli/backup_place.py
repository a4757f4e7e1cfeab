"""Where backups read from and write to, from the settings; and errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI, OperationFailure
from pymongo.uri_parser import parse_uri

from ihala.aead import Tampered
from ihala.backups.errors import BackupError
from ihala.backups.files import identity, recipient
from ihala.backups.taking import Client
from ihala.cli.service import LOCAL, environment_of, told_plainly
from ihala.config import ConfigError, load, setting
from ihala.master_keys import MasterKeys, master_keys

P = ParamSpec("P")
R = TypeVar("R")

_DATABASES = ("ihala_registry", "ihala_referrals", "ihala_notifications")
_WRONG_PASSWORD = 18


def any_uri(text: str) -> str:
    """A MongoDB URI; it need not name a database."""
    try:
        parse_uri(text)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise ValueError(f"must be a MongoDB URI: {error}") from error
    return text


def names(text: str) -> tuple[str, ...]:
    """Names with commas between."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def recipients(text: str) -> tuple[Any, ...]:
    """Public keys of age, with commas between."""
    return tuple(recipient(name) for name in names(text))


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """What backing up and restoring need."""

    mongodb_uri: str = setting(
        "IHALA_BACKUP_MONGODB_URI",
        any_uri,
        default="",
        doc="the MongoDB with all databases, as a user with the roles backup and restore",
    )
    databases: tuple[str, ...] = setting(
        "IHALA_BACKUP_DATABASES", names, default=_DATABASES, doc="the databases, commas between"
    )
    recipients: tuple[Any, ...] = setting(
        "IHALA_BACKUP_RECIPIENTS",
        recipients,
        default=(),
        doc="public keys of age that backups are encrypted for; empty: not encrypted",
    )
    identity: Any = setting(  # noqa: RUF009
        "IHALA_BACKUP_IDENTITY",
        identity,
        default=None,
        doc="the secret key of age that opens encrypted backups; for restoring only",
    )
    master_keys: MasterKeys | None = setting(  # noqa: RUF009
        "IHALA_MASTER_KEY",
        master_keys,
        default=None,
        doc="the master key of referrals, to check that it opens what is restored",
    )

    def check_keys(self, documents: list[RawBSONDocument]) -> None:
        """Raise BackupError when the master key is known and does not unwrap persons' keys."""
        if self.master_keys is None:
            return
        try:
            for key in documents:
                self.master_keys.unwrap(key)
        except Tampered as error:
            raise BackupError(
                "IHALA_MASTER_KEY is not the master key of this backup: with it nobody could read"
                " the people in it. Find the one that was in use then; it may be kept with others"
            ) from error


@dataclass(frozen=True)
class Place:
    """The settings and the way to the databases."""

    settings: BackupSettings
    client: Client


@contextmanager
def opened(env_file: Path | None, *, connecting: bool = True) -> Iterator[Place]:
    """The databases with the settings of the environment, or of the embedded stack."""
    try:
        settings = load(BackupSettings, _environment(env_file))
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    if connecting and not settings.mongodb_uri:
        raise click.ClickException(
            "IHALA_BACKUP_MONGODB_URI is missing: the MongoDB with all databases. The embedded"
            f" stack writes {LOCAL / 'backup.env'}; elsewhere name a file with --env-file"
        )
    client: Client = MongoClient(
        settings.mongodb_uri or None, serverSelectionTimeoutMS=5000, tz_aware=True, connect=False
    )
    try:
        yield Place(settings, client)
    finally:
        client.close()


def _environment(env_file: Path | None) -> Mapping[str, str]:
    return environment_of("backup", env_file)


def place_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The file with the settings of backups."""
    return click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"File with settings, NAME=value a line.  [default: {LOCAL / 'backup.env'}]",
    )(command)


def said_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """What is wrong as one sentence that says what to do."""

    @wraps(command)
    def plainly(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BackupError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename or ''}: {error.strerror}") from error
        except OperationFailure as error:
            if error.code != _WRONG_PASSWORD:
                raise
            message = "MongoDB does not know this user and password: see IHALA_BACKUP_MONGODB_URI"
            raise click.ClickException(message) from error

    return told_plainly(plainly)
