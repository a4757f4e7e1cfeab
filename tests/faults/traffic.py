"""Clinics that refer and answer, and do not give up: every request is repeated with its key."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import httpx

from ihala.testing.tokens import Issuer

_AT_A_TIME = 25
_GIVE_UP_AFTER_S = 240
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


@dataclass(frozen=True)
class Story:
    """What the receiver does with each offer, and what must come of the whole referral.

    ``told`` says which event tells whom; ``mails`` which of them by e-mail, beside the inbox.
    """

    answers: tuple[tuple[str, Mapping[str, Any]], ...]
    history: tuple[str, ...]
    told: Mapping[str, str]
    mails: frozenset[str]


ACCEPTED = Story(
    answers=(("accept", {}),),
    history=("referral.created", "referral.sent", "referral.accepted"),
    told={"referral.sent": "receiver", "referral.accepted": "sender"},
    mails=frozenset({"referral.sent", "referral.accepted"}),
)
COMPLETED = Story(
    answers=(*ACCEPTED.answers, ("arrive", {}), ("complete", {"outcome": "treated"})),
    history=(*ACCEPTED.history, "referral.arrived", "referral.completed"),
    told={
        **ACCEPTED.told,
        "referral.arrived": "sender",
        "referral.completed": "sender",
    },
    mails=ACCEPTED.mails | {"referral.completed"},
)


class Posting(Protocol):
    """Whoever gets answers to what is posted, and counts them and what was sent again."""

    answered: int
    repeated: int

    def post(self, path: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The answer to a POST with this key."""


class Insisting:
    """An HTTP client that repeats a request, with the same key, until it has an answer."""

    def __init__(self, base_url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=base_url, headers=headers, timeout=10)
        self.answered = 0
        self.repeated = 0

    def post(self, path: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The answer to a POST with this key; see ``send``."""
        return self.send("POST", path, body, {"Idempotency-Key": key})

    def send(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """The answer at last; raises AssertionError for a refusal that repeating cannot change."""
        until = time.monotonic() + _GIVE_UP_AFTER_S
        while True:
            answer = self._try(method, path, body, headers)
            if answer is not None and answer.is_success:
                self.answered += 1
                told: dict[str, Any] = answer.json()
                return told
            if answer is not None:
                assert answer.status_code in _TRY_AGAIN, (path, answer.text)
            assert time.monotonic() < until, f"{path} is not answered"
            self.repeated += 1
            time.sleep(0.1)

    def _try(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response | None:
        try:
            return self._client.request(method, path, json=dict(body), headers=dict(headers))
        except httpx.TransportError:
            return None


class Numbers:
    """Numbers of referrals to be made, shared by several threads, at most ``per_s`` a second."""

    def __init__(self, numbers: Iterable[int], per_s: float = float("inf")) -> None:
        self._numbers = iter(numbers)
        self._every_s = 1 / per_s
        self._next_at = time.monotonic()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def take(self, count: int) -> list[int]:
        """The next ones; none when there are no more, or all is over."""
        with self._lock:
            wait_s = self._next_at - time.monotonic()
            if self._over.wait(max(0.0, wait_s)):
                return []
            taken = list(islice(self._numbers, count))
            self._next_at = max(self._next_at, time.monotonic()) + len(taken) * self._every_s
            return taken

    def end(self) -> None:
        """No more of them."""
        self._over.set()


@dataclass
class Traffic:
    """What came of it: the referrals, and how many requests were answered and repeated."""

    made: list[Made] = field(default_factory=list)
    answered: int = 0
    repeated: int = 0


@dataclass(frozen=True)
class Clinics:
    """Two clinics, the web that they use, and what they do."""

    url: str
    sender: Clinic
    receiver: Clinic
    story: Story = ACCEPTED

    def work(self, numbers: Numbers, side_by_side: int = 4) -> Traffic:
        """Make one referral per number and answer it.

        Each of the clinics' people sends a few, then the answers to those are given, so that there
        is time for a mail to leave between the two.
        """
        with ThreadPoolExecutor(side_by_side) as pool:
            shares = list(pool.map(lambda _: self._share(numbers), range(side_by_side)))
        return Traffic(
            [made for share in shares for made in share.made],
            sum(share.answered for share in shares),
            sum(share.repeated for share in shares),
        )

    def client(self, clinic: Clinic) -> Posting:
        """What one of a clinic's people uses."""
        return Insisting(self.url, clinic.token)

    def _share(self, numbers: Numbers) -> Traffic:
        sending, receiving = self.client(self.sender), self.client(self.receiver)
        made: list[Made] = []
        while taken := numbers.take(_AT_A_TIME):
            some = [self._refer(number, sending) for number in taken]
            for action, body in self.story.answers:
                for one in some:
                    path = f"/v1/referrals/{one.id}/offers/1/{action}"
                    receiving.post(path, body, f"{action}-{one.number}")
            made += some
        clients = (sending, receiving)
        return Traffic(made, sum(c.answered for c in clients), sum(c.repeated for c in clients))

    def _refer(self, number: int, sending: Posting) -> Made:
        body = {
            "priority": "routine",
            "service_code": "dialysis",
            "from_facility_id": self.sender.facility_id,
            "person": {"case_code": f"KILL-{number:05d}", "name": f"Somebody {number}"},
            "consent": {
                "status": "given",
                "given_by": "individual",
                "scope": [{"facility_id": self.receiver.facility_id, "fields": ["name"]}],
            },
            "shortlist": [self.receiver.facility_id],
            "send": True,
        }
        told = sending.post("/v1/referrals", body, f"make-{number}")
        return Made(number, str(told["id"]))


def refer_and_answer(
    url: str, sender: Clinic, receiver: Clinic, numbers: range
) -> tuple[list[Made], int]:
    """Make one referral per number and accept it; what was made, and how often was repeated."""
    traffic = Clinics(url, sender, receiver).work(Numbers(numbers))
    return traffic.made, traffic.repeated


def report_capacities(
    client: Insisting, facilities: Iterable[str], over: threading.Event, every_s: float = 0.5
) -> None:
    """Report what the dialysis of one facility after the other can take, until it is over."""
    for number, facility_id in enumerate(facilities):
        if over.wait(every_s):
            return
        path = f"/v1/facilities/{facility_id}/services/dialysis/capacity"
        client.send("PUT", path, {"unit": "chair", "maximum": 500, "available": number % 500}, {})
