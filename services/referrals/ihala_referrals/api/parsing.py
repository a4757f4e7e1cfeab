"""From what was sent, and found well formed, to what the use cases take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ihala.caller import Caller
from ihala.errors import FieldError, Invalid
from ihala.http.refusals import PlacedError
from ihala_referrals.domain.consent import Consent, ConsentStatus, Override, Scope
from ihala_referrals.domain.person import age_band, age_on
from ihala_referrals.usecases.creating import Draft

_WORDS = ("reason", "clinical_summary")


def draft_of(body: Mapping[str, Any], caller: Caller, now: datetime) -> Draft:
    """The referral that was sent to be written down."""
    person = body.get("person", {})
    return Draft(
        service_code=body["service_code"],
        priority=body["priority"],
        from_facility_id=body.get("from_facility_id") or _only_facility(caller),
        consent=consent_of(body, caller, now),
        private=_known(private_of(body)),
        case_code=person.get("case_code"),
        age_band=band_of(person, now),
        reason_code=body.get("reason_code"),
        requirements=tuple(body.get("requirements", ())),
        shortlist=tuple(body.get("shortlist", ())),
        auto_forward=body.get("auto_forward", False),
    )


def _only_facility(caller: Caller) -> str:
    if len(caller.facilities) == 1:
        return next(iter(caller.facilities))
    wrong = FieldError("/from_facility_id", "Say from which facility you refer.", "required")
    raise Invalid("You work at none or at several facilities.", errors=[wrong])


def private_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is encrypted: the person's identity and the words about them."""
    person = {name: it for name, it in body.get("person", {}).items() if name != "case_code"}
    if isinstance(person.get("birth_date"), date):
        person["birth_date"] = person["birth_date"].isoformat()
    return {**person, **{name: body[name] for name in _WORDS if name in body}}


def _known(private: Mapping[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in private.items() if it is not None}


def band_of(person: Mapping[str, Any], now: datetime) -> str | None:
    """The coarse age, by birth date or else by age."""
    born = person.get("birth_date")
    return age_band(age_on(born, now.date()) if born else person.get("age"))


def consent_of(body: Mapping[str, Any], caller: Caller, now: datetime) -> Consent:
    """The consent that was sent; without one, nobody was asked yet."""
    given = body.get("consent")
    if given is None:
        return Consent(ConsentStatus.NOT_ASKED, None, now)
    override = given.get("override")
    return Consent(
        status=given["status"],
        given_by=given["given_by"],
        at=given.get("at", now),
        scope=tuple(_scope_of(line) for line in given["scope"]),
        expires=given.get("expires"),
        document=given.get("document"),
        version=given.get("version"),
        contact=given["contact"],
        override=Override(override["reason"], caller.subject, now) if override else None,
    )


def _scope_of(line: Mapping[str, Any]) -> Scope:
    return Scope(tuple(line["fields_"]), line.get("facility_id"), line.get("organisation_id"))


def changes_of(body: Mapping[str, Any], caller: Caller, now: datetime) -> dict[str, Any]:
    """The fields of the referral itself that are to be changed."""
    changes = {
        name: body[name]
        for name in ("priority", "service_code", "reason_code", "auto_forward")
        if name in body
    }
    changes |= {name: tuple(body[name]) for name in ("requirements", "shortlist") if name in body}
    if "consent" in body:
        changes["consent"] = consent_of(body, caller, now)
    person = body.get("person", {})
    if "case_code" in person:
        changes["case_code"] = person["case_code"]
    if "birth_date" in person or "age" in person:
        changes["age_band"] = band_of(person, now)
    return changes


def refused(parameter: str, detail: str, code: str) -> Invalid:
    """What is wrong with a query parameter that is well formed and still makes no sense."""
    wrong = PlacedError(parameter, detail, code, "parameter")
    return Invalid(f"{parameter}: {detail}", errors=[wrong])
