"""Every collection of the registry: what it holds, how long, and why."""

from __future__ import annotations

from ihala.kept import HISTORY, SHARED, Kept

REPORTS_DAYS = 1096
IMPORTS_DAYS = 400
FILES_DAYS = 30

COLLECTIONS = (
    *SHARED,
    Kept(
        "facilities",
        "facilities with their services, status, capacity and newest history",
        "for good: a facility that closed is still named by old referrals",
        (
            *HISTORY,
            "areas",
            "coarse_in_adm2",
            "coarse_in_adm3",
            "details_type",
            "identifiers",
            "long_history",
            "services_code",
            "spot",
            "updated_at",
            "words",
        ),
    ),
    Kept(
        "facility_history",
        "events that were moved out of long-lived facilities",
        "for good: with the facility they are its audit trail",
        ("facility",),
    ),
    Kept(
        "organisations",
        "organisations with their history",
        "for good, as facilities",
        (*HISTORY, "kind"),
    ),
    Kept(
        "areas",
        "administrative areas by p-code",
        "for good: coarse locations are made from them",
        ("due", "level", "parent"),
    ),
    Kept(
        "capacity_reports",
        "every capacity report as it came",
        "three years: a plan for a service looks at the same season of the years before",
        ("expiry", "service"),
        REPORTS_DAYS,
        "IHALA_REPORTS_KEPT_DAYS",
    ),
    Kept(
        "status_reports",
        "every status report as it came",
        "as capacity reports",
        ("expiry", "facility"),
        REPORTS_DAYS,
        "IHALA_REPORTS_KEPT_DAYS",
    ),
    Kept(
        "imports",
        "imports and how far they have come",
        "a year and a month after they ended: a yearly import can be held against the last one",
        (*HISTORY, "due", "expiry", "newest"),
        IMPORTS_DAYS,
        "IHALA_IMPORTS_KEPT_DAYS",
    ),
    Kept(
        "import_rows",
        "what became of each row of an import",
        "as imports",
        ("expiry", "outcome", "row"),
        IMPORTS_DAYS,
        "IHALA_IMPORTS_KEPT_DAYS",
    ),
    Kept(
        "import_files",
        "the files of imports that have not ended",
        "until the last row is done; a failed import's file can be looked at for a month",
        ("expiry",),
        FILES_DAYS,
    ),
    Kept("import_profiles", "how files of a kind are read", "for good: made by hand"),
)
"""The table that docs/operating/keeping.md shows."""
