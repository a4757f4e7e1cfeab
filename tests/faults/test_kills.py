"""Everything is killed at random moments while referrals are made; nothing is lost or doubled."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.faults.bookkeeping import Books
from tests.faults.chaos import Chaos
from tests.faults.processes import Kill
from tests.faults.traffic import Clinic, refer_and_answer

from ihala.testing.waiting import wait_for
from ihala_local.people import editor_token
from ihala_local.sample import Sample, put_in
from ihala_local.stack import Stack

SEED = int(os.environ.get("IHALA_KILL_SEED", "1"))
REFERRALS = int(os.environ.get("IHALA_KILL_REFERRALS", "2000"))
NEVER_KILLED = "smtp"
"""The sink stands for somebody else's server, which keeps what it has accepted."""


def knows_the_facilities(stack: Stack, clinic: Clinic) -> bool:
    """Whether the referrals service has heard of the sample."""
    answer = httpx.get(
        f"{stack.url('referrals')}/v1/matches",
        params={"service": "dialysis", "facility_id": clinic.facility_id},
        headers={"Authorization": f"Bearer {clinic.token}"},
    )
    return answer.is_success and bool(answer.json()["matches"])


def started(folder: Path) -> tuple[Stack, Sample]:
    stack = Stack(folder)
    stack.start()
    return stack, put_in(stack.url("registry"), editor_token(stack.issuer), folder / "sample.json")


@pytest.mark.kills
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled_when_everything_is_killed_at_random(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    """Every referral is there once, every effect was applied once, every mail came at most once.

    A mail may be missing only where its message says that nobody knows (``unknown``).
    """
    stack, sample = started(tmp_path)
    books = Books(stack)
    try:
        sender = Clinic.at(sample.clinic_a, stack.issuer, "sender")
        receiver = Clinic.at(sample.clinic_b, stack.issuer, "receiver")
        wait_for(lambda: knows_the_facilities(stack, sender), deadline_s=60)
        victims = {name: part for name, part in stack.parts.items() if name != NEVER_KILLED}
        begun = time.monotonic()

        with Chaos([Kill(victims)], SEED) as chaos:
            made, repeated = refer_and_answer(
                stack.url("referrals"), sender, receiver, range(REFERRALS)
            )
        killing_s = time.monotonic() - begun
        wait_for(
            lambda: books.at_rest(REFERRALS),
            deadline_s=300,
            what="all to come to rest",
            every_s=1,
        )

        mistakes = books.mistakes(made)
        say(
            f"seed {SEED}: {REFERRALS} referrals in {killing_s:.0f} s, "
            f"{repeated} requests repeated, kills {dict(chaos.victims())}, "
            f"e-mails {dict(books.states())}, {len(mistakes)} mistakes"
        )
        assert mistakes == []
        assert len(chaos.log) >= killing_s / 5
    finally:
        books.close()
        stack.stop()
