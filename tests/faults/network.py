"""One network namespace for each process of a service, tied to the hub where the test runs.

The hub is a network of its own (see ``alone``), without a way out. mongod, the broker and the mail
server listen there on one address; every process reaches it by a cable (veth) of its own, on which
the hub's firewall drops what is to be lost. Nobody is told: packets vanish, as they do when a
switch dies.
"""

from __future__ import annotations

import random
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.chaos import Injected

HUB = "10.77.0.1"

Rule = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cable:
    """The way between the hub and the namespace of one process."""

    namespace: str
    interface: str
    address: str


def run(*command: str) -> None:
    """Run a command of the system; raises with what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


class Network:
    """The hub with its cables; all of it ends with the namespace that the test runs in."""

    def __init__(self, names: Sequence[str]) -> None:
        run("ip", "address", "add", f"{HUB}/32", "dev", "lo")
        self.cables = {name: _lay(number, name) for number, name in enumerate(names, start=1)}

    def address_of(self, name: str) -> str:
        """Where a process is reached: in its namespace, or at the hub."""
        cable = self.cables.get(name)
        return cable.address if cable else HUB

    def command(self, name: str, command: Sequence[str]) -> Sequence[str]:
        """The command, run in the namespace of the process."""
        return ["ip", "netns", "exec", self.cables[name].namespace, *command]

    def drop(self, rules: Sequence[Rule]) -> None:
        """Let the hub lose what the rules match."""
        for rule in rules:
            run("iptables", "-w", "-A", *rule, "-j", "DROP")

    def undrop(self, rules: Sequence[Rule]) -> None:
        """Let it through again."""
        for rule in rules:
            run("iptables", "-w", "-D", *rule, "-j", "DROP")


def _lay(number: int, name: str) -> Cable:
    cable = Cable(f"ihala-{name}", f"ihala{number}", f"10.77.{number}.2")
    here, there = f"10.77.{number}.1", f"{cable.interface}p"
    run("ip", "netns", "add", cable.namespace)
    run(
        *("ip", "link", "add", cable.interface, "type", "veth"),
        *("peer", "name", there, "netns", cable.namespace),
    )
    run("ip", "address", "add", f"{here}/30", "dev", cable.interface)
    run("ip", "link", "set", cable.interface, "up")
    inside = ("ip", "-n", cable.namespace)
    run(*inside, "address", "add", f"{cable.address}/30", "dev", there)
    run(*inside, "link", "set", there, "up")
    run(*inside, "link", "set", "lo", "up")
    run(*inside, "route", "add", "default", "via", here)
    return cable


def questions(cable: Cable, port: int) -> Rule:
    """What the process says to the server on this port."""
    return ("INPUT", "-i", cable.interface, "-p", "tcp", "--dport", str(port))


def answers(cable: Cable, port: int) -> Rule:
    """What the server on this port says to the process."""
    return ("OUTPUT", "-o", cable.interface, "-p", "tcp", "--sport", str(port))


class _Cut(ABC):
    """Something is lost between one process, or all of them, and one server.

    ``talks`` says, by server, who speaks to it.
    """

    lasts_s = (3.0, 18.0)

    def __init__(
        self, network: Network, ports: Mapping[str, int], talks: Mapping[str, Sequence[str]]
    ) -> None:
        self._network = network
        self._ports = ports
        self._talks = talks

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        server = chance.choice(sorted(self._ports))
        everybody = sorted(self._talks[server])
        hit = everybody if chance.random() < 0.2 else [chance.choice(everybody)]
        lasts_s = chance.uniform(*self.lasts_s)
        port = self._ports[server]
        rules = [rule for name in hit for rule in self._rules(chance, name, port)]
        self._network.drop(rules)
        victim = f"{hit[0] if len(hit) == 1 else 'all'}, {server}"
        return Injected(victim, lasts_s, lambda: self._network.undrop(rules))

    @abstractmethod
    def _rules(self, chance: random.Random, name: str, port: int) -> Sequence[Rule]:
        """What is dropped of the talk between a process and the server on this port."""


class Cut(_Cut):
    """Nothing gets through, in either direction."""

    kind = "network cut"

    def _rules(self, chance: random.Random, name: str, port: int) -> Sequence[Rule]:
        cable = self._network.cables[name]
        return questions(cable, port), answers(cable, port)


class HalfCut(_Cut):
    """One direction: what is asked never arrives, or it is done and nobody hears of it."""

    kind = "one-way cut"

    def _rules(self, chance: random.Random, name: str, port: int) -> Sequence[Rule]:
        lost = chance.choice((questions, answers))
        return [lost(self._network.cables[name], port)]


class Lossy(_Cut):
    """Every third packet is lost, so that everything takes long."""

    kind = "lossy network"

    def _rules(self, chance: random.Random, name: str, port: int) -> Sequence[Rule]:
        cable = self._network.cables[name]
        some = ("-m", "statistic", "--mode", "random", "--probability", "0.3")
        return (*questions(cable, port), *some), (*answers(cable, port), *some)
