"""The embedded stack as people start it: the main job, a second start, deaths, `up` and `down`."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ihala.kept import find
from ihala.mongo import connect
from ihala.operations import installed
from ihala.testing.waiting import wait_for
from ihala_local import mailbox
from ihala_local.lock import AlreadyUpError
from ihala_local.mailbox import Mailbox
from ihala_local.places import ROOT, Places
from ihala_local.runner import running
from ihala_local.stack import Stack
from ihala_local.story import PERSON, tell
from ihala_local.trace import Trace

pytestmark = pytest.mark.xdist_group("embedded-stack")

PROCESSES = [
    f"{service}-{kind}"
    for service in ("registry", "referrals", "notifications")
    for kind in ("web", "worker")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@dataclass(frozen=True)
class FirstStart:
    """What `up`, the main job and `down` left behind."""

    up: subprocess.CompletedProcess[str]
    ready: int
    written: dict[str, Any]
    up_again: subprocess.CompletedProcess[str]
    referral: str
    down: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def first_start(folder: Path) -> FirstStart:
    places = Places(folder)
    up = local("up", folder)
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        written = description(places)
        ready = httpx.get(f"{written['referrals']}/readyz").status_code
        tell(places)
        referral = newest_referral(places)
        again = local("up", folder)
    finally:
        down = local("down", folder)
    return FirstStart(up, ready, written, again, referral, down)


def local(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ihala_local", command, "--folder", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "deploy" / "local")},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@pytest.fixture(scope="module")
def stack(folder: Path, first_start: FirstStart) -> Iterator[Stack]:
    """The stack on its second start, with the data of the first."""
    with running(folder, lambda _: None) as started:
        yield started


def description(places: Places) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(places.stack_file.read_text())
    return found


def get(places: Places, service: str, path: str, **query: Any) -> Any:
    written = description(places)
    headers = {"Authorization": f"Bearer {written['tokens']['clinic_a']}"}
    url = f"{written[service]}/v1/{path}"
    answer = httpx.get(url, headers=headers, params=query, timeout=30)
    answer.raise_for_status()
    return answer.json()


def newest_referral(places: Places) -> str:
    page = get(places, "referrals", "referrals", direction="outgoing", limit=1)
    return str(page["items"][0]["id"])


def test_up_returns_when_all_is_ready_and_can_be_said_twice(first_start: FirstStart) -> None:
    assert first_start.ready == 200
    assert first_start.up_again.returncode == 0
    assert first_start.written["registry"] in first_start.up.stdout


def test_down_leaves_nothing_running(first_start: FirstStart, tmp_path: Path) -> None:
    assert first_start.down.returncode == 0
    assert "Stopped" in first_start.down.stdout
    assert "Nothing runs" in local("down", tmp_path).stdout


def test_the_main_job_leads_to_a_closed_loop_that_outlives_a_restart(
    stack: Stack, first_start: FirstStart
) -> None:
    referral = get(stack.places, "referrals", f"referrals/{first_start.referral}")

    assert referral["status"] == "fulfilled"
    assert referral["closed_at"]


def test_after_a_restart_the_empty_topics_are_filled_from_the_documents(stack: Stack) -> None:
    def filled() -> set[str]:
        with closing(Trace(stack.broker.address, from_start=True)) as trace:
            trace.wait_for(lambda event: event.type == "referral.closed", what="a closed loop")
            return {told.topic for told in trace.told}

    assert {"registry.facilities", "referrals.events", "notifications.events"} <= filled()


def test_the_sample_is_there_once_after_two_starts(stack: Stack) -> None:
    sample = json.loads(stack.places.sample_file.read_text())["facilities"]
    found: set[str] = set()
    after: dict[str, str] = {}
    while True:
        page = get(stack.places, "registry", "facilities", limit=100, **after)
        found |= {facility["id"] for facility in page["items"]}
        if not page.get("next_cursor"):
            break
        after = {"cursor": page["next_cursor"]}

    assert found == set(sample.values())
    assert len(found) >= 60


def test_the_stack_file_says_how_to_reach_everything_and_is_private(stack: Stack) -> None:
    written = description(stack.places)

    assert {"registry", "referrals", "notifications", "kafka", "mongodb"} <= written.keys()
    assert {"smtp", "mail_dir", "tokens", "facilities"} <= written.keys()
    assert written["tokens"].keys() == {
        "registry_editor",
        "clinic_a",
        "clinic_b",
        "protection_a",
        "protection_b",
        "coordinator",
        "operator",
        "machine",
    }
    assert stat.S_IMODE(stack.places.stack_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(stack.places.secrets.stat().st_mode) == 0o700


@pytest.mark.parametrize("service", ["registry", "referrals", "notifications"])
def test_each_service_shows_its_documentation(stack: Stack, service: str) -> None:
    assert httpx.get(f"{stack.url(service)}/docs", follow_redirects=True).status_code == 200
    assert httpx.get(f"{stack.url(service)}/openapi.json").json()["openapi"].startswith("3.1")


def test_no_mail_names_the_person(stack: Stack) -> None:
    mails = stack.smtp.mails()

    assert mails
    for mail in mails:
        assert PERSON not in mail.text
        assert PERSON not in mail.subject


@pytest.mark.parametrize("name", [*PROCESSES, "smtp", "broker", "mongod"])
def test_a_process_that_is_killed_comes_back_by_itself(stack: Stack, name: str) -> None:
    part = stack.parts[name]
    before = part.process.pid

    part.kill()

    wait_for(
        lambda: part.process.is_alive() and part.process.pid != before,
        deadline_s=30,
        what=f"{name} to come back",
    )
    for service in ("registry", "referrals", "notifications"):
        wait_until_ready(f"{stack.url(service)}/readyz")


def wait_until_ready(url: str) -> None:
    wait_for(
        lambda: httpx.get(url, timeout=5).status_code == 200,
        deadline_s=60,
        what=url,
        retry_on=(httpx.TransportError,),
        every_s=0.1,
    )


def test_after_all_those_deaths_the_main_job_is_still_done(stack: Stack) -> None:
    tell(stack.places)

    newest = newest_referral(stack.places)
    assert get(stack.places, "referrals", f"referrals/{newest}")["closed_at"]


def test_a_folder_has_one_runner_at_a_time(stack: Stack, folder: Path) -> None:
    with pytest.raises(AlreadyUpError, match=f"process {os.getpid()}"), running(folder, print):
        pass


def test_a_mail_of_the_story_can_be_shown(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    newest = stack.smtp.mails()[-1]
    message_id = str(newest.message["Message-ID"])[1:].partition("@")[0]

    mailbox.show(Mailbox(stack.places.mail).copy_of(message_id))

    assert newest.recipients[0] in capsys.readouterr().out


@pytest.mark.parametrize("service", ["registry", "referrals", "notifications"])
def test_everything_in_the_databases_is_declared_with_its_indexes(
    stack: Stack, service: str
) -> None:
    """After all of the above: no collection without an owner, a retention and a reason."""
    declared = installed()[service].collections
    with closing(connect(stack.mongod.uri(f"ihala_{service}")).client) as client:
        database = client[f"ihala_{service}"]
        names = database.list_collection_names()
        indexes = {
            name: tuple(sorted(database[name].index_information().keys() - {"_id_"}))
            for name in names
        }

    assert [name for name in names if find(declared, name) is None] == []
    assert {
        name: (made, wanted)
        for name, made in indexes.items()
        if (kept := find(declared, name)) and made != (wanted := tuple(sorted(kept.indexes)))
    } == {}
