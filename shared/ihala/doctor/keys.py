"""Keys and secrets: are their files there and closed to others, and do the issuer's keys load."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from ihala.doctor.finding import Finding, bad, ok, skipped
from ihala.doctor.patient import Patient
from ihala.http.keys import parse_keys, read_source

_MOUNTED = Path("/run/secrets")


def secret_files(patient: Patient) -> Iterator[Finding]:
    """Whether nobody else can read or replace the files that settings are read from."""
    files = {
        name: Path(value)
        for name, value in sorted(patient.environment.items())
        if name.startswith("IHALA_") and name.endswith("_FILE") and value
    }
    problems = [(name, file, why) for name, file in files.items() if (why := _wrong(file))]
    for name, file, why in problems:
        yield bad(
            "secret files", f"{file} ({name}) {why}", f"chmod 600 {file}, or close its folder"
        )
    if not problems:
        yield ok("secret files", f"{len(files)} are there and closed to others")


def _wrong(file: Path) -> str:
    """What is wrong with a file; empty when nothing is. A closed folder closes what is in it."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "can be written by others"
    if not mode & stat.S_IROTH or file.parent == _MOUNTED:
        return ""
    closed = any(not folder.stat().st_mode & stat.S_IXOTH for folder in file.resolve().parents)
    return "" if closed else "can be read by everybody"


def issuer_keys(patient: Patient) -> Iterator[Finding]:
    """Whether tokens could be verified now."""
    source = patient.environment.get("IHALA_JWKS", "")
    if not source:
        yield skipped("token keys", "IHALA_JWKS is not set here; ask where the web runs")
        return
    try:
        keys = parse_keys(read_source(source))
    except Exception as error:  # noqa: BLE001 - joserfc, httpx and the system raise many kinds.
        mend = "set IHALA_JWKS to the keys of your identity provider, and let the web reach them"
        yield bad("token keys", f"{source}: {str(error)[:200]}", mend)
        return
    yield ok("token keys", f"{len(keys)} load from {source}")


CHECKS = (secret_files, issuer_keys)
