"""What lies in the SMTP sink's folder."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.padding import Padding

from ihala.testing.smtp_sink import Mail, read_mail
from ihala.testing.waiting import wait_for
from ihala_local.screen import console, say


class Mailbox:
    """The mails that were accepted, each named by the message that it is a copy of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy_of(self, message_id: str) -> Mail:
        """The mail that a message became, waiting for it."""
        return wait_for(
            lambda: self._found(message_id), deadline_s=30, what=f"the mail of {message_id}"
        )

    def _found(self, message_id: str) -> Mail | None:
        mails = (read_mail(file) for file in sorted(self._folder.glob("*.eml"), reverse=True))
        return next((it for it in mails if message_id in str(it.message["Message-ID"])), None)


def show(mail: Mail) -> None:
    """Print a mail as its reader sees it."""
    say(f"  [bold]To:[/] {escape(', '.join(mail.recipients))}")
    say(f"  [bold]Subject:[/] {escape(mail.subject)}")
    console.print(Padding(escape(mail.text.strip()), (1, 0, 1, 4)), style="italic")
