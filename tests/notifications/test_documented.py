"""What the page for people says is what the rules do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ihala_notifications.domain.rules import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `referral.")]


@pytest.mark.parametrize("event_type", sorted(RULES))
def test_the_page_says_who_is_told(event_type: str) -> None:
    """One row for each rule, one for each decision to be silent, in the same order."""
    rows = [row for row in ROWS if row.startswith(f"| `{event_type}` |")]

    if not RULES[event_type]:
        assert [row.split("|")[2].strip() for row in rows] == ["nobody"]
        return
    assert [row.split("|")[2].strip() for row in rows] == [r.party for r in RULES[event_type]]
    for row, rule in zip(rows, RULES[event_type], strict=True):
        assert row.split("|")[3].strip() == " and ".join(sorted(rule.channels))
        assert row.split("|")[4].strip() == f"`{rule.template}`"
        assert all(status in row for status in rule.offer_status)
