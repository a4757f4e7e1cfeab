"""The registry's settings; what is missing or wrong stops the start, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ihala.config import between, setting
from ihala.settings import ProcessSettings, WebSettings, WorkerSettings
from ihala_registry.domain.reports import DEFAULT_VALIDITY, LONGEST_VALIDITY
from ihala_registry.domain.vocabulary import CapacityUnit
from ihala_registry.keeping import IMPORTS_DAYS, REPORTS_DAYS


def country_codes(text: str) -> frozenset[str]:
    """Countries by ISO 3166-1 alpha-2 code, with commas between; ``none`` for none."""
    if text == "none":
        return frozenset()
    codes = frozenset(code.strip() for code in text.split(","))
    if not all(re.fullmatch("[A-Z]{2}", code) for code in codes):
        raise ValueError("must be country codes such as SY,YE, or none")
    return codes


def validity_by_unit(text: str) -> Mapping[CapacityUnit, timedelta]:
    """Hours by unit, as in ``bed=24,slot=72``; units that are not named keep their default."""
    chosen: dict[CapacityUnit, timedelta] = {}
    for part in text.split(","):
        unit, _, hours = part.strip().partition("=")
        if unit not in set(CapacityUnit) or not hours.isdigit():
            raise ValueError("must be hours by unit, such as bed=24,slot=72")
        chosen[CapacityUnit(unit)] = timedelta(hours=int(hours))
    if not all(timedelta(0) < validity <= LONGEST_VALIDITY for validity in chosen.values()):
        raise ValueError(f"must be from 1 hour to {LONGEST_VALIDITY.days} days each")
    return {**DEFAULT_VALIDITY, **chosen}


@dataclass(frozen=True, kw_only=True)
class RegistrySettings(ProcessSettings):
    """What both processes of the registry need."""

    conflict_countries: frozenset[str] = setting(
        "IHALA_CONFLICT_COUNTRIES",
        country_codes,
        default=frozenset({"SY"}),
        doc="countries whose hospitals are shown coarsely unless an editor says otherwise",
    )
    capacity_validity: Mapping[CapacityUnit, timedelta] = setting(
        "IHALA_CAPACITY_HOURS",
        validity_by_unit,
        default=DEFAULT_VALIDITY,
        doc="how many hours a capacity report counts that does not say so itself",
    )


@dataclass(frozen=True, kw_only=True)
class RegistryWebSettings(RegistrySettings, WebSettings):
    """The settings of the web process."""


@dataclass(frozen=True, kw_only=True)
class RegistryWorkerSettings(RegistrySettings, WorkerSettings):
    """The settings of the worker process."""

    reports_kept_days: int = setting(
        "IHALA_REPORTS_KEPT_DAYS",
        between(0, 36_500),
        default=REPORTS_DAYS,
        doc="how long each capacity and status report is kept; 0 is for good",
    )
    imports_kept_days: int = setting(
        "IHALA_IMPORTS_KEPT_DAYS",
        between(0, 36_500),
        default=IMPORTS_DAYS,
        doc="how long an import that ended is kept, with what became of each row; 0 is for good",
    )
