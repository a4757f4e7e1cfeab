"""``POST /v1/referrals`` with everything on, against a bare insert behind the same gunicorn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Any

from bench.ground import SERVICE, facility_id, floor, fresh_stack, referrals, start_mongod
from bench.load import NUMBER, Load, per_second
from bench.measure import Figure, Question, figure, in_turn
from bson import encode
from pymongo import WriteConcern

from ihala.mongo import Database, Document
from ihala_local.stack import Stack

_FLOOR = "bare Flask endpoint, one insert"
WRITTEN = Question("POST /v1/referrals", _FLOOR, "req/s", at_least=0.6)
SENT = Question("POST /v1/referrals, and sent by the same request", _FLOOR, "req/s", at_least=0.6)
GROWTH = Question("the same, at 10 × the data", "the same before", "req/s", at_least=0.8)
_NUMBER = NUMBER.decode()
_SENDER, _RECEIVER = facility_id(1), facility_id(2)
_AT_ONCE = 1000


def compare(documents: int, seconds: float, rounds: int) -> list[Figure]:
    """Throughput of both; then ours over ten times as many documents against ours over these."""
    with ExitStack() as grounds:
        stack, more = (grounds.enter_context(fresh_stack()) for _ in range(2))
        database, other = (start_mongod(it, 100) for it in (stack, more))
        port, many = (grounds.enter_context(referrals(it)) for it in (stack, more))
        written, sent = (Load(port, _referral(stack, send=send), 201) for send in (False, True))
        grown = Load(many, _referral(more, send=True), 201)
        _fill(database, sent, documents)
        _fill(other, grown, 10 * documents)
        bare = grounds.enter_context(floor(stack, _size(database)))
        floored = Load(bare, _request("/", _body(send=True)), 201)
        loads = (written, floored, sent, grown)
        measures = (partial(per_second, load, seconds) for load in loads)
        drafts, floors, offers, offers_of_many = in_turn(*measures, rounds=rounds)
    return [
        figure(WRITTEN, drafts, floors),
        figure(SENT, offers, floors),
        figure(GROWTH, offers_of_many, offers),
    ]


def _fill(database: Database[Document], load: Load, documents: int) -> None:
    """Put in so many referrals, which are copies of ones that were made by request."""
    per_second(load, 0.5)
    unhurried = database["referrals"].with_options(write_concern=WriteConcern(1))
    copies = _copies(list(unhurried.find().limit(100)), documents)
    while some := list(islice(copies, _AT_ONCE)):
        unhurried.insert_many(some, ordered=False)


def _copies(originals: list[Document], documents: int) -> Iterator[Document]:
    for number in range(documents):
        key = {**originals[0]["idempotency"], "key": f"copy-{number}"}
        yield {
            **originals[number % len(originals)],
            "_id": f"ref_{number:026d}",
            "code": f"copy-{number}",
            "recognised_by": [number.to_bytes(16)],
            "idempotency": key,
        }


def _size(database: Database[Document]) -> int:
    """How many bytes a referral has that was made by request."""
    made = {"_id": {"$gt": "ref_0000000000z"}}
    return len(encode(database["referrals"].find_one(made) or {}))


def _referral(stack: Stack, *, send: bool) -> bytes:
    token = stack.issuer.token("bench@example.org", roles=["clinic"], facilities=[_SENDER])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-key-{_NUMBER}"}
    return _request("/v1/referrals", _body(send=send), headers)


def _request(path: str, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> bytes:
    content = json.dumps(body, ensure_ascii=False).encode()
    whole = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        **(headers or {}),
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in whole.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _body(*, send: bool) -> dict[str, Any]:
    disclosed = ["name", "sex", "birth_date", "phone", "reason", "clinical_summary"]
    return {
        "priority": "urgent",
        "service_code": SERVICE,
        "reason": "Missed two sessions; the nearest unit has no supplies.",
        "clinical_summary": "On haemodialysis since 2021, three sessions a week.",
        "requirements": ["wheelchair"],
        "person": {
            "case_code": f"HD-{_NUMBER}",
            "name": f"مريم الأحمد {_NUMBER}",
            "sex": "female",
            "birth_date": "1968-04-02",
            "phone": f"+963944{_NUMBER}",
            "languages": ["ar"],
            "disabilities": ["mobility"],
        },
        "consent": {
            "status": "given",
            "given_by": "individual",
            "scope": [{"facility_id": _RECEIVER, "fields": disclosed}],
            "contact": True,
        },
        "shortlist": [_RECEIVER],
        "send": send,
    }
