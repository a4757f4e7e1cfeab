"""What another service needs to publish events to Ihala: one class, one method.

from ihala.events import Publisher

with Publisher("localhost:9092", source="stock-system") as publisher:
    publisher.publish("capacity.reported", key=facility_id, data={…})
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from ihala.clock import utc_now
from ihala.events.contracts import check_sent, contract_for
from ihala.events.contracts.contract import InvalidEvent
from ihala.events.envelope import to_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.ids import new_id

_WITHIN_S = 15.0


class Publisher:
    """Publishes valid events, each acknowledged by the broker before ``publish`` returns.

    ``source`` names the system that speaks. An event that breaks its contract raises InvalidEvent
    and is not sent; when the broker cannot be reached, kafka's KafkaError is raised: publish again
    with the same ``event_id``, and the event counts once.
    """

    def __init__(self, servers: str | KafkaSettings, *, source: str) -> None:
        settings = (
            servers
            if isinstance(servers, KafkaSettings)
            else KafkaSettings(tuple(servers.split(",")))
        )
        self._producer = settings.producer()
        self._source = source

    def publish(
        self,
        type_: str,
        *,
        key: str,
        data: Mapping[str, Any],
        event_id: str | None = None,
        correlation_id: str = "",
    ) -> str:
        """Publish one event and return its id.

        ``key`` is what the event is about, a facility's id say: events of one key keep their order.
        """
        contract = contract_for(type_)
        if contract is None:
            raise InvalidEvent(f"there is no contract for {type_}; see docs/events.md")
        event = Event(
            id=event_id or new_id("evt"),
            type=type_,
            source=self._source,
            subject=key,
            time=utc_now(),
            data=dict(data),
            key=key,
            correlation_id=correlation_id,
        )
        topic = contract.topic
        check_sent(event, topic)
        record = to_record(event)
        sent = self._producer.send(
            topic, value=record.value, key=record.key, headers=record.headers
        )
        sent.get(timeout=_WITHIN_S)
        return event.id

    def close(self) -> None:
        """Let go of the connection."""
        self._producer.close(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
