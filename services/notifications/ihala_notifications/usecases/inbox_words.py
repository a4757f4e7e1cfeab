"""The words of inbox messages, chosen when they are read."""

from __future__ import annotations

from collections.abc import Iterable

from ihala_notifications.domain.notification import Notification
from ihala_notifications.domain.templates import Letter
from ihala_notifications.usecases.deps import Deps
from ihala_notifications.usecases.prepare import letter_for, named_desks


def words_for(
    deps: Deps, notifications: Iterable[Notification], language: str
) -> dict[str, Letter]:
    """Each notification's letter in the reader's language, with one look at the facilities."""
    some = list(notifications)
    desks = named_desks(deps, some)
    return {n.id: letter_for(deps, n, language, desks=desks) for n in some}
