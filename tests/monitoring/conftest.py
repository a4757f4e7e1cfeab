"""The embedded stack after one referral, posted with a correlation id that tests look for."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ihala.testing.waiting import wait_for
from ihala_local.environments import SERVICES
from ihala_local.runner import running
from ihala_local.stack import Stack

NAME = "سلمى الخطيب"
PHONE = "+963944987654"
SAFE_ADDRESS = "safe-salma@person.example.org"
NOTE = "Dialysed without trouble."
WORDS = "Missed two sessions of haemodialysis."
PROCESSES = [f"{service}-{kind}" for service in SERVICES for kind in ("web", "worker")]


@dataclass(frozen=True)
class Followed:
    """One click, and what came of it."""

    stack: Stack
    described: dict[str, Any]
    correlation_id: str
    trace_id: str
    referral_id: str
    notification: dict[str, Any]

    def metrics(self, process: str) -> str:
        """What a process serves for Prometheus."""
        port = self.stack.ports[f"{process}-metrics"]
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text

    def log(self, process: str) -> str:
        """All that a process has logged."""
        return self.stack.places.log(process).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """A referral that was sent, heard of, mailed, accepted and completed."""
    with running(tmp_path_factory.mktemp("seeing"), lambda _: None) as stack:
        yield follow(stack)


def follow(stack: Stack) -> Followed:
    """Post a referral with a correlation id and a trace, and wait until its mail is taken."""
    described = json.loads(stack.places.stack_file.read_text(encoding="utf-8"))
    correlation, trace = f"click-{secrets.token_hex(6)}", secrets.token_hex(16)
    thread = {"X-Correlation-Id": correlation, "traceparent": f"00-{trace}-{'1' * 16}-01"}
    until_known(described)
    made = call(described, "clinic_a", "referrals", "POST", "referrals", new(described), thread)
    assert made["correlation"] == correlation
    id_ = made["body"]["id"]
    notification = wait_for(
        lambda: taken(described, id_), deadline_s=60, every_s=0.2, what="the mail to be taken"
    )
    offer = f"referrals/{id_}/offers/1"
    call(described, "clinic_b", "referrals", "POST", f"referrals/{id_}/open", {}, thread)
    call(described, "clinic_b", "referrals", "POST", f"{offer}/accept", {}, thread)
    outcome = {"outcome": "treated", "note": NOTE}
    call(described, "clinic_b", "referrals", "POST", f"{offer}/complete", outcome, thread)
    for service in SERVICES:
        assert httpx.get(f"{described[service]}/v1/nothing-here", timeout=30).status_code == 404
    return Followed(stack, described, correlation, trace, id_, notification)


def until_known(described: dict[str, Any]) -> None:
    """Wait until referrals have heard of the facilities."""
    place = described["facilities"]
    query = {"service": "dialysis", "facility_id": place["clinic_a"], "priority": "urgent"}
    headers = {"Authorization": f"Bearer {described['tokens']['clinic_a']}"}
    url = f"{described['referrals']}/v1/matches"

    def known() -> bool:
        found = httpx.get(url, params=query, headers=headers, timeout=30)
        ids = [it["facility_id"] for it in found.json().get("matches", ())]
        return place["clinic_b"] in ids

    wait_for(known, deadline_s=60, every_s=0.2, what="the facilities to be known")


def new(described: dict[str, Any]) -> dict[str, Any]:
    """A referral full of what must never leave."""
    clinic_a, clinic_b = described["facilities"]["clinic_a"], described["facilities"]["clinic_b"]
    return {
        "service_code": "dialysis",
        "priority": "urgent",
        "from_facility_id": clinic_a,
        "clinical_summary": WORDS,
        "person": {
            "name": NAME,
            "phone": PHONE,
            "safe_contact": {"channel": "email", "value": SAFE_ADDRESS, "language": "ar"},
        },
        "consent": {
            "status": "given",
            "given_by": "individual",
            "scope": [{"facility_id": clinic_b, "fields": ["name", "phone"]}],
            "contact": True,
        },
        "shortlist": [clinic_b],
        "send": True,
    }


def call(
    described: dict[str, Any],
    who: str,
    service: str,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A request in the name of somebody of the sample."""
    answer = httpx.request(
        method,
        f"{described[service]}/v1/{path}",
        json=body,
        headers={"Authorization": f"Bearer {described['tokens'][who]}", **(headers or {})},
        timeout=30,
    )
    assert answer.is_success, answer.text
    return {"body": answer.json(), "correlation": answer.headers["X-Correlation-Id"]}


def taken(described: dict[str, Any], referral_id: str) -> dict[str, Any] | None:
    """The trace of the notification to the receiver's desk, once its mail was taken."""
    path = f"notifications?referral_id={referral_id}"
    items = call(described, "clinic_b", "notifications", "GET", path)["body"]["items"]
    for item in items:
        states = {it["channel"]: it["state"] for it in item["messages"]}
        if states.get("email") == "accepted":
            trace = call(
                described, "clinic_b", "notifications", "GET", f"notifications/{item['id']}/trace"
            )
            found: dict[str, Any] = trace["body"]
            return found
    return None
