"""A backup that is taken while people work, restored elsewhere: the same, and nobody told twice."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from typing import Any

import httpx
import pytest
from bson.raw_bson import RawBSONDocument
from tests.faults.bookkeeping import Books
from tests.faults.traffic import Clinic, Clinics, Numbers, refer_and_answer
from tests.journeys.backups import Backup, first_client, ihala, nobody_is_told, raw

from ihala.mongo import Document
from ihala.testing.waiting import wait_for
from ihala_local.people import editor_token
from ihala_local.sample import Sample, put_in
from ihala_local.stack import Stack

pytestmark = [pytest.mark.xdist_group("backup"), pytest.mark.timeout(1200)]

TOLD_OF = ("referral.sent", "referral.accepted")
BEFORE = 40


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("first"))
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def sample(first: Stack) -> Sample:
    return put_in(first.url("registry"), editor_token(first.issuer), first.places.sample_file)


def clinics(stack: Stack, sample: Sample) -> tuple[Clinic, Clinic]:
    return (
        Clinic.at(sample.clinic_a, stack.issuer, "sender"),
        Clinic.at(sample.clinic_b, stack.issuer, "receiver"),
    )


def matches(stack: Stack, clinic: Clinic) -> list[object]:
    answer = httpx.get(
        f"{stack.url('referrals')}/v1/matches",
        params={"service": "dialysis", "facility_id": clinic.facility_id},
        headers={"Authorization": f"Bearer {clinic.token}"},
    )
    found: list[object] = answer.json()["matches"] if answer.is_success else []
    return found


@pytest.fixture(scope="module")
def backup(first: Stack, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """Taken in the middle of the work: some referrals are made, some under way, some to come."""
    sender, receiver = clinics(first, sample)
    wait_for(lambda: matches(first, sender), deadline_s=120)
    refer_and_answer(first.url("referrals"), sender, receiver, range(BEFORE))
    numbers = Numbers(count(BEFORE))
    clinics_at_work = Clinics(first.url("referrals"), sender, receiver)
    working = threading.Thread(target=clinics_at_work.work, args=[numbers])
    working.start()
    folder = tmp_path_factory.mktemp("backups")
    with closing(first_client(first)) as client, nobody_is_told(first):
        known = client["ihala_referrals"]["referrals"].estimated_document_count
        wait_for(lambda: known() > BEFORE + 20, deadline_s=120, what="work to be under way")
        said = ihala(first.places.folder, "backup", "make", str(folder))
    numbers.end()
    working.join()

    assert said.returncode == 0, said.stdout + said.stderr
    assert "all at cluster time" in said.stdout
    return Backup(next(folder.iterdir()))


def test_it_is_of_one_moment_with_work_on_both_sides_of_it(first: Stack, backup: Backup) -> None:
    """No notification without its referral, and no event sent that no history holds."""
    referrals = backup.documents("ihala_referrals.referrals")
    notifications = backup.documents("ihala_notifications.notifications").values()
    causes = {it["cause"]["event_id"] for it in notifications if it["cause"]["type"] in TOLD_OF}
    events = {entry["id"] for it in referrals.values() for entry in it["history"]}
    to_tell = {
        entry["id"]
        for it in referrals.values()
        for entry in it["history"]
        if entry["type"] in TOLD_OF
    }

    with closing(first_client(first)) as client:
        in_the_end = client["ihala_referrals"]["referrals"].count_documents({})

    assert BEFORE < len(referrals) < in_the_end
    assert causes <= events
    assert to_tell - causes, "nothing was cut through between the services: make more meanwhile"


def test_every_version_in_it_is_one_that_was(first: Stack, backup: Backup) -> None:
    """What a document's history had become later begins with what the backup holds of it."""
    with closing(first_client(first)) as client:
        now = {it["_id"]: it for it in client["ihala_referrals"]["referrals"].find()}

    for id_, kept in backup.documents("ihala_referrals.referrals").items():
        entries = [dict(entry) for entry in kept["history"]]
        assert [entry["id"] for entry in entries] == [
            entry["id"] for entry in now[id_]["history"][: len(entries)]
        ]


