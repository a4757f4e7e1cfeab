"""Writes docs/events/ from the contracts: the page for people and the AsyncAPI document."""

from __future__ import annotations

import json
from pathlib import Path

from ihala.events.asyncapi import asyncapi, events_page
from ihala.events.contracts import CONTRACTS

HERE = Path(__file__).parent
RECORDED = HERE.parent / "tests" / "contracts" / "recorded"


def main() -> None:
    """Write both documents, and record the example of every contract that has no recording yet."""
    folder = HERE / "events"
    folder.mkdir(exist_ok=True)
    document = json.dumps(asyncapi(), ensure_ascii=False, indent=1) + "\n"
    (folder / "asyncapi.json").write_text(document, encoding="utf-8")
    (folder / "README.md").write_text(events_page(), encoding="utf-8")
    RECORDED.mkdir(exist_ok=True)
    for contract in CONTRACTS.values():
        path = RECORDED / f"{contract.type}.v{contract.version}.json"
        if not path.exists():
            example = json.dumps(contract.example, ensure_ascii=False, indent=1)
            path.write_text(example + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
