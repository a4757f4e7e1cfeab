"""Every collection of notifications: what it holds, how long, and why."""

from __future__ import annotations

from ihala.kept import HISTORY, SHARED, Kept

NOTIFICATIONS_DAYS = 400

COLLECTIONS = (
    *SHARED,
    Kept(
        "notifications",
        "who was to be told what, every attempt, and the inboxes",
        "a year and a month after it was made and long after the last attempt: whoever asks why"
        " somebody was not told asks within a year",
        (*HISTORY, "audience", "due", "inbox", "newest", "subject"),
        NOTIFICATIONS_DAYS,
        "IHALA_NOTIFICATIONS_KEPT_DAYS",
    ),
    Kept(
        "webhooks",
        "subscriptions, their signing secrets encrypted; ended ones too",
        "for good: a trace names them",
        (*HISTORY, "owner"),
    ),
    Kept(
        "desks_v*",
        "how facilities' desks are reached",
        "as long as the registry publishes them; can be rebuilt",
    ),
    Kept(
        "referral_facts_v*",
        "what is true of each referral: asked before every send",
        "as long as there are referrals; can be rebuilt",
    ),
    Kept(
        "contacts_v*",
        "how consenting persons may be reached, sealed",
        "until the consent is withdrawn or the person erased; then only a number is left",
    ),
)
"""The table that docs/operating/keeping.md shows."""
