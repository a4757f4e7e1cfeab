"""Each service opens its own database and writes its own topics, and no others: tried."""

from __future__ import annotations

import pytest
from tests.compose.deployment import SERVICES, Deployment

from ihala.events.topics import TOPICS

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]


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
