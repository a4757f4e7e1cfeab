"""What a person sees on the terminal while the stack starts, works and stops."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

_WIDTH_OF_FILES = 132

console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


class Spinner:
    """Inside its ``with``: one moving line that says what happens now. Outside: a line each.

    Where there is no terminal it is a line each, always.
    """

    def __init__(self) -> None:
        self._status: Status | None = None

    def told(self, text: str) -> None:
        """Show this as what happens now."""
        if self._status is None:
            console.print(f"  {text}", style="dim")
        else:
            self._status.update(f"{text} …")

    def __enter__(self) -> Self:
        if console.is_terminal:
            self._status = console.status("…")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def heading(text: str) -> None:
    """A new part of the story."""
    console.print()
    console.rule(f"[bold]{text}", align="left")


def say(text: str) -> None:
    """A line for people; it may hold rich's markup."""
    console.print(text, soft_wrap=True)
