"""A real SMTP server that keeps every accepted mail as a file, and misbehaves on demand."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from ihala.testing.ports import LOOPBACK, free_port, is_listening
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for

RULES_FILE = "rules.json"
FROM_HEADER = "X-Envelope-From"
TO_HEADER = "X-Envelope-To"


@dataclass(frozen=True, slots=True)
class Rule:
    """How the sink treats mails to recipients like ``recipient`` (shell wildcards).

    ``code`` other than 250 refuses the mail at ``stage`` ("rcpt" or "data") with that reply;
    ``delay_s`` passes before it. ``after`` happens when the mail is already kept: "hang" never
    answers for ``delay_s`` seconds, "drop" closes the connection without a reply.
    """

    recipient: str = "*"
    code: int = 250
    text: str = "refused on demand"
    stage: str = "data"
    delay_s: float = 0.0
    after: str = ""

    def matches(self, address: str) -> bool:
        """Whether the rule is about this recipient."""
        return fnmatch.fnmatchcase(address.lower(), self.recipient.lower())


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the sink accepted."""

    file: Path
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text of the body."""
        body = self.message.get_body(preferencelist=("plain", "html"))
        return "" if body is None else str(body.get_content())


class SmtpSink:
    """The sink as a process of its own; each accepted mail is one ``.eml`` file in ``folder``."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        log: Path | None = None,
        host: str = LOOPBACK,
    ) -> None:
        self.port = port or free_port()
        self.host = host
        self.address = f"{host}:{self.port}"
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="ihala-mail-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "ihala.testing.smtp_server", str(self.port)]
        self.process = Process(
            "smtp", [*command, str(self.folder), host], log=log or self.folder / "smtp.log"
        )

    def start(self) -> None:
        """Start it; returns when it answers."""
        self.process.start()
        wait_for(self._answers, deadline_s=30, what=f"the SMTP sink on port {self.port}")

    def kill(self) -> None:
        """SIGKILL; the mails stay."""
        self.process.kill()

    def restart(self) -> None:
        """Kill it when it runs, and start it on the same port and folder."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it; a folder that was made for it is removed."""
        self.process.stop(grace_s=2)
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def behave(self, *rules: Rule) -> None:
        """Treat mails from now on by the first rule that matches; without rules, accept all."""
        text = json.dumps([asdict(rule) for rule in rules])
        _write_whole(self.folder / RULES_FILE, text.encode())

    def clear(self) -> None:
        """Forget the mails and the rules."""
        self.behave()
        for file in self.folder.glob("*.eml"):
            file.unlink(missing_ok=True)

    def mails(self, *, to: str | None = None) -> list[Mail]:
        """The accepted mails in the order of their acceptance, all or those to one recipient."""
        mails = (read_mail(file) for file in sorted(self.folder.glob("*.eml")))
        return [mail for mail in mails if to is None or to in mail.recipients]

    def _answers(self) -> bool:
        self.process.check_alive()
        return is_listening(self.port, self.host)


def read_mail(file: Path) -> Mail:
    """A mail file of the sink."""
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    recipients = tuple(str(message[TO_HEADER]).split(", "))
    return Mail(file, str(message[FROM_HEADER]), recipients, message)


def read_rules(folder: Path) -> list[Rule]:
    """The rules that ``behave`` wrote last."""
    file = folder / RULES_FILE
    if not file.exists():
        return []
    return [Rule(**rule) for rule in json.loads(file.read_text(encoding="utf-8"))]


def keep_mail(folder: Path, sender: str, recipients: Sequence[str], content: bytes) -> Path:
    """Write an accepted mail so that a reader sees it whole or not at all."""
    envelope = f"{FROM_HEADER}: {sender}\r\n{TO_HEADER}: {', '.join(recipients)}\r\n"
    file = folder / f"{time.time_ns()}-{os.urandom(4).hex()}.eml"
    _write_whole(file, envelope.encode() + content)
    return file


def _write_whole(file: Path, content: bytes) -> None:
    unfinished = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    unfinished.write_bytes(content)
    unfinished.replace(file)
