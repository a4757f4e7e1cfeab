"""From HTTP 201 to the e-mail that the mail server accepted, against the same road by hand."""

from __future__ import annotations

import http.client
import json
import os
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from bench.measure import Figure, Question, paired
from kafka.admin import NewTopic

from ihala.events.kafka import KafkaSettings
from ihala.mongo import connect
from ihala.testing.waiting import wait_for
from ihala_local.stack import Stack

_TOPIC = "bench.by-hand"
QUESTION = Question(
    "HTTP 201 → e-mail accepted, p50",
    "insert + produce + consume + SMTP by hand",
    "ms",
    at_most=3.0,
)


def compare(stack: Stack, rounds: int) -> Figure:
    """Milliseconds of both, one mail at a time, the same sink saying when it accepted each."""
    described = json.loads(stack.places.stack_file.read_text(encoding="utf-8"))
    mails = _Mails(stack.places.mail)
    with _Referring(stack, described) as referring, _by_hand(stack) as by_hand:
        return paired(
            QUESTION,
            lambda: mails.accepted_after(referring.post),
            lambda: mails.accepted_after(by_hand),
            rounds,
        )


class _Mails:
    """The sink's folder, where a file's name is the moment when its mail was accepted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def accepted_after(self, begin: Callable[[], int]) -> float:
        """Milliseconds from the moment that ``begin`` returns to the mail that follows."""
        known = self._names()
        began_ns = begin()
        name = wait_for(
            lambda: min(self._names() - known, default=None),
            deadline_s=30,
            what="the mail",
            every_s=0.005,
        )
        return (int(name.partition("-")[0]) - began_ns) / 1e6

    def _names(self) -> set[str]:
        return {file.name for file in self._folder.glob("*.eml")}


class _Referring:
    """One clinic that refers people, each referral sent at once."""

    def __init__(self, stack: Stack, described: dict[str, Any]) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", stack.ports["referrals"])
        self._token = described["tokens"]["clinic_a"]
        self._receiver = described["facilities"]["clinic_b"]
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self) -> int:
        """Refer somebody; the moment of the 201 in nanoseconds."""
        self._count += 1
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"bench-mail-{os.urandom(8).hex()}",
        }
        self._http.request("POST", "/v1/referrals", json.dumps(self._body()), headers)
        answer = self._http.getresponse()
        answered_ns = time.time_ns()
        text = answer.read()
        if answer.status != http.client.CREATED:
            raise RuntimeError(text.decode(errors="replace"))
        return answered_ns

    def _body(self) -> dict[str, Any]:
        return {
            "priority": "urgent",
            "service_code": "dialysis",
            "person": {"case_code": f"BENCH-{self._count}"},
            "consent": {
                "status": "given",
                "scope": [{"facility_id": self._receiver, "fields": ["case_code"]}],
            },
            "shortlist": [self._receiver],
            "send": True,
        }


@contextmanager
def _by_hand(stack: Stack) -> Iterator[Callable[[], int]]:
    """One insert, one produce, one consume and one SMTP transaction, with every client warm."""
    kafka = KafkaSettings((stack.broker.address,), session_timeout_ms=2000)
    with closing(kafka.admin()) as admin:
        admin.create_topics([NewTopic(_TOPIC, 1, 1)])
    collection = connect(stack.mongod.uri("bench"))["by_hand"]
    host, _, port = stack.smtp.address.partition(":")
    with (
        closing(kafka.producer()) as producer,
        closing(kafka.consumer(None)) as consumer,
        smtplib.SMTP(host, int(port)) as smtp,
    ):
        consumer.subscribe([_TOPIC])

        def run() -> int:
            began_ns = time.time_ns()
            collection.insert_one({"_id": os.urandom(8).hex(), "filling": bytes(3000)})
            producer.send(_TOPIC, value=bytes(500)).get(timeout=10)
            while not consumer.poll(timeout_ms=1000):
                pass
            smtp.sendmail("bench@example.org", ["desk@example.org"], _MAIL)
            return began_ns

        yield run


_MAIL = b"Subject: by hand\r\nTo: desk@example.org\r\n\r\n" + b"One line of a mail.\r\n" * 20
