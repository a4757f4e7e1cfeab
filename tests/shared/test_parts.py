"""The testing kit itself: real parts start, die, come back, and do as they are told."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from ihala.events.topics import TOPICS
from ihala.mongo import Database, Document, connect
from ihala.testing.parts import Broker, Mongod, Rule, SmtpSink
from ihala.testing.processes import DiedError, Process
from ihala.testing.waiting import NotInTimeError, wait_for


def mail(recipient: str, subject: str = "A referral waits") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "ihala@example.org"
    message["To"] = recipient
    message["Subject"] = subject
    message.set_content("إحالة: a referral waits for your answer.")
    return message


def send(sink: SmtpSink, recipient: str, timeout_s: float = 10) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=timeout_s) as client:
        client.send_message(mail(recipient))


def test_what_mongod_acknowledged_survives_its_kill(own_mongod: Mongod) -> None:
    before = own_mongod.process.pid
    with connect(own_mongod.uri("kit")).client as client:
        client.kit.things.insert_one({"_id": 1})

    own_mongod.restart()

    assert own_mongod.process.pid != before
    with connect(own_mongod.uri("kit")).client as client:
        assert client.kit.things.count_documents({}) == 1


def test_a_fresh_database_is_empty_and_knows_transactions(database: Database[Document]) -> None:
    assert database.list_collection_names() == []

    with database.client.start_session() as session, session.start_transaction():
        database.things.insert_one({"_id": 1}, session=session)

    assert database.things.count_documents({}) == 1


def test_the_broker_has_every_topic_of_the_table(broker: Broker) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.address)

    names = set(admin.list_topics())

    admin.close()
    assert set(TOPICS) <= names


def test_a_killed_broker_comes_back_empty_on_the_same_port(own_broker: Broker) -> None:
    address = own_broker.address
    produce(own_broker, "referrals.events", b"before")

    own_broker.restart()

    assert own_broker.address == address
    assert produce(own_broker, "referrals.events", b"after") == 0


def produce(broker: Broker, topic: str, value: bytes) -> int:
    """The offset that the broker gave to the record."""
    producer = KafkaProducer(bootstrap_servers=broker.address, acks="all", enable_idempotence=True)
    offset: int = producer.send(topic, value, partition=0).get(timeout=10).offset
    producer.close(timeout=5)
    return offset


def test_every_accepted_mail_is_a_file_with_its_envelope(smtp: SmtpSink) -> None:
    send(smtp, "desk@hospital.example.org")

    (kept,) = smtp.mails(to="desk@hospital.example.org")
    assert kept.sender == "ihala@example.org"
    assert kept.subject == "A referral waits"
    assert "إحالة" in kept.text


def test_the_sink_refuses_whom_it_is_told_to_refuse(smtp: SmtpSink) -> None:
    smtp.behave(Rule("full@*", code=452, text="mailbox full", stage="rcpt"), Rule("bad@*", 554))

    with pytest.raises(smtplib.SMTPRecipientsRefused, match="mailbox full"):
        send(smtp, "full@example.org")
    with pytest.raises(smtplib.SMTPDataError, match="554"):
        send(smtp, "bad@example.org")
    send(smtp, "good@example.org")

    assert [kept.recipients for kept in smtp.mails()] == [("good@example.org",)]


def test_the_sink_can_keep_a_mail_and_never_say_so(smtp: SmtpSink) -> None:
    smtp.behave(Rule("lost@*", after="drop"))

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp, "lost@example.org")

    assert len(smtp.mails(to="lost@example.org")) == 1


def test_the_mails_survive_a_kill_of_the_sink(tmp_path: Path) -> None:
    sink = SmtpSink(tmp_path)
    sink.start()
    send(sink, "a@example.org")

    sink.restart()
    send(sink, "b@example.org")
    sink.stop()

    assert [kept.recipients[0] for kept in sink.mails()] == ["a@example.org", "b@example.org"]


def test_a_part_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from pathlib import Path\n"
        "from ihala.testing.processes import Process\n"
        "child = Process('sleeper', ['sleep', '600'], log=Path(sys.argv[1]) / 'log')\n"
        "child.start(); print(child.pid, flush=True); time.sleep(600)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())

        parent.send_signal(signal.SIGKILL)

    wait_for(lambda: not is_running(child), what=f"process {child} to end")


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_process_that_ended_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = Process("short", ["sh", "-c", "echo no such setting; exit 3"], log=tmp_path / "log")
    child.start()
    wait_for(lambda: not child.is_alive(), what="the end")

    with pytest.raises(DiedError, match=r"short ended \(exit 3\):\nno such setting"):
        child.check_alive()


def test_kill_takes_the_children_too(tmp_path: Path) -> None:
    child = Process("parent", ["sh", "-c", "sleep 600 & echo $!; wait"], log=tmp_path / "log")
    child.start()
    grandchild = int(wait_for(lambda: child.log_end().strip(), what="the grandchild's id"))

    child.kill()

    wait_for(lambda: not is_running(grandchild), what="the grandchild's end")


def test_waiting_says_what_it_waited_for() -> None:
    with pytest.raises(NotInTimeError, match=r"waited 0.05 s for the moon; last answer: 'new'"):
        wait_for(
            lambda: "" if os.getpid() == 0 else _never("new"), deadline_s=0.05, what="the moon"
        )


def _never(word: str) -> str:
    class Falsy(str):
        __slots__ = ()

        def __bool__(self) -> bool:
            return False

    return Falsy(word)
