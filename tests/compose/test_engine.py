"""docker-compose.yml on a real engine, from images made of packages: `make test-compose`."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from tests.compose.deployment import GATEWAY, ROOT, SERVICES, Deployment
from tests.compose.engine import Engine, spoken

from ihala.events.kafka import KafkaSettings
from ihala.events.topics import TOPICS
from ihala.testing.smtp_sink import read_mail
from ihala.testing.waiting import wait_for
from ihala_local import people, sample
from ihala_local.story import Story

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]

STAYING = tuple(
    name
    for name, service in yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
        "services"
    ].items()
    if service["restart"] != "no"
)


@pytest.fixture(scope="module")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line past pytest's capturing."""
    began = time.monotonic()
    capturing = request.config.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        with capturing.global_and_fixture_disabled():
            print(f"\n{time.monotonic() - began:5.0f} s  {text}", end="")  # noqa: T201

    return line


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    part = Engine(Path(tempfile.mkdtemp(prefix="ihala-engine-")))
    try:
        part.start()
        yield part
    finally:
        part.stop()


@pytest.fixture(scope="module")
def images(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The images, as a server without a network gets them: from an archive and from nowhere else.

    IHALA_IMAGES names an archive that ``deploy/images --save`` has written before.
    """
    archive = os.environ.get("IHALA_IMAGES")
    if archive is None:
        archive = str(tmp_path_factory.mktemp("archive") / "images.tar.gz")
        maker = [str(ROOT / "deploy" / "images"), "--save", archive]
        spoken(maker, engine.environment, within_s=1500)
        engine.run("image", "prune", "--all", "--force")
        assert engine.run("image", "ls", "--quiet").split() == []
    engine.run("load", "--input", archive, within_s=600)
    named = engine.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    return {name.partition(":")[0]: name for name in named}


@pytest.fixture(scope="module")
def deployed(
    engine: Engine, images: dict[str, str], say: Callable[[str], None]
) -> Iterator[Deployment]:
    say(f"images: {', '.join(sorted(images.values()))}")
    folder = Path(tempfile.mkdtemp(prefix="ihala-compose-"))
    folder.chmod(0o755)
    deployment = Deployment(engine, folder, images["python"])
    try:
        deployment.up()
        say("all containers are well")
        yield deployment
    finally:
        deployment.down("--volumes", "--timeout", "5")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def trusted(deployed: Deployment) -> Iterator[None]:
    """Our own HTTP clients believe the authority that ``deploy/secrets`` made, and no other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(deployed.secrets / "authority_certificate"))
        yield


class StoryThroughTheGateway(Story):
    """The main job as `make run` tells it, by HTTPS; it does not look into the topics."""

    def __init__(self, stack: dict[str, Any]) -> None:
        super().__init__(stack, trace=None)  # type: ignore[arg-type]

    def _report(self) -> None:
        capacity = {"unit": "chair", "maximum": 12, "available": 3}
        self._registry.put(f"facilities/{self._b}/services/dialysis/capacity", capacity)

    def _events(self) -> None:
        """The topics are read by the broker's own tests."""

    def end(self) -> None:
        """Close the connections of its people."""
        for api in (self._registry, self._clinic, self._hospital, self._clinic_is):
            api.close()
        self._hospital_is.close()

    def is_closed(self) -> bool:
        """Whether the referral of this story is found, closed."""
        found = self._clinic.get(f"referrals/{self._referral}", quietly=True)
        return found["closed_at"] is not None


@pytest.fixture(scope="module")
def stack(deployed: Deployment) -> dict[str, Any]:
    """What the story needs to know: addresses, tokens, and the ids of the facilities."""
    editor = people.editor_token(deployed.issuer)
    made = sample.put_in(
        f"{GATEWAY}/registry",
        editor,
        deployed.folder / "sample.json",
        only=lambda facility: (
            "dialysis" in str(facility["services"]) or facility["key"].startswith("kafr-takharim")
        ),
    )
    places = {"clinic_a": made.clinic_a, "clinic_b": made.clinic_b}
    return {name: f"{GATEWAY}/{name}" for name in SERVICES} | {
        "tokens": people.tokens(deployed.issuer, places, made.organisation),
        "facilities": places,
        "mail_dir": str(deployed.mail),
    }


