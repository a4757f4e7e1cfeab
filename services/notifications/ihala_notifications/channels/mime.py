"""A mail as bytes: two readings of the same words (RFC 2045, 2046, 2047), written without detours.

The standard library's generator takes longer than the mail server; what we send is always the
same few headers and two bodies. Nothing in it is random, so the same letter is the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from ihala_notifications.domain.templates import Letter

_BOUNDARY = "=_ihala_alternative"
"""Base64 has no underscore, so no body can hold it."""

_WORD_BYTES = 45
"""An encoded word may have 75 characters (RFC 2047 §2); so many bytes fit into one."""


def mail_bytes(
    letter: Letter, *, sender: str, recipient: str, message_id: str, now: datetime
) -> bytes:
    """The whole mail with CRLF line ends. Addresses must be bare, without any line break."""
    head = [
        f"From: Ihala <{sender}>",
        f"To: {recipient}",
        f"Subject: {_encoded(letter.subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{message_id}>",
        f"Content-Language: {letter.language}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
        "",
    ]
    parts = [*_part("plain", letter.text), *_part("html", letter.html)]
    return "\r\n".join([*head, *parts, f"--{_BOUNDARY}--", ""]).encode()


def _part(kind: str, words: str) -> Iterator[str]:
    yield f"--{_BOUNDARY}"
    yield f"Content-Type: text/{kind}; charset=utf-8"
    yield "Content-Transfer-Encoding: base64"
    yield ""
    encoded = base64.encodebytes(words.replace("\n", "\r\n").encode()).decode()
    yield encoded.rstrip().replace("\n", "\r\n")


def _encoded(subject: str) -> str:
    """The subject as it is where it is short and plain, else as encoded words on folded lines."""
    if subject.isascii() and subject.isprintable() and len(subject) <= 60 and "=?" not in subject:
        return subject
    return "\r\n ".join(
        f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in _pieces(subject)
    )


def _pieces(subject: str) -> Iterator[bytes]:
    """Whole characters, as many as fit into one encoded word."""
    piece = b""
    for character in subject:
        encoded = character.encode()
        if len(piece) + len(encoded) > _WORD_BYTES:
            yield piece
            piece = b""
        piece += encoded
    yield piece
