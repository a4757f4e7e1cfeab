"""``POST /v1/referrals`` with everything on, against a bare insert behind the same gunicorn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Any

from bench.ground import SERVICE, facility_id, floor, fresh_stack, start_referrals
from bench.load import NUMBER, Load, per_second
from bench.measure import Figure, Question, paired
from bson import encode

from ihala.mongo import Database, Document
from ihala_local.stack import Stack

_FLOOR = "bare Flask endpoint, one insert"
SENT = Question("POST /v1/referrals, sent at once", _FLOOR, "req/s", at_least=0.6)
DRAFT = Question("POST /v1/referrals, a draft", _FLOOR, "req/s")
GROWTH = Question("POST /v1/referrals, at 10 × the data", "the same before", "req/s", at_least=0.8)
_NUMBER = NUMBER.decode()
_SENDER, _RECEIVER = facility_id(1), facility_id(2)
_AT_ONCE = 1000


def compare(documents: int, seconds: float, rounds: int) -> list[Figure]:
    """Throughput of both; then ours over ten times as many documents against ours over these."""
    with ExitStack() as grounds:
        stack, more = (grounds.enter_context(fresh_stack()) for _ in range(2))
        sent, draft = _load(stack, send=True), _load(stack, send=False)
        database = _filled(stack, sent, documents)
        port = grounds.enter_context(floor(stack, _size(database)))
        bare = Load(port, _request("/", send=True, headers={}), 201)
        ours, theirs, other = (partial(per_second, it, seconds) for it in (sent, bare, draft))
        many = _load(more, send=True)
        _filled(more, many, 10 * documents)
        return [
            paired(SENT, ours, theirs, rounds),
            paired(DRAFT, other, theirs, rounds),
            paired(GROWTH, partial(per_second, many, seconds), ours, rounds),
        ]


def _filled(stack: Stack, load: Load, documents: int) -> Database[Document]:
    """The database with so many referrals, which are copies of ones that were made by request."""
    database = start_referrals(stack, 100)
    per_second(load, 0.5)
    referrals = database["referrals"].with_options(write_concern=None)
    copies = _copies(list(referrals.find().limit(100)), documents)
    while some := list(islice(copies, _AT_ONCE)):
        referrals.insert_many(some, ordered=False)
    return database


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


def _load(stack: Stack, *, send: bool) -> Load:
    token = stack.issuer.token("bench@example.org", roles=["clinic"], facilities=[_SENDER])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-key-{_NUMBER}"}
    return Load(
        stack.ports["referrals"], _request("/v1/referrals", send=send, headers=headers), 201
    )


def _request(path: str, *, send: bool, headers: dict[str, str]) -> bytes:
    body = json.dumps(_body(send=send), ensure_ascii=False).encode()
    whole = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in whole.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


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
