"""Runs a stack until it is told to stop, and writes down how to reach it."""

from __future__ import annotations

import json
import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ihala_local.environments import SERVICES
from ihala_local.lock import RunnerLock
from ihala_local.people import editor_token, tokens
from ihala_local.places import Places
from ihala_local.sample import Sample, put_in
from ihala_local.stack import Stack, Told


@contextmanager
def running(folder: Path, told: Told) -> Iterator[Stack]:
    """A started stack with the sample data in it and ``stack.json`` written; stopped at the end."""
    places = Places(folder.resolve())
    places.make()
    lock = RunnerLock(places.pid_file)
    lock.take()
    stack = Stack(folder, told)
    try:
        stack.start()
        told("putting in the sample facilities")
        write_down(
            stack, put_in(stack.url("registry"), editor_token(stack.issuer), places.sample_file)
        )
        yield stack
    finally:
        places.stack_file.unlink(missing_ok=True)
        places.shell_file.unlink(missing_ok=True)
        stack.stop()
        lock.release()


def write_down(stack: Stack, sample: Sample) -> None:
    """Write ``stack.json``, and the same for a shell in ``stack.sh``."""
    described = description(stack, sample)
    _write(stack.places.shell_file, shell_lines(described))
    _write(stack.places.stack_file, json.dumps(described, indent=2))


def _write(file: Path, text: str) -> None:
    """Whole or not at all, readable by its owner only: it holds tokens."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


def shell_lines(described: Mapping[str, Any]) -> str:
    """Variables for copying curl lines: REGISTRY, CLINIC_A, TOKEN_CLINIC_A and their like."""
    places = ("registry", "referrals", "notifications", "kafka", "smtp", "mail_dir")
    names = {name.upper(): described[name] for name in places}
    names |= {name.upper(): id_ for name, id_ in described["facilities"].items()}
    names |= {f"TOKEN_{name.upper()}": token for name, token in described["tokens"].items()}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in names.items())


def description(stack: Stack, sample: Sample) -> dict[str, Any]:
    """How to reach the stack, as whom, and which facilities the sample story is about."""
    facilities = {"clinic_a": sample.clinic_a, "clinic_b": sample.clinic_b}
    return {
        **{service: stack.url(service) for service in SERVICES},
        "kafka": stack.broker.address,
        "mongodb": stack.mongod.uri(""),
        "smtp": stack.smtp.address,
        "mail_dir": str(stack.places.mail),
        "tokens": tokens(stack.issuer, facilities, sample.organisation),
        "facilities": facilities,
    }


@contextmanager
def until_told_to_stop() -> Iterator[Callable[[], object]]:
    """A function that waits for SIGINT or SIGTERM; the first of them raises KeyboardInterrupt.

    Further ones change nothing: what is being stopped is stopped in full.
    """
    stop = threading.Event()

    def asked(_number: int, _frame: object) -> None:
        first = not stop.is_set()
        stop.set()
        if first:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop.wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
