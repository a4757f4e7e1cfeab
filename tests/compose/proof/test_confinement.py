"""What a container may do: little, and nobody reaches it but those who must."""

from __future__ import annotations

import json

import pytest
from tests.compose.deployment import STAYING, Deployment
from tests.compose.engine import Engine

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]


def test_nothing_but_the_gateway_is_published(deployed: Deployment) -> None:
    published = {
        (name, binding["HostIp"], binding["HostPort"])
        for name, one in deployed.containers().items()
        for bindings in (one["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings
    }

    assert published == {
        ("gateway", "127.0.0.1", "8443"),
        ("gateway", "127.0.0.1", "8080"),
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


def test_no_secret_is_in_a_log_or_an_environment(deployed: Deployment, engine: Engine) -> None:
    found = json.dumps(deployed.containers()) + deployed.compose("logs", "--no-color")

    passwords = [*deployed.secrets.glob("*_password"), *deployed.secrets.glob("*_key")]
    for file in passwords:
        secret = file.read_text().strip()
        assert not secret or secret not in found, file.name
