"""Something is away for a while: what must go on goes on, what must wait says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.faults.bookkeeping import Books
from tests.faults.traffic import Clinic, refer_and_answer

from ihala.testing.waiting import wait_for
from ihala_local.people import editor_token
from ihala_local.sample import Sample, put_in
from ihala_local.stack import Stack

pytestmark = pytest.mark.xdist_group("embedded-stack")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose dead stay dead until a test starts them."""
    stack = Stack(tmp_path_factory.mktemp("outages"))
    stack.start()
    stack.supervisor.stop()
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def sample(stack: Stack) -> Sample:
    sample = put_in(stack.url("registry"), editor_token(stack.issuer), stack.places.sample_file)
    sender = Clinic.at(sample.clinic_a, stack.issuer, "sender")
    wait_for(lambda: matches(stack, sender), deadline_s=60)
    return sample


def matches(stack: Stack, clinic: Clinic) -> list[object]:
    answer = httpx.get(
        f"{stack.url('referrals')}/v1/matches",
        params={"service": "dialysis", "facility_id": clinic.facility_id},
        headers={"Authorization": f"Bearer {clinic.token}"},
    )
    found: list[object] = answer.json()["matches"] if answer.is_success else []
    return found


def worker(stack: Stack, path: str) -> httpx.Response:
    port = stack.ports["referrals-worker-metrics"]
    return httpx.get(f"http://127.0.0.1:{port}{path}")


def waiting_tasks(stack: Stack) -> dict[str, str]:
    """What the worker's /readyz says it waits for, by task; it answers 503 then."""
    ready = worker(stack, "/readyz")
    waiting: dict[str, str] = ready.json().get("waiting_for", {})
    assert (ready.status_code == 503) == bool(waiting)
    return waiting


def unsent_age_s(stack: Stack) -> float:
    metrics = worker(stack, "/metrics").text
    found = re.search(r"^ihala_unsent_oldest_age_seconds\{.*\} (.+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_with_the_broker_away_clinics_work_on_and_events_follow(
    stack: Stack, sample: Sample
) -> None:
    """The web answers as before; readiness and the age of the oldest unsent event say so."""
    sender = Clinic.at(sample.clinic_a, stack.issuer, "sender")
    receiver = Clinic.at(sample.clinic_b, stack.issuer, "receiver")
    books = Books(stack)
    stack.broker.kill()

    made, repeated = refer_and_answer(stack.url("referrals"), sender, receiver, range(40))
    wait_for(lambda: unsent_age_s(stack) > 0, deadline_s=30)
    wait_for(lambda: "relay-0" in waiting_tasks(stack), deadline_s=30, what="the relay to say so")
    web = httpx.get(f"{stack.url('referrals')}/readyz")
    stack.broker.start()
    wait_for(lambda: worker(stack, "/readyz").status_code == 200, deadline_s=60)
    wait_for(lambda: books.at_rest(40), deadline_s=120, every_s=0.5)

    assert repeated == 0
    assert web.status_code == 200
    assert books.mistakes(made) == []
    books.close()


def test_with_the_database_away_the_web_says_so_and_comes_back(
    stack: Stack, sample: Sample
) -> None:
    """503 with a problem and when to ask again; no worker dies of it."""
    sender = Clinic.at(sample.clinic_a, stack.issuer, "sender")
    url = f"{stack.url('referrals')}/v1/referrals"
    headers = {"Authorization": f"Bearer {sender.token}"}
    stack.mongod.kill()

    answer = httpx.get(url, headers=headers, timeout=30)
    ready = httpx.get(f"{stack.url('referrals')}/readyz", timeout=30)
    stack.mongod.start()
    wait_for(lambda: httpx.get(url, headers=headers, timeout=30).is_success, deadline_s=60)
    wait_for(lambda: worker(stack, "/readyz").status_code == 200, deadline_s=60)

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert ready.status_code == 503
    assert all(part.process.is_alive() for part in stack.parts.values())


def test_a_setting_that_is_wrong_stops_the_start_and_is_named(tmp_path: Path) -> None:
    """Also in the web process, where gunicorn has started already."""
    environment = {name: value for name, value in os.environ.items() if "IHALA" not in name}
    for command in (
        [sys.executable, "-m", "ihala_registry.worker"],
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-b",
            "127.0.0.1:0",
            "ihala_registry.wsgi:application()",
        ],
    ):
        ended = subprocess.run(
            command,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert ended.returncode != 0
        assert "IHALA_MONGODB_URI: is missing" in ended.stdout + ended.stderr
