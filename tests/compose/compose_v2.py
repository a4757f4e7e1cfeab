"""Compose v2 beside docker-compose 1.29, from Debian's own packages, without installing it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_HAS_IT = "trixie"
"""The first release of Debian whose package docker-compose is Compose v2."""

_DEBIAN = re.compile(r"/debian/?\s")
_APT = """\
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{folder}/sources";
Dir::State::Lists "{folder}/lists";
Dir::Cache "{folder}/cache";
"""


class NoComposeError(RuntimeError):
    """Compose v2 cannot be had here; the message says why."""


def compose_v2(folder: Path) -> list[str]:
    """The command: that of this host when it is Compose v2, else Debian's, kept in ``folder``."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if version_of(command).startswith("2"):
            return command
    return [str(_from_debian(folder))]


def version_of(command: Sequence[str]) -> str:
    """What ``command version`` says, such as 1.29.2; empty when there is no such command."""
    if shutil.which(command[0]) is None:
        return ""
    asked = [*command, "version", "--short"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return said.stdout.strip().removeprefix("v") if said.returncode == 0 else ""


def _from_debian(folder: Path) -> Path:
    if shutil.which("apt-get") is None:
        raise NoComposeError("install Compose v2: this host has none, and no apt-get to fetch it")
    _lay_out(folder)
    for words in (["update"], ["download", "docker-compose"]):
        _said(["apt-get", *words], folder)
    package = next(folder.glob("docker-compose_*.deb"))
    _said(["dpkg", "--extract", str(package), str(folder / "unpacked")], folder)
    return folder / "unpacked/usr/libexec/docker/cli-plugins/docker-compose"


def _lay_out(folder: Path) -> None:
    """This host's own way to Debian, with the release that has it in the place of this one."""
    for name in ("sources", "lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "apt.conf").write_text(_APT.format(folder=folder))
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", _HAS_IT)
    for file in (Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")):
        if _DEBIAN.search(_text(file)):
            text = _text(file).replace(release, _HAS_IT)
            (folder / "sources" / file.name).write_text(text)


def _text(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def _said(command: Sequence[str], folder: Path) -> None:
    environment = os.environ | {"APT_CONFIG": str(folder / "apt.conf")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoComposeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
