"""What a view says about itself (who may call it, what it takes), beside its API documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
_KEPT_IN = "_apidoc"
"""Where flask-smorest's decorators keep, and carry along, what a view declares."""


def declare(view: View, name: str, value: object) -> View:
    """Remember ``value`` under ``name`` on the view; decorators applied later carry it along."""
    setattr(view, _KEPT_IN, {**getattr(view, _KEPT_IN, {}), name: value})
    return view


def declared(view: Callable[..., Any] | None, name: str) -> Any:
    """What the view declared under ``name``, or None."""
    return getattr(view, _KEPT_IN, {}).get(name)


def document(view: View, documented: Callable[..., Any]) -> View:
    """Take over the documentation that flask-smorest wrote on its own wrapper of the view."""
    setattr(view, _KEPT_IN, getattr(documented, _KEPT_IN))
    return view