@pytest.fixture(scope="module")
def told(stack: dict[str, Any]) -> Iterator[StoryThroughTheGateway]:
    """A story told to its end, before anything was restarted."""
    with closing_story(stack) as story:
        story.tell()
        yield story


@contextmanager
def closing_story(stack: dict[str, Any]) -> Iterator[StoryThroughTheGateway]:
    story = StoryThroughTheGateway(stack)
    try:
        yield story
    finally:
        story.end()


def test_all_is_well_and_what_prepares_has_ended(deployed: Deployment) -> None:
    found = deployed.containers()

    assert set(STAYING) | {"mail", "mongo-init", "kafka-init"} == found.keys()
    for name in ("mongo-init", "kafka-init"):
        assert found[name]["State"]["Status"] == "exited"
        assert found[name]["State"]["ExitCode"] == 0
    assert [found[name]["State"]["Health"]["Status"] for name in STAYING] == ["healthy"] * len(
        STAYING
    )


def test_the_main_job_is_done_through_the_gateway(told: StoryThroughTheGateway) -> None:
    assert told.is_closed()


def test_the_link_in_a_mail_leads_to_the_referral(
    deployed: Deployment, told: StoryThroughTheGateway, stack: dict[str, Any]
) -> None:
    own = {"Authorization": f"Bearer {stack['tokens']['clinic_b']}"}
    texts = [read_mail(file).text for file in sorted(deployed.mail.glob("*.eml"))]

    links = {link for text in texts for link in re.findall(r"https://\S+/ref_\w+", text)}

    assert links
    assert [httpx.get(link, headers=own).status_code for link in links] == [200] * len(links)


