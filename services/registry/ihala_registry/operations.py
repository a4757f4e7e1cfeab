"""What the ``ihala`` command may do with the registry."""

from __future__ import annotations

from ihala.operations import Operations
from ihala_registry.config import RegistryWorkerSettings
from ihala_registry.handlers.outlets import outlets_of
from ihala_registry.handlers.reports import GROUP, REPORTS
from ihala_registry.keeping import COLLECTIONS
from ihala_registry.wiring import DUE

OPERATIONS = Operations(
    service="registry",
    settings=RegistryWorkerSettings,
    groups={GROUP: (REPORTS,)},
    collections=COLLECTIONS,
    outlets=outlets_of,
    due=DUE,
)
