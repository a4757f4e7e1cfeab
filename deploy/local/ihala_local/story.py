"""The main job, step by step (placeholder until the services are there)."""

from __future__ import annotations

from ihala_local.places import Places


def tell(places: Places) -> None:
    """Tell it."""
