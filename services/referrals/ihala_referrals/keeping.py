"""Every collection of referrals: what it holds, how long, and why."""

from __future__ import annotations

from ihala.kept import HISTORY, SHARED, Kept

COLLECTIONS = (
    *SHARED,
    Kept(
        "referrals",
        "referrals with offers, notes and history; identity and clinical words encrypted",
        "the facts for good; the person for good too, unless the setting says after how many days"
        " the key of an ended referral is deleted: what the law of the place demands differs",
        (
            *HISTORY,
            "code_1",
            "due",
            "from_facility_id_1__id_-1",
            "offers.to_facility_id_1__id_-1",
            "recognised_by_1",
        ),
        0,
        "IHALA_PERSONS_KEPT_DAYS",
    ),
    Kept(
        "keys",
        "the key of each person, wrapped by the master key",
        "until the person is erased; without it nothing about the person can be read",
    ),
    Kept(
        "facilities_v*",
        "facilities as matching needs them",
        "as long as the registry publishes them; can be rebuilt",
        ("service_codes_1_point_2dsphere",),
    ),
)
"""The table that docs/operating/keeping.md shows."""
