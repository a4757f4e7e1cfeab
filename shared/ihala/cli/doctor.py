"""``ihala doctor``: looks at everything an operator can get wrong, and says what to do."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from ihala.cli.screen import console, show_json
from ihala.cli.service import Desk, env_file_option, environment_of, known, opened
from ihala.config import ConfigError, load
from ihala.doctor.certificates import of_file
from ihala.doctor.finding import Finding, Level, bad
from ihala.doctor.patient import Patient
from ihala.doctor.rounds import examine
from ihala.operations import installed

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.BAD: "red", Level.SKIPPED: "dim"}

Found = Mapping[str, Sequence[Finding]]


@click.command("doctor")
@click.argument("services", nargs=-1, metavar="[SERVICE]…")
@env_file_option
@click.option(
    "--certificate",
    "certificates",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also look at this certificate (PEM); may be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.option("--strict", is_flag=True, help="Warnings count as bad.")
def command(
    services: tuple[str, ...],
    env_file: Path | None,
    certificates: tuple[Path, ...],
    as_json: bool,
    strict: bool,
) -> None:
    """Check everything around each SERVICE (all that are installed here), and say what to do.

    It sends no message and shows no secret. Exit status 0 when nothing is bad, else 1.
    """
    if env_file and len(services) != 1:
        raise click.UsageError("--env-file holds the settings of one service: name it")
    found: dict[str, list[Finding]] = {}
    for service in services or sorted(installed()):
        known(service)
        found[service] = list(_examined(service, env_file))
    if certificates:
        found["certificates"] = [of_file(file) for file in certificates]
    _show_json(found) if as_json else _show(found)
    serious = {Level.BAD, Level.WARN} if strict else {Level.BAD}
    sys.exit(any(it.level in serious for some in found.values() for it in some))


def _examined(service: str, env_file: Path | None) -> Iterator[Finding]:
    """The findings of one service; settings that cannot be read are one themselves."""
    environment = environment_of(service, env_file)
    try:
        load(known(service).settings, environment)
    except ConfigError as error:
        mend = "set what is named; without the settings nothing else can be looked at"
        yield bad("settings", str(error), mend)
        return
    with opened(service, env_file) as desk:
        yield from examine(_patient(desk, environment))


def _patient(desk: Desk, environment: Mapping[str, str]) -> Patient:
    settings = load(desk.operations.settings, environment)
    return Patient(desk.operations, settings, environment, desk.database, desk.kafka)


def _show(found: Found) -> None:
    for service, findings in found.items():
        console.print(f"[bold]{escape(service)}[/]")
        for it in findings:
            mark = f"[{_COLOURS[it.level]}]{it.level.value:<7}[/]"
            console.print(f"  {mark} {escape(it.check)}: {escape(it.says)}", soft_wrap=True)
            if it.mend:
                console.print(f"          [bold]→[/] {escape(it.mend)}", soft_wrap=True)
    levels = [it.level for some in found.values() for it in some]
    counts = ", ".join(f"{levels.count(level)} {level.value}" for level in Level)
    console.print(f"\n{len(levels)} findings: {counts}")


def _show_json(found: Found) -> None:
    shown: dict[str, Any] = {
        service: [dataclasses.asdict(it) for it in findings] for service, findings in found.items()
    }
    show_json(shown)
