"""pytest fixtures of the real parts; each pytest-xdist worker has its own, started on demand."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ihala.mongo import Database, Document, connect
from ihala.testing.kafka_cluster import EmptyingKafka
from ihala.testing.parts import Broker, Mongod, SmtpSink
from ihala.testing.tokens import Issuer


@pytest.fixture(scope="session")
def mongod() -> Iterator[Mongod]:
    """One mongod for all tests of this worker; take ``own_mongod`` to kill one."""
    part = Mongod()
    part.start()
    yield part
    part.stop()


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker | EmptyingKafka]:
    """One broker for all tests of this worker, with every topic of the table.

    Records of other tests lie in it: use keys and consumer groups of your own, or ``own_broker``.
    """
    part = _broker()
    part.start()
    yield part
    part.stop()


@pytest.fixture(scope="session")
def _smtp_process() -> Iterator[SmtpSink]:
    part = SmtpSink()
    part.start()
    yield part
    part.stop()


@pytest.fixture
def smtp(_smtp_process: SmtpSink) -> SmtpSink:
    """The SMTP sink of this worker, empty and accepting everything."""
    _smtp_process.clear()
    return _smtp_process


@pytest.fixture
def mongodb_uri(mongod: Mongod) -> Iterator[str]:
    """The URI of a fresh database, dropped after the test."""
    uri = mongod.uri(f"test_{os.urandom(6).hex()}")
    yield uri
    drop_database(uri)


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[Document]]:
    """A fresh database, connected as the services connect."""
    opened = connect(mongodb_uri)
    yield opened
    opened.client.close()


@pytest.fixture
def own_mongod() -> Iterator[Mongod]:
    """A mongod for this test alone, which it may kill and restart."""
    part = Mongod()
    part.start()
    yield part
    part.stop()


@pytest.fixture
def own_broker() -> Iterator[Broker | EmptyingKafka]:
    """An empty broker for this test alone, which it may kill and restart."""
    part = _broker()
    part.start()
    yield part
    part.stop()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """An issuer of tokens; ``issuer.jwks_file`` is what a service is told to trust."""
    return Issuer(tmp_path_factory.mktemp("issuer"))


def _broker() -> Broker | EmptyingKafka:
    """The embedded broker, or Apache Kafka when IHALA_TEST_BROKER says "kafka"."""
    return EmptyingKafka() if os.environ.get("IHALA_TEST_BROKER") == "kafka" else Broker()


def drop_database(uri: str) -> None:
    """Drop the database that the URI names."""
    database = connect(uri)
    database.client.drop_database(database.name)
    database.client.close()
