"""Creating the topics of the table, who may do what with them, and seeing whether it is so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    NewTopic,
    ResourcePattern,
    ResourceType,
)
from kafka.errors import KafkaError, TopicAlreadyExistsError, TopicAuthorizationFailedError

from ihala.events.topics import PARTITIONS, TOPICS, Topic

PUBLISHERS = "publishers"
"""The principal of other systems: it writes what "outside" writes and reads what "all" read."""

Settings = Mapping[str, Mapping[str, Any]]
_REFUSED = 29
"""The broker's code for a topic that the principal may not even see."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How topics are laid out on a broker; ``partitions`` is fixed for good."""

    partitions: int = PARTITIONS
    replication: int = 3

    def settings_of(self, topic: Topic) -> dict[str, str]:
        """The topic's own settings, how many replicas must have a record, and whose clock counts.

        The broker's own clock dates the records: by the sender's, one that is ahead by more than an
        hour could not send at all, and what one that is far behind sends would be deleted at once.
        """
        return {
            **dict(topic.settings),
            "min.insync.replicas": str(min(2, self.replication)),
            "message.timestamp.type": "LogAppendTime",
        }


def create_topics(
    admin: KafkaAdminClient, layout: Layout, topics: Iterable[Topic] = tuple(TOPICS.values())
) -> list[str]:
    """Create the topics that do not exist; their names. Those that exist are left as they are."""
    return [topic.name for topic in topics if _created(admin, layout, topic)]


def _created(admin: KafkaAdminClient, layout: Layout, topic: Topic) -> bool:
    new = NewTopic(
        topic.name, layout.partitions, layout.replication, topic_configs=layout.settings_of(topic)
    )
    try:
        admin.create_topics([new])
    except TopicAlreadyExistsError:
        return False
    return True


def differences(
    admin: KafkaAdminClient,
    layout: Layout,
    names: Sequence[str] = tuple(TOPICS),
    *,
    with_settings: bool = True,
) -> list[str]:
    """In what the broker's topics differ from the table, a sentence each; none when all is well.

    Reading their settings needs a permission of its own; without it TopicAuthorizationFailedError
    is raised.
    """
    found = {topic["name"]: topic for topic in admin.describe_topics(list(names))}
    there = [name for name in names if name in found and not found[name]["error_code"]]
    settings = topic_settings(admin, there) if with_settings and there else None
    return [
        problem
        for name in names
        for problem in _problems(TOPICS[name], layout, found.get(name), settings)
    ]


def misdivided(admin: KafkaAdminClient, layout: Layout) -> dict[str, int]:
    """The topics that have another number of partitions than they must, and which.

    With another number the events of one key are not all in one partition, nor in their order.
    """
    found = {
        topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(TOPICS))
    }
    return {name: count for name, count in found.items() if 0 < count != layout.partitions}


def topic_settings(admin: KafkaAdminClient, names: Iterable[str]) -> Settings:
    """What is set for each topic; raises TopicAuthorizationFailedError when we may not know."""
    resources = [ConfigResource("TOPIC", name) for name in names]
    found: Settings = admin.describe_configs(resources, config_filter="all").get("topic", {})
    # The client gives a refusal as no settings at all, which no topic has.
    refused = sorted(name for name, settings in found.items() if not settings)
    if refused:
        raise TopicAuthorizationFailedError(f"may not read the settings of {', '.join(refused)}")
    return found


def _problems(
    topic: Topic,
    layout: Layout,
    found: Mapping[str, Any] | None,
    settings: Settings | None,
) -> Iterator[str]:
    if found is None or found["error_code"]:
        refused = found is not None and found["error_code"] == _REFUSED
        yield f"{topic.name} may not be seen by us" if refused else f"{topic.name} does not exist"
        return
    partitions = found["partitions"]
    if len(partitions) != layout.partitions:
        yield f"{topic.name} has {len(partitions)} partitions, not {layout.partitions}"
    fewest = min(len(partition["replica_nodes"]) for partition in partitions)
    if fewest < layout.replication:
        yield f"{topic.name} has {fewest} replicas, not {layout.replication}"
    for name, wanted in layout.settings_of(topic).items() if settings is not None else ():
        value = str((settings or {}).get(topic.name, {}).get(name, {}).get("value", "unset"))
        if value != wanted:
            yield f"{topic.name} has {name}={value}, not {wanted}"


def not_allowed(
    admin: KafkaAdminClient, who: str, written: Iterable[str], read: Iterable[str]
) -> list[str] | None:
    """What our own principal lacks, a sentence each; None when the broker does not say."""
    needs = [(name, "write", ACLOperation.WRITE) for name in written]
    needs += [(name, "read", ACLOperation.READ) for name in read]
    names = sorted({name for name, _, _ in needs})
    found = {topic["name"]: topic for topic in admin.describe_topics(names)}
    told = {name: topic.get("authorized_operations") for name, topic in found.items()}
    seen = [name for name in names if not found.get(name, {}).get("error_code")]
    if any(told.get(name) is None for name in seen):
        return None
    return [
        f"{who} may not {verb} {name}"
        for name, verb, operation in needs
        if operation.name not in (told.get(name) or ())
    ]


def grant(admin: KafkaAdminClient) -> int:
    """Let each service and other systems do what the table says, nothing else; how many grants.

    Principals are the services' names and ``publishers``. Granting twice changes nothing.
    """
    acls = list(_acls())
    admin.create_acls(acls)
    return len(acls)


def _acls() -> Iterator[ACL]:
    for topic in TOPICS.values():
        writer = PUBLISHERS if topic.writer == "outside" else topic.writer
        yield _allow(writer, ResourceType.TOPIC, topic.name, ACLOperation.WRITE)
        for reader in _readers(topic):
            yield _allow(reader, ResourceType.TOPIC, topic.name, ACLOperation.READ)
        # So that `ihala doctor` can say whether they are as they must be.
        for service in _services() & {topic.writer, *_readers(topic)}:
            yield _allow(service, ResourceType.TOPIC, topic.name, ACLOperation.DESCRIBE_CONFIGS)
    for service in _services():
        yield _allow(service, ResourceType.GROUP, service, ACLOperation.READ)


def _services() -> set[str]:
    return {topic.writer for topic in TOPICS.values()} - {"outside"}


def _readers(topic: Topic) -> set[str]:
    """Who reads it; its writer describes and reads it too, to notice that it was lost."""
    named = {*_services(), PUBLISHERS} if topic.readers == ("all",) else set(topic.readers)
    return named | ({topic.writer} - {"outside"})


def _allow(principal: str, kind: ResourceType, name: str, operation: ACLOperation) -> ACL:
    """A service's consumer groups are all those whose names begin with its own."""
    group = kind == ResourceType.GROUP
    pattern = ACLResourcePatternType.PREFIXED if group else ACLResourcePatternType.LITERAL
    return ACL(
        principal=f"User:{principal}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(kind, name, pattern),
    )


def is_from_broker(error: BaseException) -> bool:
    """Whether the broker refused or cannot be reached, as against a mistake of ours."""
    return isinstance(error, KafkaError)
