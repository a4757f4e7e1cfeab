"""``make audit``: is anything in the lock known to be vulnerable? Says so only when it was asked.

pip-audit ends well, and says that nothing was found, also when its source knew none of the
packages. Here a package counts as audited only when a source knew it. Exit status 0: nothing was
found, or no source could be asked (said loudly; 3 with ``IHALA_AUDIT_REQUIRED=1``). 1: something
was found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCK = Path(__file__).with_name("dev.txt")
FOUND, NOT_ASKED = 1, 3
_WITHIN_S = 600


@dataclass(frozen=True)
class Answer:
    """What one source said: which packages it knew, and what is wrong with which."""

    audited: Sequence[str]
    unknown: Sequence[str]
    found: Sequence[str]


def sources(environ: Mapping[str, str]) -> dict[str, list[str]]:
    """pip-audit's options by the name of the source; ``IHALA_AUDIT_OSV`` names a mirror of OSV."""
    mirror = environ.get("IHALA_AUDIT_OSV")
    if mirror:
        return {mirror: ["--vulnerability-service", "osv", "--osv-url", mirror]}
    return {
        "PyPI": ["--vulnerability-service", "pypi"],
        "OSV": ["--vulnerability-service", "osv"],
    }


def ask(options: Sequence[str], lock: Path) -> Answer | str:
    """What the source says of the lock, or why it could not be asked."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--requirement", str(lock)]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10", *options]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=_WITHIN_S, check=False
        )
        return answer_of(json.loads(ended.stdout))
    except subprocess.TimeoutExpired:
        return f"no answer within {_WITHIN_S} s"
    except ValueError:
        return (ended.stderr.strip().splitlines() or ["no answer"])[-1][:300]


def answer_of(report: Mapping[str, Any]) -> Answer:
    """pip-audit's report, with what was skipped told apart from what was audited."""
    packages = report["dependencies"]
    return Answer(
        audited=[it["name"] for it in packages if "skip_reason" not in it],
        unknown=[it["name"] for it in packages if "skip_reason" in it],
        found=[
            f"{it['name']} {it['version']}: {wrong['id']}"
            f" (mended in {', '.join(wrong['fix_versions']) or 'no version yet'})"
            for it in packages
            for wrong in it.get("vulns", ())
        ],
    )


def main(environ: Mapping[str, str], lock: Path) -> int:
    """Ask one source after the other until one knows the packages; the exit status."""
    for name, options in sources(environ).items():
        answer = ask(options, lock)
        if isinstance(answer, str):
            _say(f"{name} cannot be asked: {answer}")
        elif not answer.audited:
            _say(f"{name} answers, but knows none of the {len(answer.unknown)} packages")
        else:
            return _tell(name, answer)
    _say(f"NOT AUDITED: no source could be asked about {lock.name}. Nothing is known either way.")
    return NOT_ASKED if environ.get("IHALA_AUDIT_REQUIRED") == "1" else 0


def _tell(name: str, answer: Answer) -> int:
    if answer.unknown:
        _say(f"{name} does not know: {', '.join(answer.unknown)}")
    for line in answer.found:
        _say(line)
    of = f"{len(answer.audited)} packages, by {name}"
    _say(f"{len(answer.found)} known vulnerabilities in {of}")
    return FOUND if answer.found else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(os.environ, LOCK))
