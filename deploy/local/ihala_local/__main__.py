"""The embedded stack: what `make run`, `make up` and `make down` do."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from ihala.testing.mongod import PartMissingError
from ihala.testing.processes import DiedError
from ihala.testing.waiting import NotInTimeError
from ihala_local import background
from ihala_local.api import StoryBrokenError
from ihala_local.lock import AlreadyUpError, RunnerLock
from ihala_local.places import ROOT, Places
from ihala_local.runner import running, until_told_to_stop
from ihala_local.sample import SampleRefusedError
from ihala_local.screen import Spinner, console, say
from ihala_local.story import tell
from ihala_local.summary import show

_FORESEEN = (
    AlreadyUpError,
    PartMissingError,
    DiedError,
    NotInTimeError,
    SampleRefusedError,
    StoryBrokenError,
)


def _folder(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=ROOT / ".run",
        help="Where data, logs and keys are kept.  [default: .run]",
    )(command)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Foreseen failures as one message instead of a traceback."""
    try:
        yield
    except _FORESEEN as error:
        console.print(f"[red]{type(error).__name__}:[/] {error}", markup=True)
        sys.exit(1)


@click.group(help=__doc__)
def main() -> None:
    """The group of commands."""


@main.command()
@_folder
@click.option("--story/--no-story", default=True, help="Perform the main job once it is up.")
def run(folder: Path, story: bool) -> None:
    """Start everything, perform the main job, stay up until Ctrl-C."""
    spinner = Spinner()
    with (
        _plainly(),
        until_told_to_stop() as wait,
        contextlib.suppress(KeyboardInterrupt),
        contextlib.ExitStack() as ending,
    ):
        with spinner:
            stack = ending.enter_context(running(folder, spinner.told))
        if story:
            tell(stack.places)
        show(stack.places)
        say("\nIt stays up until Ctrl-C.")
        wait()


@main.command(hidden=True)
@_folder
def serve(folder: Path) -> None:
    """Start everything and stay up until SIGTERM: the process behind `up`."""
    spinner = Spinner()
    with (
        _plainly(),
        until_told_to_stop() as wait,
        contextlib.suppress(KeyboardInterrupt),
        running(folder, spinner.told),
    ):
        wait()


@main.command()
@_folder
def up(folder: Path) -> None:
    """Start everything in the background; returns when all of it is ready."""
    places = Places(folder.resolve())
    places.make()
    with _plainly():
        if RunnerLock(places.pid_file).holder() is None:
            with Spinner() as spinner:
                background.start(places, spinner.told)
        show(places)


@main.command()
@_folder
def down(folder: Path) -> None:
    """Stop what runs; the data stay."""
    lock = RunnerLock(Places(folder.resolve()).pid_file)
    with _plainly(), console.status("stopping …"):
        stopped = lock.end_holder()
    say("Stopped; the data stay in .run/." if stopped else "Nothing runs.")


if __name__ == "__main__":
    main()
