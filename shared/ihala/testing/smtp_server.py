"""The SMTP sink's process: ``python -m ihala.testing.smtp_server PORT FOLDER [ADDRESS]``."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from ihala.testing.smtp_sink import Rule, keep_mail, read_rules

_LARGEST_MAIL = 10 * 1024 * 1024


class Sink:
    """What aiosmtpd asks at each step; the method names are its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_RCPT(  # noqa: N802, D102
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        rule = self._rule("rcpt", [address])
        if rule.stage == "rcpt":
            await asyncio.sleep(rule.delay_s)
            if rule.code != 250:
                return f"{rule.code} {rule.text}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802, D102
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        rule = self._rule("data", envelope.rcpt_tos)
        if not rule.after:
            await asyncio.sleep(rule.delay_s)
        if rule.code != 250:
            return f"{rule.code} {rule.text}"
        keep_mail(
            self._folder,
            envelope.mail_from or "",
            [str(address) for address in envelope.rcpt_tos],
            envelope.original_content or b"",
        )
        return await _answer(server, rule)

    def _rule(self, stage: str, addresses: list[str]) -> Rule:
        rules = [rule for rule in read_rules(self._folder) if rule.stage == stage]
        matching = (rule for rule in rules if any(map(rule.matches, addresses)))
        return next(matching, Rule(stage=stage))


async def _answer(server: SMTP, rule: Rule) -> str:
    """The reply to a mail that is kept already, or none."""
    if rule.after == "hang":
        await asyncio.sleep(rule.delay_s)
    if rule.after == "drop" and isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    return "250 OK kept"


async def serve(port: int, folder: Path, address: str = "127.0.0.1") -> None:
    """Answer on ``address`` until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    sink = Sink(folder)
    server = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, data_size_limit=_LARGEST_MAIL, ident="sink"),
        address,
        port,
    )
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
