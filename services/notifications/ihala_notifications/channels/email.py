"""E-mail by SMTP (RFC 5321): one kept connection per thread, and no doubt about what was taken."""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ihala.clock import utc_now
from ihala_notifications.channels.channel import Answer, Leaving, Parcel
from ihala_notifications.channels.mime import mail_bytes
from ihala_notifications.domain.delivery import Misconfigured, NoAnswer, Permanent, Retryable

_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\]{1,64}@[^\s@<>(),;:\"\\]{1,190}")
"""One bare address; whatever could bring a second one, a header or a command is none."""

_KEPT_IDLE_S = 30.0
_MAILS_PER_CONNECTION = 200
_ACCOUNT_CODES = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes, and as whom; ``tls`` is ``none``, ``starttls`` or ``tls``."""

    host: str
    port: int
    tls: str
    username: str
    password: str
    sender: str
    timeout_s: float = 20.0


@dataclass(slots=True)
class _Connection:
    smtp: smtplib.SMTP
    used_at: float
    mails: int = 0

    def is_good(self) -> bool:
        """Whether the server can be expected to hold it open still."""
        rested_s = time.monotonic() - self.used_at
        return rested_s < _KEPT_IDLE_S and self.mails < _MAILS_PER_CONNECTION


class EmailChannel:
    """Sends letters as e-mail. A connection is kept per thread and renewed when it went stale."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._local = threading.local()
        self._domain = server.sender.rpartition("@")[2]

    def send(self, parcel: Parcel, leaving: Leaving) -> Answer:
        """See ChannelSender. The answer means that the mail server has taken the mail.

        Its Message-ID is the message's own id, so that mail systems recognise a repetition.
        """
        if parcel.letter is None:
            raise ValueError("an e-mail needs a letter")
        if not _ADDRESS.fullmatch(parcel.address):
            raise Permanent("bad_address")
        content = mail_bytes(
            parcel.letter,
            sender=self._server.sender,
            recipient=parcel.address,
            message_id=f"{parcel.message_id}@{self._domain}",
            now=utc_now(),
        )
        connection = self._addressed(parcel.address)
        try:
            return self._hand_over(connection.smtp, content, leaving)
        except BaseException:
            self._drop()
            raise
        finally:
            connection.used_at = time.monotonic()

    def greet(self) -> None:
        """Connect, sign in, name our sender, and leave: no mail is sent.

        Raises DeliveryProblem, as ``send`` would.
        """
        try:
            smtp = self._connection(fresh=True).smtp
            code, _ = smtp.mail(self._server.sender)
            _expect(code, (250,), _sender_refused)
        except smtplib.SMTPServerDisconnected as error:
            raise Retryable("unreachable") from error
        finally:
            self._drop()

    def _addressed(self, address: str) -> _Connection:
        """A connection that has taken sender and recipient; nothing of the mail has left yet.

        A kept connection may have been closed by the server meanwhile: then a fresh one is made.
        """
        for fresh in (False, True):
            connection = self._connection(fresh=fresh)
            try:
                self._address(connection.smtp, address)
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                self._drop()
                if fresh:
                    raise Retryable("unreachable") from error
                continue
            except BaseException:
                self._drop()
                raise
            connection.mails += 1
            return connection
        raise Retryable("unreachable")

    def _connection(self, *, fresh: bool) -> _Connection:
        kept: _Connection | None = getattr(self._local, "connection", None)
        if kept and not fresh and kept.is_good():
            return kept
        self._drop()
        self._local.connection = _Connection(self._connect(), time.monotonic())
        opened: _Connection = self._local.connection
        return opened

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        try:
            smtp = _open(server)
            smtp.ehlo_or_helo_if_needed()
            if server.username:
                smtp.login(server.username, server.password)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise Misconfigured("mail_account", _code_of(error)) from error
        except ssl.SSLError as error:
            raise Misconfigured("mail_tls") from error
        except smtplib.SMTPResponseException as error:
            raise Retryable("unreachable", str(error.smtp_code)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Retryable("unreachable") from error
        return smtp

    def _address(self, smtp: smtplib.SMTP, address: str) -> None:
        code, _ = smtp.mail(self._server.sender, _options(smtp, address))
        _expect(code, (250,), _sender_refused)
        code, _ = smtp.rcpt(address)
        _expect(code, (250, 251), _recipient_refused)

    def _hand_over(self, smtp: smtplib.SMTP, content: bytes, leaving: Leaving) -> Answer:
        """From here on the server may take the mail; without its last word nobody knows."""
        leaving()
        try:
            code, _ = smtp.docmd("DATA")
        except (smtplib.SMTPException, OSError) as error:
            raise Retryable("unreachable") from error
        _expect(code, (354,), _mail_refused)
        try:
            smtp.send(_dotted(content))
            code, _ = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise NoAnswer("no_answer") from error
        _expect(code, (250,), _mail_refused)
        return Answer(str(code))

    def _drop(self) -> None:
        """Close this thread's connection, without waiting for good-byes."""
        kept: _Connection | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if kept is not None:
            kept.smtp.close()


def _open(server: MailServer) -> smtplib.SMTP:
    if server.tls == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    if server.tls == "starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp


def _options(smtp: smtplib.SMTP, address: str) -> list[str]:
    """What an address outside ASCII needs (RFC 6531)."""
    if address.isascii():
        return []
    if not smtp.has_extn("smtputf8"):
        raise Permanent("bad_address")
    smtp.command_encoding = "utf-8"
    return ["SMTPUTF8", "BODY=8BITMIME"]


def _dotted(content: bytes) -> bytes:
    """Lines that begin with a dot get another one (RFC 5321 §4.5.2), and the end its mark."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    return (stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n") + b".\r\n"


def _expect(code: int, good: tuple[int, ...], refused: Callable[[int], Exception]) -> None:
    if code in good:
        return
    if code in _ACCOUNT_CODES:
        raise Misconfigured("mail_account", str(code))
    if 500 <= code < 600:
        raise refused(code)
    raise Retryable("refused_for_now", str(code))


def _sender_refused(code: int) -> Exception:
    """The server does not let us send at all: that is ours to mend, not the recipient's fault."""
    return Misconfigured("sender_refused", str(code))


def _recipient_refused(code: int) -> Exception:
    return Permanent("no_such_address", str(code))


def _mail_refused(code: int) -> Exception:
    return Permanent("refused", str(code))


def _code_of(error: Exception) -> str:
    return str(getattr(error, "smtp_code", ""))
