"""A Docker engine of the tests' own, started and stopped by process id, and its command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ihala.testing.waiting import wait_for

_STARTS_WITHIN_S = 120
_STOPS_WITHIN_S = 180
_COMMON = "docker0"
"""The bridge of containers that name no network; all engines of a host share it."""


class NoEngineError(RuntimeError):
    """A Docker engine cannot be started here; the message says what is missing."""


class Engine:
    """dockerd with everything it keeps in ``folder``; nothing of another engine is touched.

    It runs as root, without systemd, on any kernel that lets root make network and mount
    namespaces, bridges and overlay mounts. Where it is itself inside a container without those,
    IHALA_DOCKERD_OPTIONS passes what is needed there, such as ``--storage-driver=vfs``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.host = f"unix://{folder}/docker.sock"
        self._log = folder / "dockerd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._bridges_before = _bridges()

    def start(self) -> None:
        """Start it; returns when it answers, raises NoEngineError where it cannot."""
        self._check()
        command = ["dockerd", "--host", self.host, "--data-root", f"{self._folder}/data"]
        command += ["--exec-root", f"{self._folder}/exec", "--pidfile", f"{self._folder}/pid"]
        command += os.environ.get("IHALA_DOCKERD_OPTIONS", "").split()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._answers, deadline_s=_STARTS_WITHIN_S, what="dockerd", every_s=0.2)

    def stop(self) -> None:
        """Stop it with its containers, and remove all it kept."""
        bridges: set[str] = set()
        if self._process is not None and self._process.poll() is None:
            try:
                bridges = self._own_bridges()
            finally:
                self._process.send_signal(signal.SIGTERM)
                self._process.wait(_STOPS_WITHIN_S)
        self._unmount()
        self._remove(bridges)
        shutil.rmtree(self._folder)

    def _own_bridges(self) -> set[str]:
        """The bridges that it has made: one for each network, and the common one if nobody had."""
        asked = ("network", "ls", "--quiet", "--filter", "driver=bridge")
        networks = self.run(*asked, within_s=30).split()
        own = {f"br-{network}" for network in networks} | ({_COMMON} - self._bridges_before)
        return own & _bridges()

    def _remove(self, bridges: set[str]) -> None:
        """dockerd leaves them behind when it ends, and the rules about them.

        Its chains, which are empty then and the same for every engine, stay.
        """
        for bridge in bridges:
            self._host("ip", "link", "delete", bridge)
            for table in ("filter", "nat"):
                rules = self._host("iptables", "-w", "-t", table, "-S").splitlines()
                for rule in map(str.split, rules):
                    if rule[0] == "-A" and bridge in rule:
                        self._host("iptables", "-w", "-t", table, "-D", *rule[1:])

    def _host(self, *command: str) -> str:
        return spoken(command, self.environment, within_s=10)

    def _unmount(self) -> None:
        """dockerd leaves the network namespace of the host mounted."""
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in reversed(mounts):
            if Path(place).is_relative_to(self._folder):
                self._host("umount", place)

    def run(self, *words: str, within_s: float = 300) -> str:
        """``docker …``; what it printed. Raises with what it said when it failed."""
        return spoken(["docker", *words], self.environment, within_s=within_s)

    @property
    def environment(self) -> dict[str, str]:
        """For commands that are to speak to this engine."""
        return os.environ | {"DOCKER_HOST": self.host}

    def _check(self) -> None:
        if os.geteuid() != 0:
            raise NoEngineError("a Docker engine is started by root only: sudo make test-compose")
        needed = ["dockerd", "docker", "debootstrap", "ip", "iptables", "mvn", "npm", "openssl"]
        missing = [name for name in needed if shutil.which(name) is None]
        if missing:
            mend = "on Debian, tests/compose/install installs what is missing"
            raise NoEngineError(f"not installed: {', '.join(missing)} ({mend})")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            tail = self._log.read_text(errors="replace")[-2000:]
            raise NoEngineError(f"dockerd ended; it said:\n{tail}")
        asked = ["docker", "version", "--format", "{{.Server.Version}}"]
        found = subprocess.run(asked, env=self.environment, capture_output=True, check=False)
        return found.returncode == 0


def _bridges() -> set[str]:
    """The names of the host's network bridges."""
    return {place.parent.name for place in Path("/sys/class/net").glob("*/bridge")}


def compose_command(environment: dict[str, str]) -> list[str]:
    """Compose v2 when the command line has it, else docker-compose 1.29; or NoEngineError."""
    v2 = ["docker", "compose"]
    there = subprocess.run([*v2, "version"], env=environment, capture_output=True, check=False)
    if there.returncode == 0:
        return v2
    if shutil.which("docker-compose") is None:
        raise NoEngineError("neither `docker compose` nor docker-compose: tests/compose/install")
    return ["docker-compose"]


def spoken(
    command: Sequence[str],
    environment: dict[str, str],
    *,
    within_s: float,
    folder: Path | None = None,
) -> str:
    """What a command printed; raises AssertionError with all it said when it failed."""
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    if done.returncode:
        said = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout
