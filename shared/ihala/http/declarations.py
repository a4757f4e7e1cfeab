"""What a view says about itself (who may call it, what it takes), kept beside its API documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def declare(view: View, name: str, value: object) -> View:
    """Remember ``value`` under ``name`` on the view; decorators applied later carry it along."""
    documentation = {**getattr(view, "_apidoc", {}), name: value}
    view._apidoc = documentation  # type: ignore[attr-defined]
    return view


def declared(view: Callable[..., Any] | None, name: str) -> Any:
    """What the view declared under ``name``, or None."""
    return getattr(view, "_apidoc", {}).get(name)
