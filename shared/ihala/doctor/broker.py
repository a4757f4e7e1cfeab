"""The broker: is it there, are topics as they must be, may we use them, are groups at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from ihala.doctor.finding import Finding, bad, ok, skipped, warn
from ihala.doctor.patient import Patient, is_local
from ihala.events.contracts import CONTRACTS
from ihala.events.lag import held, lags
from ihala.events.topic_admin import Layout, differences, is_from_broker, not_allowed
from ihala.events.topics import TOPICS, dead_letters_of

_LAG_WARN, _LAG_BAD = 1_000, 100_000

BrokerCheck = Callable[[Patient, Any], Iterator[Finding]]


def reachable(patient: Patient) -> Iterator[Finding]:
    """Whether a broker answers; raises what is wrong otherwise."""
    with closing(patient.kafka.admin()) as admin:
        brokers = admin.describe_cluster()["brokers"]
    where, security = ", ".join(patient.kafka.servers), patient.kafka.security
    if security == "PLAINTEXT" and not all(map(is_local, patient.kafka.servers)):
        mend = "set IHALA_KAFKA_SECURITY=SASL_SSL, and give each service its own principal"
        yield bad("broker", f"{where} answers, to anybody and in the clear", mend)
    else:
        yield ok("broker", f"{len(brokers)} broker(s) behind {where}, {security}")


def topics(patient: Patient, admin: Any) -> Iterator[Finding]:
    """Whether our topics are there with their partitions, policies and replicas."""
    settings = patient.settings
    layout = Layout(settings.topic_partitions, settings.topic_replication)
    names = ours(patient)
    try:
        found = differences(admin, layout, names)
    except Exception as error:
        if not is_from_broker(error):
            raise
        yield skipped("topics", "their settings are not ours to read; ihala topics check, as admin")
        found = differences(admin, layout, names, with_settings=False)
    for problem in found:
        yield bad("topics", problem, _mend(problem))
    if not found:
        yield ok("topics", f"all {len(names)} are as they should be")


def _mend(problem: str) -> str:
    if "does not exist" in problem:
        return "ihala topics create (with --grant where there are ACLs)"
    if "partitions" in problem:
        return (
            "counts are fixed for good: make the topic anew, empty, or set IHALA_TOPIC_PARTITIONS"
        )
    if "replicas" in problem:
        return "add replicas (kafka-reassign-partitions.sh), or set IHALA_TOPIC_REPLICATION"
    return "kafka-configs.sh --alter --entity-type topics sets it"


def permissions(patient: Patient, admin: Any) -> Iterator[Finding]:
    """Whether our principal may do its part with each topic, where the broker says so."""
    refused = not_allowed(admin, patient.service, _written(patient), _read(patient))
    if refused is None:
        yield skipped("permissions", "the broker does not say who may do what")
    elif refused:
        mend = "ihala topics create --grant, as admin"
        yield bad("permissions", "; ".join(refused), mend)
    else:
        yield ok("permissions", "this principal may do its part with every topic")


def contracts(patient: Patient, _admin: Any) -> Iterator[Finding]:
    """Whether what we read has contracts here."""
    known = {contract.topic for contract in CONTRACTS.values()}
    without = sorted(set(_read(patient)) - known - {dead_letters_of(patient.service)})
    if without:
        yield bad("contracts", f"none for {', '.join(without)}", "update: this version is too old")
    else:
        yield ok("contracts", f"{len(CONTRACTS)} are known, for all that is read")


def groups(patient: Patient, admin: Any) -> Iterator[Finding]:
    """Whether every consumer group has a member that reads."""
    try:
        described = admin.describe_groups(list(patient.operations.groups))
    except ValueError:
        yield skipped("consumer groups", "the embedded broker does not say who is in them")
        return
    idle = [name for name in patient.operations.groups if not described[name]["members"]]
    if idle:
        mend = f"start the {patient.service} worker"
        yield bad("consumer groups", f"nobody reads for {', '.join(idle)}", mend)
    else:
        yield ok("consumer groups", f"{len(described)} have members")


def lag(patient: Patient, admin: Any) -> Iterator[Finding]:
    """How far the groups are behind."""
    for found in lags(admin, patient.operations.groups):
        says = f"{found.group} is {found.behind} record(s) behind on {found.topic}"
        mend = "wait after an outage; otherwise more workers of the service, up to one a partition"
        if found.behind > _LAG_BAD:
            yield bad("lag", says, mend)
        elif found.behind > _LAG_WARN:
            yield warn("lag", says, mend)
        else:
            yield ok("lag", says)


def dead_letters(patient: Patient, admin: Any) -> Iterator[Finding]:
    """Whether records were put aside for good, within the ninety days that they are kept."""
    topic = dead_letters_of(patient.service)
    letters = held(admin, topic)
    if letters:
        mend = f"ihala dead-letters list {patient.service}: tell whoever publishes them"
        yield warn("dead letters", f"{letters} in {topic}", mend)
    else:
        yield ok("dead letters", "none")


def ours(patient: Patient) -> list[str]:
    """The topics that the service writes or reads, in the table's order."""
    names = {*_written(patient), *_read(patient)}
    return [name for name in TOPICS if name in names]


def _written(patient: Patient) -> list[str]:
    outlets = patient.operations.outlets(patient.database).values()
    own = {topic for outlet in outlets for topic in outlet.topics}
    return sorted(own | {dead_letters_of(patient.service)})


def _read(patient: Patient) -> list[str]:
    return sorted({topic for topics in patient.operations.groups.values() for topic in topics})


CHECKS: tuple[BrokerCheck, ...] = (
    topics,
    permissions,
    contracts,
    groups,
    lag,
    dead_letters,
)
