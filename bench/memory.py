"""How much memory each process of the services holds, once the whole stack has worked."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Figure, Question

from ihala_local.environments import SERVICES
from ihala_local.stack import Stack

PROMISED_MB = 90.0


def weigh(stack: Stack) -> list[Figure]:
    """Resident memory of each process; of gunicorn, its arbiter and its workers apart."""
    figures = []
    for service in SERVICES:
        web, worker = (stack.parts[f"{service}-{kind}"].process.pid for kind in ("web", "worker"))
        figures += [
            _figure(f"{service}, web", max(map(_resident_mb, _children(web)))),
            _figure(f"{service}, web's arbiter", _resident_mb(web)),
            _figure(f"{service}, worker", _resident_mb(worker)),
        ]
    return figures


def _figure(name: str, held_mb: float) -> Figure:
    question = Question(f"memory of {name}", "the promise", "MB", at_most=1.0)
    return Figure(question, held_mb, PROMISED_MB, held_mb / PROMISED_MB)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
