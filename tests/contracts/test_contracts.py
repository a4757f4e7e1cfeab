"""Contracts: examples are valid, old recordings stay readable, the documents are up to date."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ihala.events.asyncapi import asyncapi, events_page
from ihala.events.contracts import CONTRACTS, Contract
from ihala.events.topics import TOPICS

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).parent / "recorded"
DATA = Path(os.environ.get("IHALA_DATA", ROOT.parent / "shared" / "data"))
PERSONAL = {"name", "phone", "birth_date", "address", "notes", "clinical_summary", "safe_contact"}


def name_of(contract: Contract) -> str:
    return f"{contract.type}.v{contract.version}"


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=name_of)
def test_an_example_could_be_published_as_it_stands(contract: Contract) -> None:
    """It holds exactly what the contract declares."""
    contract.check_sent(contract.example)
    assert contract.topic in TOPICS


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=name_of)
def test_what_was_published_once_can_still_be_read(contract: Contract) -> None:
    """Every contract has a recording from the day it was made, which is never changed.

    A new contract's recording is made by writing its example into the folder; a change that fails
    here needs a new version of the contract beside the old one.
    """
    recorded = json.loads((RECORDED / f"{name_of(contract)}.json").read_text(encoding="utf-8"))

    contract.check_received(recorded)


def test_no_recording_has_lost_its_contract() -> None:
    """A contract is never taken away while its events may lie on a topic."""
    names = {name_of(contract) for contract in CONTRACTS.values()}

    assert {path.stem for path in RECORDED.glob("*.json")} == names


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=name_of)
def test_no_contract_about_people_declares_what_could_name_them(contract: Contract) -> None:
    """Personal data never travels in the clear: there is no field for it."""
    if contract.topic.startswith("registry."):
        pytest.skip("a facility's name is public; the registry knows of no person")

    assert not PERSONAL & set(_names(contract.json_schema))


def _names(schema: dict[str, Any]) -> list[str]:
    inner = schema.get("items", schema)
    found = []
    for name, field in inner.get("properties", {}).items():
        found += [name, *_names(field)]
    return found


def test_every_topic_is_spoken_on_or_is_for_later() -> None:
    """A topic without contracts is one whose service does not speak yet."""
    silent = {name for name in TOPICS if not any(c.topic == name for c in CONTRACTS.values())}

    assert {name for name in silent if "dead-letters" not in name} <= {
        "registry.partnerships",
        "referrals.protected",
        "surveillance.alerts",
        "staff.events",
    }


def test_the_asyncapi_document_is_valid() -> None:
    """By the standard's own schema."""
    standard = DATA / "standards" / "asyncapi-3.0.0.json"
    if not standard.exists():
        pytest.skip(f"the AsyncAPI schema is not at {standard}; set IHALA_DATA")

    validator = jsonschema.Draft7Validator(json.loads(standard.read_text(encoding="utf-8")))

    assert [error.message for error in validator.iter_errors(asyncapi())] == []


def test_the_documents_say_what_the_contracts_say() -> None:
    """`make docs` writes them; what is committed is what it writes."""
    folder = ROOT / "docs" / "events"
    document = json.dumps(asyncapi(), ensure_ascii=False, indent=1) + "\n"

    assert (folder / "asyncapi.json").read_text(encoding="utf-8") == document
    assert (folder / "README.md").read_text(encoding="utf-8") == events_page()
