"""Prometheus' own checker of rules: from PATH, IHALA_PROMTOOL, or Debian's package, unpacked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ihala.testing.mongod import PartMissingError

_WITHIN_S = 300


def find_promtool() -> str:
    """Its path; PartMissingError with what to install where it cannot be had.

    Debian's package ``prometheus`` is fetched and unpacked into the user's cache folder: that needs
    no root, and starts no server.
    """
    found = os.environ.get("IHALA_PROMTOOL") or shutil.which("promtool")
    return found or str(_from_debian())


def _from_debian() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ihala"
    promtool = cache / "promtool"
    if promtool.exists():
        return promtool
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise PartMissingError(
            "no promtool: install Prometheus (Debian: prometheus), or set IHALA_PROMTOOL to it"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as place:
        (package,) = _fetched(Path(place))
        _run("dpkg-deb", "--extract", str(package), place)
        (Path(place) / "usr" / "bin" / "promtool").replace(promtool)
    return promtool


def _fetched(folder: Path) -> list[Path]:
    _run("apt-get", "download", "--quiet", "prometheus", cwd=folder)
    return list(folder.glob("prometheus_*.deb"))


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=_WITHIN_S
    )
    if done.returncode:
        raise PartMissingError(
            f"no promtool: {' '.join(command[:2])} failed ({done.stderr.strip()[-300:]}); "
            "run apt-get update, install Prometheus, or set IHALA_PROMTOOL to it"
        )