@dataclass(frozen=True)
class Restored:
    """Another machine: its stack after all came to rest, and what it was restored to."""

    stack: Stack
    at_once: dict[str, dict[Any, bytes]]
    again: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def second(
    first: Stack, backup: Backup, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Restored]:
    """Its own MongoDB, an empty broker, nothing in common but the secrets and the backup."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copytree(first.places.secrets, folder / "secrets")
    shutil.copytree(first.places.folder / "issuer", folder / "issuer")
    stack = Stack(folder)
    stack.mongod.start()
    said = ihala(folder, "restore", str(backup.folder))
    assert said.returncode == 0, said.stdout + said.stderr
    with closing(first_client(stack)) as client:
        at_once = {it.full_name: raw(client, it.full_name) for it in backup.manifest.collections}
    again = ihala(folder, "restore", str(backup.folder))
    stack.start()
    books = Books(stack)
    wait_for(
        lambda: all_told(books) and books.at_rest(0),
        deadline_s=400,
        what="the restored stack to come to rest",
        every_s=0.5,
    )
    books.close()
    yield Restored(stack, at_once, again)
    stack.stop()


def all_told(books: Books) -> bool:
    """Whether everybody who is to know of an event in the documents has a notification."""
    told = {it["cause"]["event_id"] for it in books.notifications["notifications"].find()}
    return all(id_ in told for id_ in events_to_tell(books))


def events_to_tell(books: Books) -> Iterator[str]:
    for referral in books.referrals["referrals"].find():
        yield from (it["id"] for it in referral["history"] if it["type"] in TOLD_OF)


def test_every_document_is_byte_for_byte_what_it_was(second: Restored, backup: Backup) -> None:
    for name, found in second.at_once.items():
        kept = backup.documents(name)
        assert found.keys() == kept.keys(), name
        if not name.endswith(".relay_topics"):
            assert all(found[id_] == bytes(it.raw) for id_, it in kept.items()), name


def test_nobody_restores_over_it_by_accident(second: Restored) -> None:
    assert second.again.returncode == 1
    assert "is not empty" in second.again.stderr
    assert "--replace" in second.again.stderr


def test_what_was_cut_through_is_completed(second: Restored, backup: Backup) -> None:
    """Each event of the documents has told those whom it concerns, exactly once."""
    books = Books(second.stack)
    counted = Counter(it["cause"]["event_id"] for it in books.notifications["notifications"].find())
    missing = set(events_to_tell(books)) - counted.keys()
    twice = [id_ for id_ in events_to_tell(books) if counted[id_] > 1]
    books.close()

    assert (missing, twice) == (set(), [])


def test_no_mail_that_was_sent_before_is_sent_again(second: Restored, backup: Backup) -> None:
    """And each that was not, once."""
    over = {
        message["id"]
        for it in backup.documents("ihala_notifications.notifications").values()
        for message in it["messages"]
        if message["state"] in {"accepted", "delivered"} and message["channel"] == "email"
    }
    sent = Counter(
        str(mail.message["Message-ID"]).strip("<>").partition("@")[0]
        for mail in second.stack.smtp.mails()
    )

    assert over
    assert sent
    assert over & sent.keys() == set()
    assert set(sent.values()) == {1}


def test_projections_and_inboxes_are_what_they_were(second: Restored, backup: Backup) -> None:
    """After every event came anew from the documents, over an empty broker."""
    books = Books(second.stack)
    facilities = {it["_id"]: it for it in books.referrals["facilities_v1"].find()}
    inboxes = {it["_id"]: inbox(it) for it in books.notifications["notifications"].find()}
    registry = {it["_id"]: it["version"] for it in books.registry["facilities"].find()}
    books.close()

    assert {id_: it["seq"] for id_, it in facilities.items()} == registry
    for id_, kept in backup.documents("ihala_referrals.facilities_v1").items():
        assert facilities[id_]["seq"] >= kept["seq"]
    for id_, it in backup.documents("ihala_notifications.notifications").items():
        assert inboxes[id_] == inbox(it), id_


def inbox(notification: Document | RawBSONDocument) -> tuple[Any, ...]:
    """What of a notification shows in an inbox."""
    at = notification.get("inbox_at")
    boxes = list(notification["inbox_of"])
    return boxes, at and at.replace(tzinfo=UTC), notification.get("acknowledged")


def test_people_are_read_again_and_the_work_goes_on(second: Restored, sample: Sample) -> None:
    sender, receiver = clinics(second.stack, sample)
    url = second.stack.url("referrals")
    headers = {"Authorization": f"Bearer {sender.token}"}

    page = httpx.get(f"{url}/v1/referrals", headers=headers, params={"limit": 1}, timeout=30)
    one = httpx.get(f"{url}/v1/referrals/{page.json()['items'][0]['id']}", headers=headers)
    made, _ = refer_and_answer(url, sender, receiver, range(5_000, 5_002))

    assert one.json()["person"]["name"].startswith("Somebody ")
    assert len(made) == 2
