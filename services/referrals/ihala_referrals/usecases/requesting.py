"""Referrals that other systems ask for by an event: facts only, identity is added later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ihala.caller import Caller
from ihala.errors import AlreadyExists, FieldError, Invalid
from ihala_referrals.domain.consent import Consent, ConsentStatus, GivenBy, Scope
from ihala_referrals.domain.words import Priority
from ihala_referrals.usecases.creating import Draft, store
from ihala_referrals.usecases.deps import Deps

_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,63}")


def create_requested(deps: Deps, caller: Caller, id_: str, request: Mapping[str, Any]) -> None:
    """Write down, and send where asked, what another system asks for; the same id again is no news.

    Raises Invalid or a Conflict with what is wrong, such as a facility that is not known (yet).
    """
    _must_make_sense(deps, request)
    draft = Draft(
        service_code=request["service_code"],
        priority=Priority(request["priority"]),
        from_facility_id=request["from_facility_id"],
        consent=_consent(request),
        private={},
        case_code=request.get("case_code"),
        reason_code=request.get("reason_code"),
        requirements=tuple(request.get("requirements", ())),
        shortlist=tuple(dict.fromkeys(request["shortlist"])),
    )
    try:
        store(deps, caller, id_, draft, send_now=request.get("send", False))
    except AlreadyExists:
        return


def _must_make_sense(deps: Deps, request: Mapping[str, Any]) -> None:
    """Codes are codes, and no place for words about a person; facilities are known."""
    codes = {"service_code": request["service_code"], "reason_code": request.get("reason_code")}
    codes |= {f"requirements/{i}": it for i, it in enumerate(request.get("requirements", ()))}
    errors = [
        FieldError(f"/{name}", "Must be a code of a code list.", "wrong_format")
        for name, code in codes.items()
        if code is not None and not _CODE.fullmatch(code)
    ]
    facilities = [request["from_facility_id"], *request["shortlist"]]
    known = deps.facilities.known(facilities)
    errors += [
        FieldError("/shortlist", f"Facility {id_} is not known.", "unknown_facility")
        for id_ in facilities
        if id_ not in known
    ]
    if errors:
        wrong = "; ".join(f"{error.pointer}: {error.detail}" for error in errors)
        raise Invalid(f"This referral cannot be made: {wrong}", errors=errors)


def _consent(request: Mapping[str, Any]) -> Consent:
    """The facts of the consent; it covers the shortlist, and of the person the case code only."""
    given = request["consent"]
    expires = given.get("expires")
    return Consent(
        status=ConsentStatus(given["status"]),
        given_by=GivenBy(given["given_by"]),
        at=datetime.fromisoformat(given["at"]),
        scope=tuple(Scope(("case_code",), facility_id=id_) for id_ in request["shortlist"]),
        expires=datetime.fromisoformat(expires) if expires else None,
    )
