"""What may not be spoken of: constant words, and services whose very name says too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEUTRAL = "notice_neutral"
PLEASE_CALL = "please_call"
NEUTRAL_WEBHOOK: Mapping[str, Any] = {"type": "notice", "data": {}}
"""A webhook's whole body about something protected: the same for every one of them."""

DISCREET_SERVICES = frozenset(
    {
        "clinical_management_of_rape",
        "case_management",
        "gbv_case_management",
        "child_protection",
        "legal_aid",
        "safe_space",
    }
)
"""A mail that names one of these tells whoever reads over a shoulder what happened to somebody."""
