"""Dead letters: records that could not be read or are not valid, kept with the reason."""

from __future__ import annotations

from typing import Any

from kafka.errors import KafkaError

from ihala.errors import WorldIsDown
from ihala.events.envelope import Headers
from ihala.events.kafka import KafkaSettings
from ihala.events.topics import dead_letters_of
from ihala.metrics import count_sent

_WITHIN_S = 15.0


class DeadLetters:
    """Writes a service's dead letters, original bytes and headers included.

    A letter counts only once the broker has it: ``send`` raises WorldIsDown otherwise, and the
    offset of the bad record must then not be committed.
    """

    def __init__(self, service: str, kafka: KafkaSettings) -> None:
        self.topic = dead_letters_of(service)
        self._kafka = kafka
        self._producer: Any = None
        count_sent(self.topic, 0)

    def send(self, record: Any, group: str, reason: str) -> None:
        """Keep a record as it came, with where it came from and why it is here."""
        headers: Headers = [
            (name, value or b"") for name, value in record.headers if not name.startswith("dl_")
        ]
        headers += [
            ("dl_reason", reason[:1000].encode()),
            ("dl_group", group.encode()),
            ("dl_topic", record.topic.encode()),
            ("dl_partition", str(record.partition).encode()),
            ("dl_offset", str(record.offset).encode()),
        ]
        try:
            if self._producer is None:
                self._producer = self._kafka.producer()
            sent = self._producer.send(
                self.topic, value=record.value, key=record.key, headers=headers
            )
            sent.get(timeout=_WITHIN_S)
            count_sent(self.topic, 1)
        except KafkaError as error:
            self.close()
            raise WorldIsDown("the dead letter was not accepted") from error

    def close(self) -> None:
        """Let go of the producer; the next letter makes another."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=2)
