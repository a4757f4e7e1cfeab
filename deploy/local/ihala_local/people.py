"""The people of the sample: who they are, what they may do, and their tokens.

Their subjects name no person: a subject travels on topics as whoever did something.
"""

from __future__ import annotations

from collections.abc import Mapping

from ihala.testing.tokens import Issuer

WEEK_S = 7 * 24 * 3600


def tokens(issuer: Issuer, facilities: Mapping[str, str], organisation: str) -> dict[str, str]:
    """A token for a week for each of them; ``facilities`` are those of clinic_a and clinic_b."""
    editor = editor_token(issuer)
    return {"registry_editor": editor} | {
        name: issuer.token(
            name.replace("_", "-"),
            roles=[role],
            facilities=[facilities[place]] if place else [],
            organisation=organisation,
            lifetime_s=WEEK_S,
        )
        for name, role, place in (
            ("clinic_a", "clinic", "clinic_a"),
            ("clinic_b", "clinic", "clinic_b"),
            ("protection_a", "protection", "clinic_a"),
            ("protection_b", "protection", "clinic_b"),
            ("coordinator", "coordinator", ""),
            ("operator", "operator", ""),
            ("machine", "machine", ""),
        )
    }


def editor_token(issuer: Issuer) -> str:
    """Somebody who may write into the registry and publish what was written."""
    return issuer.token(
        "registry-editor",
        roles=["registry_editor", "registry_approver"],
        lifetime_s=WEEK_S,
    )