def test_only_the_gateway_and_the_broker_are_published(deployed: Deployment) -> None:
    published = {
        (name, binding["HostIp"], binding["HostPort"])
        for name, one in deployed.containers().items()
        for bindings in (one["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings
    }

    assert published == {
        ("gateway", "127.0.0.1", "8443"),
        ("gateway", "127.0.0.1", "8080"),
        ("kafka", "127.0.0.1", "9094"),
    }


_TRIES_TO_WRITE = """
cat /proc/1/status
for folder in / /etc /usr /opt /var; do
    if touch $folder/tried 2> /dev/null; then echo WROTE; fi
done
"""


@pytest.mark.parametrize("name", STAYING)
def test_nothing_runs_as_root_or_writes_to_its_image(
    deployed: Deployment, engine: Engine, name: str
) -> None:
    container = deployed.containers()[name]["Id"]

    said = engine.run("exec", container, "sh", "-c", _TRIES_TO_WRITE)

    facts = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    assert "0" not in facts["Uid"].split()
    assert "0" not in facts["Gid"].split()
    assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert "WROTE" not in said


_OPENS_DATABASES = """
import json, pymongo, sys
uri = open(f"/run/secrets/{sys.argv[1]}_mongodb_uri").read()
client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=5000)
def may(act):
    try:
        act()
    except pymongo.errors.OperationFailure as error:
        return error.code
    return True
print(json.dumps({name: [
    may(lambda: client[name].command("listCollections")),
    may(lambda: client[name]["tried"].find_one()),
    may(lambda: client[name]["tried"].insert_one({"_id": "tried"})),
] for name in sys.argv[2:]}))
"""


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_opens_its_own_database_and_no_other(deployed: Deployment, name: str) -> None:
    databases = [f"ihala_{other}" for other in SERVICES if other != name]

    found = deployed.python(f"{name}-web", _OPENS_DATABASES, name, "admin", "local", *databases)
    own = deployed.python(f"{name}-web", _OPENS_DATABASES.replace("insert_one", "delete_one"),
                          name, f"ihala_{name}")  # fmt: skip

    unauthorised = 13
    assert found.keys() == {"admin", "local", *databases}
    assert all(answer == [unauthorised] * 3 for answer in found.values())
    assert own == {f"ihala_{name}": [True, True, True]}


_WRITES_TOPICS = """
import json, os, sys
from kafka.errors import KafkaError
from ihala.events.kafka import KafkaSettings
password = open(os.environ["IHALA_KAFKA_PASSWORD_FILE"]).read()
name = os.environ["IHALA_KAFKA_USERNAME"]
producer = KafkaSettings(("kafka:9092",), "SASL_PLAINTEXT", name, password).producer()
answers = {}
for topic in sys.argv[1:]:
    try:
        producer.send(topic, b"{}", key=b"tried").get(10)
        answers[topic] = "written"
    except KafkaError as error:
        answers[topic] = type(error).__name__
producer.close(timeout=2)
print(json.dumps(answers))
"""


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_writes_no_topic_of_another(deployed: Deployment, name: str) -> None:
    others = [topic.name for topic in TOPICS.values() if topic.writer != name]

    answers = deployed.python(f"{name}-worker", _WRITES_TOPICS, *others)

    refused = {"TopicAuthorizationFailedError"}
    assert answers.keys() == set(others)
    assert set(answers.values()) == refused, answers


def publisher(deployed: Deployment, password: str) -> KafkaSettings:
    authority = str(deployed.secrets / "authority_certificate")
    return KafkaSettings(("localhost:9094",), "SASL_SSL", "publishers", password, authority)


def test_other_systems_sign_in_by_tls_and_write_no_topic_of_ours(deployed: Deployment) -> None:
    password = (deployed.secrets / "kafka_publishers_password").read_text()
    producer = publisher(deployed, password).producer()

    try:
        outside = [topic.name for topic in TOPICS.values() if topic.from_outside]
        assert all(producer.partitions_for(name) for name in outside)
        for topic in TOPICS.values():
            if not topic.from_outside:
                with pytest.raises(TopicAuthorizationFailedError):
                    producer.send(topic.name, b"{}", key=b"tried").get(10)
    finally:
        producer.close(timeout=2)


def test_a_wrong_password_is_refused_by_the_broker(deployed: Deployment) -> None:
    with pytest.raises(KafkaError):
        publisher(deployed, "guessed").producer()


_REACHES = """
import json, socket, sys
def reached(place):
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3).close()
    except OSError:
        return False
    return True
print(json.dumps([reached(place) for place in sys.argv[1:]]))
"""


def test_the_web_cannot_reach_the_broker_and_the_worker_not_the_web(deployed: Deployment) -> None:
    addresses = deployed.containers()["kafka"]["NetworkSettings"]["Networks"]
    broker = [f"{network['IPAddress']}:9092" for network in addresses.values()]

    assert not any(deployed.python("referrals-web", _REACHES, "kafka:9092", *broker))
    assert deployed.python("referrals-worker", _REACHES, "kafka:9092", "mongo:27017") == [True] * 2
    assert deployed.python("registry-worker", _REACHES, "gateway:8443") == [False]


def test_the_gateway_guards_what_it_passes_on(deployed: Deployment) -> None:
    answer = httpx.get(f"{GATEWAY}/registry/v1/facilities")
    plain = httpx.get("http://localhost:8080/registry/v1/facilities")
    unknown = httpx.get(f"{GATEWAY}/metrics")
    large = httpx.post(f"{GATEWAY}/registry/v1/facilities", content=b"x" * (17 * 2**20))

    assert answer.status_code == 401
    assert answer.headers["Strict-Transport-Security"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "/" not in answer.headers["Server"]
    assert (plain.status_code, plain.headers["Location"][:8]) == (308, "https://")
    assert unknown.status_code == 404
    assert unknown.json()["type"] == "urn:ihala:problem:not-found"
    assert large.status_code == 413
    assert large.json()["status"] == 413


def test_a_tag_that_the_gateway_made_weak_is_taken_back(stack: dict[str, Any]) -> None:
    own = {"Authorization": f"Bearer {stack['tokens']['registry_editor']}"}
    place = f"{GATEWAY}/registry/v1/facilities/{stack['facilities']['clinic_b']}"

    read = httpx.get(place, headers=own)
    changed = httpx.patch(
        place, headers=own | {"If-Match": read.headers["ETag"]}, json={"languages": ["ar", "en"]}
    )
    stale = httpx.patch(place, headers=own | {"If-Match": 'W/"1"'}, json={"languages": ["ar"]})

    assert read.headers["Content-Encoding"] == "gzip"
    assert changed.status_code == 200, changed.text
    assert stale.status_code == 412


def test_a_service_that_is_away_is_a_problem_document_and_comes_back(
    deployed: Deployment, engine: Engine, stack: dict[str, Any]
) -> None:
    container = deployed.containers()["referrals-web"]["Id"]
    place = f"{GATEWAY}/referrals/healthz"

    engine.run("stop", container)
    away = httpx.get(place, timeout=40)
    engine.run("start", container)

    assert away.status_code in (502, 504)
    assert away.json()["type"] == "urn:ihala:problem:unavailable"
    assert away.headers["Retry-After"] == "5"
    deployed.wait_until_well("referrals-web")
    wait_for(
        lambda: httpx.get(place).status_code == 200,
        deadline_s=30,
        what="the gateway to find it again",
        every_s=0.5,
    )


def test_what_the_gateway_itself_refuses_is_a_problem_document_too(stack: dict[str, Any]) -> None:
    """More than its burst of 200, without waiting for the answers."""
    asked = b"GET /registry/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 600
    trusting = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    said = b""

    with (
        socket.create_connection(("localhost", 8443), 10) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as gateway,
    ):
        gateway.sendall(asked)
        while b"}" not in (limited := said.partition(b" 429 ")[2]):
            said += gateway.recv(65_536)

    head, _, body = limited.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert b"Retry-After: 1" in head
    assert b"urn:ihala:problem:too-many-requests" in body
    time.sleep(4)  # The gateway forgets 50 requests a second; the next test is not to meet them.


def test_the_gateway_speaks_no_old_tls(deployed: Deployment) -> None:
    old = ssl.create_default_context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{GATEWAY}/registry/v1/facilities", verify=old)


def test_no_secret_is_in_a_log_or_an_environment(deployed: Deployment, engine: Engine) -> None:
    found = json.dumps(deployed.containers()) + deployed.compose("logs", "--no-color")

    passwords = [*deployed.secrets.glob("*_password"), *deployed.secrets.glob("*_key")]
    for file in passwords:
        secret = file.read_text().strip()
        assert not secret or secret not in found, file.name


def test_every_container_can_be_restarted(
    deployed: Deployment,
    engine: Engine,
    told: StoryThroughTheGateway,
    stack: dict[str, Any],
    say: Callable[[str], None],
) -> None:
    ids = {name: deployed.containers()[name]["Id"] for name in STAYING}
    for name in ("mongo", "kafka"):
        engine.run("restart", "--time", "30", ids.pop(name))
        deployed.wait_until_well(name)
        say(f"{name} is well again after its restart")
    for container in ids.values():
        engine.run("restart", "--time", "30", container)
    deployed.wait_until_well()
    say(f"{', '.join(ids)} are well again after their restarts, one after the other")

    with closing_story(stack) as another:
        another.tell()

    assert told.is_closed()


def test_the_data_outlive_down_and_up(
    deployed: Deployment,
    told: StoryThroughTheGateway,
    stack: dict[str, Any],
    say: Callable[[str], None],
) -> None:
    deployed.down()
    assert deployed_volumes(deployed) >= {"ihala-proof_mongo", "ihala-proof_kafka"}
    deployed.up()
    say("all is well after down and up")

    wait_for(told.is_closed, deadline_s=30, what="the referral of before", every_s=0.5)
    with closing_story(stack) as another:
        another.tell()


def deployed_volumes(deployed: Deployment) -> set[str]:
    return set(deployed.engine.run("volume", "ls", "--quiet").split())
