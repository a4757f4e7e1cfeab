"""Events as notifications meet them: built from the contracts' own examples."""

from __future__ import annotations

import copy
import itertools
from datetime import datetime, timedelta
from typing import Any

from ihala.clock import utc_now
from ihala.events.contracts import CONTRACTS
from ihala.events.event import Event
from ihala.sealing import seal

SENDER = "fac_00sender00000000000000000"
RECEIVER = "fac_00receyver000000000000000"
REFERRAL = "ref_00exampe0000000000000000"
PERSON = "per_00example000000000000000"
_numbers = itertools.count(1)


def referral_event(
    name: str,
    *,
    seq: int = 1,
    offer: dict[str, Any] | None = None,
    at: datetime | None = None,
    referral_id: str = REFERRAL,
    **changes: Any,
) -> Event:
    """``referral.<name>`` about an offer from SENDER to RECEIVER."""
    type_ = f"referral.{name}"
    data = copy.deepcopy(dict(CONTRACTS[type_, 1].example))
    data |= {"referral_id": referral_id, "from_facility_id": SENDER, "requested_by": "nurse-1"}
    if data["offer"] is not None:
        data["offer"] |= {"to_facility_id": RECEIVER, "status": name, **(offer or {})}
    data |= changes
    return Event(
        id=f"{referral_id}:{seq}",
        type=type_,
        source="ihala/referrals",
        subject=referral_id,
        time=at or utc_now(),
        data=data,
        key=referral_id,
        seq=seq,
        correlation_id="corr-1",
    )


def sent(**changes: Any) -> Event:
    """An offer was put to RECEIVER, who has a day to answer."""
    respond_by = (utc_now() + timedelta(days=1)).isoformat()
    return referral_event("sent", offer={"respond_by": respond_by}, **changes)


def facility_event(
    facility_id: str, *, mail: str = "", phone: str = "", version: int = 1, **changes: Any
) -> Event:
    """The registry's snapshot of a facility, with one desk address."""
    data = copy.deepcopy(dict(CONTRACTS["facility.registered", 1].example))
    contacts = [("email", mail), ("phone", phone)]
    data["facility"] |= {
        "id": facility_id,
        "contacts": [
            {"channel": channel, "value": value, "purpose": "referrals", "language": None}
            for channel, value in contacts
            if value
        ],
        "languages": ["en"],
        **changes,
    }
    data["snapshot_version"] = version
    return Event(
        id=f"{facility_id}:{version}",
        type="facility.registered",
        source="ihala/registry",
        subject=facility_id,
        time=utc_now(),
        data=data,
        key=facility_id,
        seq=version,
    )


def contact_event(public_key: Any, seq: int = 1, **words: Any) -> Event:
    """A person agreed to be contacted."""
    sealed = seal(public_key, {"channel": "email", "language": "fr", **words})
    return _of_person("contact.granted", seq, {"person_id": PERSON, "jwe": sealed})


def contact_withdrawn(seq: int) -> Event:
    """The person withdrew: a tombstone."""
    return _of_person("contact.withdrawn", seq, None)


def _of_person(type_: str, seq: int, data: dict[str, Any] | None) -> Event:
    return Event(
        id=f"{PERSON}:{seq}",
        type=type_,
        source="ihala/referrals",
        subject=PERSON,
        time=utc_now(),
        data=data,
        key=PERSON,
        seq=seq,
    )


def request_event(**changes: Any) -> Event:
    """Another system asks that RECEIVER be told."""
    number = next(_numbers)
    data = {
        "recipient": {"facility_id": RECEIVER},
        "class": "normal",
        "template": "notice",
        "values": {"text": "Training on Thursday"},
        **changes,
    }
    return Event(
        id=f"req-{number}",
        type="notification.requested",
        source="urn:example:training",
        subject=RECEIVER,
        time=utc_now(),
        data=data,
        key=RECEIVER,
    )


def notice_event(facility_id: str, id_: str = "prt_00opaque00000000000000:1") -> Event:
    """A desk has something to read that must not be spoken of."""
    return Event(
        id=id_,
        type="notice.due",
        source="ihala/referrals",
        subject=id_.partition(":")[0],
        time=utc_now(),
        data={"facility_id": facility_id},
        key=id_.partition(":")[0],
        seq=1,
    )
