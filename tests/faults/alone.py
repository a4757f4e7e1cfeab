"""Runs pytest alone: ``python -m tests.faults.alone ARGUMENTS OF PYTEST`` (root).

It gets network, mount and process namespaces of its own. Whatever is made in them (cables,
firewall rules, small disks, processes that stand still) ends with them, also when the run is
killed; nothing can be left behind.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from tests.faults.network import run

MARK = "IHALA_TEST_ALONE"
_INSIDE = "--inside"
_NEEDED = {
    "unshare": "util-linux",
    "mount": "mount",
    "ip": "iproute2",
    "iptables": "iptables",
    "cc": "gcc",
}


def missing() -> str:
    """What this machine or this user lacks, and how that is mended; empty when nothing."""
    lacking = [(tool, package) for tool, package in _NEEDED.items() if not shutil.which(tool)]
    if lacking:
        tools = ", ".join(tool for tool, _ in lacking)
        return f"no {tools}: apt-get install {' '.join(package for _, package in lacking)}"
    if os.geteuid() != 0:
        return "namespaces and small disks need root: sudo make test-faults"
    return ""


def main(arguments: list[str]) -> int:
    """Check, go into namespaces, and run pytest there; its exit status."""
    if arguments[:1] == [_INSIDE]:
        run("ip", "link", "set", "lo", "up")
        run("mount", "-t", "tmpfs", "ihala-faults", "/run")
        Path("/run/netns").mkdir()
        return int(pytest.main(arguments[1:]))
    complaint = missing()
    if complaint:
        print(f"cannot run the fault tests: {complaint}", file=sys.stderr)  # noqa: T201
        return 2
    return _go_alone(arguments)


def _go_alone(arguments: list[str]) -> NoReturn:
    _fetch_jars()
    own = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command = ["unshare", *own, sys.executable, "-m", "tests.faults.alone", _INSIDE]
    os.execvpe("unshare", [*command, *arguments], {**os.environ, MARK: "1"})  # noqa: S606, S607


def _fetch_jars() -> None:
    """Inside there is no network to fetch them by."""
    if os.environ.get("IHALA_TEST_BROKER") == "kafka":
        from ihala.testing.kafka_jars import kafka_command

        kafka_command()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
