"""Clinics that refer and answer, and do not give up: every request is repeated with its key."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from ihala.testing.tokens import Issuer

_AT_A_TIME = 25
_GIVE_UP_AFTER_S = 180
_TRY_AGAIN = frozenset({409, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Clinic:
    """Somebody at a facility, with a token."""

    facility_id: str
    token: str

    @classmethod
    def at(cls, facility_id: str, issuer: Issuer, name: str) -> Clinic:
        """A member of its staff."""
        return cls(facility_id, issuer.token(name, roles=["clinic"], facilities=[facility_id]))


@dataclass(frozen=True)
class Made:
    """What a clinic was told of one referral: the id it got each time it asked with its key."""

    number: int
    id: str


class Insisting:
    """An HTTP client that repeats a request, with the same key, until it has an answer."""

    def __init__(self, base_url: str, clinic: Clinic) -> None:
        headers = {"Authorization": f"Bearer {clinic.token}"}
        self._client = httpx.Client(base_url=base_url, headers=headers, timeout=10)
        self.repeated = 0

    def post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """The answer at last; raises AssertionError for a refusal that repeating cannot change."""
        until = time.monotonic() + _GIVE_UP_AFTER_S
        while True:
            answer = self._try(path, body, key)
            if answer is not None and answer.is_success:
                told: dict[str, Any] = answer.json()
                return told
            if answer is not None:
                assert answer.status_code in _TRY_AGAIN, (path, answer.text)
            assert time.monotonic() < until, f"{path} is not answered"
            self.repeated += 1
            time.sleep(0.1)

    def _try(self, path: str, body: dict[str, Any], key: str) -> httpx.Response | None:
        try:
            return self._client.post(path, json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return None


def refer_and_answer(
    url: str, sender: Clinic, receiver: Clinic, numbers: range, side_by_side: int = 4
) -> tuple[list[Made], int]:
    """Make one referral per number and accept it; what was made, and how often was repeated.

    Each of the clinics' people sends a few, then the answers to those are given, so that there is
    time for a mail to leave between the two.
    """

    def share(first: int) -> tuple[list[Made], int]:
        sending, receiving = Insisting(url, sender), Insisting(url, receiver)
        mine = numbers[first::side_by_side]
        made: list[Made] = []
        for start in range(0, len(mine), _AT_A_TIME):
            some = [_refer(n, sender, receiver, sending) for n in mine[start : start + _AT_A_TIME]]
            for one in some:
                path = f"/v1/referrals/{one.id}/offers/1/accept"
                receiving.post(path, {}, f"accept-{one.number}")
            made += some
        return made, sending.repeated + receiving.repeated

    with ThreadPoolExecutor(side_by_side) as pool:
        shares = list(pool.map(share, range(side_by_side)))
    return [made for share_, _ in shares for made in share_], sum(count for _, count in shares)


def _refer(number: int, sender: Clinic, receiver: Clinic, sending: Insisting) -> Made:
    body = {
        "priority": "routine",
        "service_code": "dialysis",
        "from_facility_id": sender.facility_id,
        "person": {"case_code": f"KILL-{number:05d}", "name": f"Somebody {number}"},
        "consent": {
            "status": "given",
            "given_by": "individual",
            "scope": [{"facility_id": receiver.facility_id, "fields": ["name"]}],
        },
        "shortlist": [receiver.facility_id],
        "send": True,
    }
    told = sending.post("/v1/referrals", body, f"make-{number}")
    return Made(number, str(told["id"]))
