"""Runs a stack until it is told to stop, and writes down how to reach it."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
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
        stack.stop()
        lock.release()


def write_down(stack: Stack, sample: Sample) -> None:
    """Write ``stack.json``, whole or not at all, readable by its owner only: it holds tokens."""
    file = stack.places.stack_file
    unfinished = file.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(description(stack, sample), indent=2), encoding="utf-8")
    unfinished.replace(file)


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
