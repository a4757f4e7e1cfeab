"""The whole system on one machine: real parts, six processes, kept up until it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ihala.testing.mint import LOCAL_ISSUER
from ihala.testing.tokens import Issuer
from ihala_local import services
from ihala_local.environments import (
    SERVICES,
    Around,
    port_name,
    settings_of_backup,
    settings_of_worker,
    url_of,
    web_name,
    worker_name,
    write_environment,
)
from ihala_local.ground import Ground
from ihala_local.keys import make_keys
from ihala_local.places import Places, keep_ports
from ihala_local.services import Service
from ihala_local.supervisor import Part, Supervisor

Told = Callable[[str], None]
"""Is told, in a few words, what happens."""


def _port_names(ground: Ground) -> list[str]:
    """Each process's own port for metrics, and each web's for requests."""
    webs, workers = _numbers(ground.webs), _numbers(ground.workers)
    names = [web_name(service, number) for service in SERVICES for number in webs]
    names += [worker_name(service, number) for service in SERVICES for number in workers]
    requests = [port_name(service, number) for service in SERVICES for number in webs]
    return ["mongod", "broker", "smtp", *requests, *(f"{name}-metrics" for name in names)]


def _numbers(count: int) -> range:
    return range(1, count + 1)


class Stack:
    """A system of its own in ``folder``; starting it again there finds the data of last time.

    ``parts`` holds every process by name: mongod, broker, smtp, and web and worker of each service
    ("referrals-web"). While ``supervisor`` runs, a part that is killed comes back by itself.
    """

    def __init__(
        self, folder: Path, told: Told = lambda _: None, ground: Ground | None = None
    ) -> None:
        self.places = Places(folder.resolve())
        self.places.make()
        make_keys(self.places.secrets)
        self._told = told
        self._ground = ground or Ground()
        self.ports = keep_ports(folder / "ports.json", _port_names(self._ground))
        self.issuer = Issuer(folder.resolve() / "issuer", name=LOCAL_ISSUER)
        self.mongod = self._ground.mongod(self.places.folder / "mongod", self.ports["mongod"])
        self.broker = self._ground.broker(self.places.folder / "broker", self.ports["broker"])
        self.smtp = self._ground.smtp(self.places.mail, self.ports["smtp"], self.places.log("smtp"))
        self._around = self._look_around()
        self._services = self._make_services()
        self.parts: dict[str, Part] = {
            "mongod": self.mongod,
            "broker": self.broker,
            "smtp": self.smtp,
            **self._services,
        }
        self.supervisor = Supervisor(self.parts, told=told)

    def url(self, service: str, number: int = 1) -> str:
        """Where a web of a service answers."""
        return url_of(service, self._around, number)

    def start(self) -> None:
        """Start everything; returns when every process serves. On failure, nothing is left."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        for name, part in self.parts.items():
            self._told(f"starting {name}")
            part.start()
        for name, service in self._services.items():
            self._told(f"waiting for {name}")
            service.wait_until_ready()
        self.supervisor.start()

    def stop(self) -> None:
        """Stop everything: the services side by side, then what they need, last the database."""
        self.supervisor.stop()
        for service in self._services.values():
            service.process.ask_to_stop()
        for name, part in reversed(self.parts.items()):
            if part.process.is_alive():
                self._told(f"stopping {name}")
            part.stop()

    def _look_around(self) -> Around:
        return Around(
            places=self.places,
            mongodb={service: self.mongod.uri(f"ihala_{service}") for service in SERVICES},
            kafka=self.broker.address,
            smtp=self.smtp.address,
            issuer=self.issuer.name,
            jwks=self.issuer.jwks_file,
            ports=self.ports,
            ground=self._ground,
        )

    def _make_services(self) -> dict[str, Service]:
        around, made = self._around, dict[str, Service]()
        write_environment(
            self.places.environment("backup"), settings_of_backup(self.mongod.uri(""), around)
        )
        for service in SERVICES:
            settings = settings_of_worker(service, around)
            write_environment(self.places.environment(service), settings)
            for number in _numbers(self._ground.webs):
                made[web_name(service, number)] = services.web(service, around, number)
            for number in _numbers(self._ground.workers):
                made[worker_name(service, number)] = services.worker(service, around, number)
        return made
