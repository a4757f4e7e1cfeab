"""What a caller may see of a referral: decrypted only for whom it is disclosed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ihala.caller import Caller
from ihala.errors import NotFound
from ihala_referrals.domain.disclosure import disclosed_fields, only, readable_notes
from ihala_referrals.domain.referral import Note, Offer, Referral
from ihala_referrals.domain.visibility import sides, visible_offers
from ihala_referrals.domain.words import Side
from ihala_referrals.store.referrals import Kept
from ihala_referrals.usecases.deps import Deps


@dataclass(frozen=True, slots=True)
class View:
    """A referral as one caller may see it; ``private`` holds only what is disclosed to them."""

    referral: Referral
    version: int
    sides: frozenset[Side]
    offers: Sequence[Offer]
    private: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[tuple[Note, str]] = ()
    replayed: bool = False

    @property
    def sees_all_offers(self) -> bool:
        """Whether the caller knows the whole story, and not only one facility's part in it."""
        return bool(self.sides & {Side.SENDER, Side.SUPERVISOR})


def visible(deps: Deps, referral_id: str, caller: Caller) -> Kept:
    """The stored referral; NotFound when there is none, or none that the caller may know of."""
    kept = deps.referrals.find(referral_id)
    if kept is None or not sides(kept.referral, caller):
        raise NotFound(f"There is no referral {referral_id}.")
    return kept


def read(deps: Deps, caller: Caller, referral_id: str) -> View:
    """One referral, as the caller may see it. Reading changes nothing."""
    return view(deps, visible(deps, referral_id, caller), caller)


def view(deps: Deps, kept: Kept, caller: Caller, private: Mapping[str, Any] | None = None) -> View:
    """What the caller may see; ``private`` is what was just encrypted, where it is known."""
    referral = kept.referral
    fields = disclosed_fields(referral, caller, deps.clock())
    if private is None:
        private = deps.vault.open(referral.private) if fields and referral.private else {}
    shown = {**private, "case_code": referral.case_code}
    return View(
        referral=referral,
        version=kept.version,
        sides=sides(referral, caller),
        offers=visible_offers(referral, caller),
        private=only(fields, shown),
        notes=[(note, _words(deps, note)) for note in readable_notes(referral, caller)],
        replayed=kept.replayed,
    )


def _words(deps: Deps, note: Note) -> str:
    """The note's text; nothing is left of it when the person was erased."""
    return str(deps.vault.open(note.text)["text"]) if note.text else ""


def glance(kept: Kept, caller: Caller) -> View:
    """What a list shows: facts and codes, nothing that would have to be decrypted."""
    referral = kept.referral
    mine = sides(referral, caller)
    private = {"case_code": referral.case_code} if Side.SENDER in mine else {}
    return View(referral, kept.version, mine, visible_offers(referral, caller), private)
