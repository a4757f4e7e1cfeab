"""Backups as an operator makes them, read without a MongoDB."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from ihala.backups.manifest import Manifest, read_manifest
from ihala.backups.taking import Client
from ihala.backups.verifying import read_collection
from ihala_local.stack import Stack

IHALA = Path(sys.executable).with_name("ihala")


def ihala(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator gives it, with the settings that the stack wrote down."""
    return subprocess.run(
        [str(IHALA), *command, "--env-file", str(folder / "backup.env")],
        env={name: value for name, value in os.environ.items() if "IHALA" not in name},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


class Backup:
    """A backup, read without a MongoDB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)

    def documents(self, full_name: str) -> dict[Any, RawBSONDocument]:
        found: dict[Any, RawBSONDocument] = {}
        for collected in self.manifest.collections:
            if collected.full_name == full_name:
                read_collection(
                    self.folder,
                    self.manifest,
                    collected,
                    None,
                    lambda batch: found.update({it["_id"]: it for it in batch}),
                )
        return found


@contextmanager
def nobody_is_told(stack: Stack) -> Iterator[None]:
    """What happens meanwhile is cut through: it is in one service, and not yet in the other."""
    telling = stack.parts["notifications-worker"].process
    telling.pause()
    try:
        yield
    finally:
        telling.resume()


def first_client(stack: Stack) -> Client:
    return MongoClient(stack.mongod.uri(""), tz_aware=True)


def raw(client: Client, full_name: str) -> dict[Any, bytes]:
    database, _, name = full_name.partition(".")
    options: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
    found = client[database][name].with_options(codec_options=options).find()
    return {it["_id"]: bytes(it.raw) for it in found}
