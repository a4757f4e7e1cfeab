"""The settings of both processes: what is wrong is said by name, before anything starts."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from ihala.config import ConfigError, load
from ihala_registry.config import (
    RegistryWebSettings,
    RegistryWorkerSettings,
    country_codes,
    validity_by_unit,
)
from ihala_registry.domain.vocabulary import CapacityUnit


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (RegistryWebSettings, ["IHALA_MONGODB_URI", "IHALA_TOKEN_ISSUER", "IHALA_JWKS"]),
        (RegistryWorkerSettings, ["IHALA_MONGODB_URI", "IHALA_KAFKA"]),
    ],
)
def test_every_missing_setting_is_named_at_once(kind: type, names: list[str]) -> None:
    """One start is enough to learn them all."""
    with pytest.raises(ConfigError) as caught:
        load(kind, {"IHALA_CONFLICT_COUNTRIES": "Syria", "IHALA_CAPACITY_HOURS": "bed"})

    for name in (*names, "IHALA_CONFLICT_COUNTRIES", "IHALA_CAPACITY_HOURS"):
        assert name in str(caught.value)


def test_hours_by_unit_keep_the_defaults_of_the_others() -> None:
    """Only what is named is changed."""
    chosen = validity_by_unit("bed=12, slot=48")

    assert chosen[CapacityUnit.BED] == timedelta(hours=12)
    assert chosen[CapacityUnit.CHAIR] == timedelta(hours=24)
    assert country_codes("SY,YE") == {"SY", "YE"}
    assert country_codes("none") == frozenset()


@pytest.mark.parametrize("text", ["bed=0", "bed=99999", "bed=x", "sofa=1", "bed"])
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    """More than a month, or none at all."""
    with pytest.raises(ValueError, match="must be"):
        validity_by_unit(text)


def test_the_web_process_carries_no_kafka_client() -> None:
    """Importing all of it imports none."""
    code = "import sys, ihala_registry.wsgi; sys.exit('kafka' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
