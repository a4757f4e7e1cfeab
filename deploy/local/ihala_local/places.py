"""Where the embedded stack keeps things, and which ports it uses again and again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ihala.testing.ports import free_port, is_listening

ROOT = Path(__file__).resolve().parents[3]
"""The project's folder."""


@dataclass(frozen=True)
class Places:
    """The folders and files of one stack, all inside ``folder``."""

    folder: Path

    @property
    def stack_file(self) -> Path:
        """URLs, tokens and addresses for whoever uses the stack; there only while it is up."""
        return self.folder / "stack.json"

    @property
    def shell_file(self) -> Path:
        """The same as variables for a shell: ``. .run/stack.sh``."""
        return self.folder / "stack.sh"

    @property
    def pid_file(self) -> Path:
        """The process id of the runner, while there is one."""
        return self.folder / "stack.pid"

    @property
    def mail(self) -> Path:
        """One ``.eml`` file per mail that was sent."""
        return self.folder / "mail"

    @property
    def secrets(self) -> Path:
        """Keys that were made on the first start."""
        return self.folder / "secrets"

    @property
    def sample_file(self) -> Path:
        """Which facility got which id when the sample was put in."""
        return self.folder / "sample.json"

    def log(self, name: str) -> Path:
        """The output of one process."""
        return self.folder / "logs" / f"{name}.log"

    def environment(self, service: str) -> Path:
        """The settings of one service, for the ``ihala`` command."""
        return self.folder / f"{service}.env"

    def make(self) -> None:
        """Create the folder, closed to others: it holds keys and people's data."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)


def keep_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """The ports of the last start where they are still free, else new ones; written down."""
    known: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name, 0)
        while not port or port in ports.values() or is_listening(port):
            port = free_port()
        ports[name] = port
    file.write_text(json.dumps(ports, indent=2), encoding="utf-8")
    return ports
