"""docker-compose.yml as an operator deploys it, in a folder of its own, and what is around it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import aiosmtpd
import yaml
from tests.compose.engine import Engine, compose_command, spoken

from ihala.testing.tokens import Issuer
from ihala.testing.waiting import wait_for

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "referrals", "notifications")
STAYING = tuple(
    name
    for name, service in yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
        "services"
    ].items()
    if service["restart"] != "no"
)
GATEWAY = "https://localhost:8443"

_WELL_WITHIN_S = 600
_ANY = "0.0.0.0"  # noqa: S104 - inside its container


class Deployment:
    """The project's files, its secrets and settings, an issuer's keys and a mail server.

    ``tool`` is the Compose that is spoken to, ``files`` are those it reads, each over those before.
    """

    def __init__(self, engine: Engine, folder: Path, python_image: str, project: str) -> None:
        self.engine = engine
        self.project = project
        self.tool = compose_command(engine.environment)
        self.files = ["docker-compose.yml", "around.json"]
        self.folder = folder
        self.mail = folder / "mail"
        self.secrets = folder / "deploy" / "secrets.d"
        self.issuer = Issuer(folder / "issuer")
        self._lay_out(python_image)

    def _lay_out(self, python_image: str) -> None:
        shutil.copy(ROOT / "docker-compose.yml", self.folder)
        leave_out = shutil.ignore_patterns("secrets.d", "__pycache__")
        shutil.copytree(ROOT / "deploy", self.folder / "deploy", ignore=leave_out)
        subprocess.run([str(self.folder / "deploy" / "secrets")], check=True, capture_output=True)
        self.mail.mkdir()
        self.mail.chmod(0o777)
        (self.folder / ".env").write_text(_SETTINGS.format(issuer=self.issuer.name))
        around = {"services": self._services_around(python_image)}
        (self.folder / "around.json").write_text(json.dumps(around, indent=1))

    def _services_around(self, python_image: str) -> dict[str, Any]:
        keys = [f"{self.issuer.jwks_file}:/etc/ihala/jwks.json:ro"]
        packages = Path(aiosmtpd.__file__).parents[1]
        mail = {
            "image": python_image,
            "user": "10001:10001",
            "command": ["python3", "-m", "ihala.testing.smtp_server", "2525", "/mail", _ANY],
            "environment": {"PYTHONPATH": "/shared:/packages", "PYTHONDONTWRITEBYTECODE": "1"},
            "volumes": [
                f"{self.mail}:/mail",
                f"{ROOT / 'shared'}:/shared:ro",
                f"{packages}:/packages:ro",
            ],
            "networks": ["outside"],
        }
        return {f"{name}-web": {"volumes": keys} for name in SERVICES} | {"mail": mail}

    def compose(self, *words: str, within_s: float = 300) -> str:
        """``docker-compose …`` in the folder; what it printed."""
        files = [word for file in self.files for word in ("-f", file)]
        return spoken(
            [*self.tool, "-p", self.project, *files, *words],
            self.engine.environment,
            within_s=within_s,
            folder=self.folder,
        )

    def up(self) -> None:
        """Start everything from the images that are there; returns when all of it is well."""
        self.compose("up", "--detach", "--no-build", within_s=_WELL_WITHIN_S)
        self.wait_until_well()

    def down(self, *options: str) -> bool:
        """Remove the containers and networks; the volumes stay unless ``--volumes`` is given."""
        try:
            self.compose("down", *options)
        except AssertionError:
            self._drive_out_ghosts()
            raise
        return True

    def _drive_out_ghosts(self) -> None:
        """An engine may keep a killed container's place in a network, which cannot be removed then.

        docs/operating/compose.md says the same to operators.
        """
        ours = ("--quiet", "--filter", f"label=com.docker.compose.project={self.project}")
        if self.engine.run("ps", "--all", *ours).split():
            return
        for network in self.engine.run("network", "ls", *ours).split():
            (found,) = json.loads(self.engine.run("network", "inspect", network))
            for ghost in found["Containers"].values():
                self.engine.run("network", "disconnect", "--force", network, ghost["Name"])

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of the only container of each service, by the service's name."""
        return {name: only for name, (only,) in self.all_containers().items()}

    def all_containers(self) -> dict[str, list[dict[str, Any]]]:
        """The containers of each service, those that have ended too."""
        ids = self.engine.run(
            *("ps", "--all", "--quiet", "--filter"),
            f"label=com.docker.compose.project={self.project}",
        ).split()
        found: dict[str, list[dict[str, Any]]] = {}
        for one in json.loads(self.engine.run("inspect", *ids)):
            name = one["Config"]["Labels"]["com.docker.compose.service"]
            found.setdefault(name, []).append(one)
        return found

    def wait_until_well(self, *names: str) -> None:
        """Return when these containers, or all that have a health check, say that they are well."""

        def well() -> bool:
            states = {
                one["State"]["Health"]["Status"]
                for name, some in self.all_containers().items()
                for one in some
                if "Health" in one["State"] and (not names or name in names)
            }
            return states == {"healthy"}

        wait_for(well, deadline_s=_WELL_WITHIN_S, what=f"{names or 'all'} to be well", every_s=1)

    def wait_until_said(self, name: str, words: str) -> None:
        """Return when the container's log holds these words."""
        wait_for(
            lambda: words in self.compose("logs", "--no-color", name),
            deadline_s=_WELL_WITHIN_S,
            what=f"{name} to say {words!r}",
            every_s=1,
        )

    def write_secret(self, name: str, text: str) -> None:
        """Replace what is in a secret's file; containers that are made from now on have it."""
        file = self.secrets / name
        file.unlink()
        file.write_text(text)
        file.chmod(0o444)

    def set(self, name: str, value: str) -> None:
        """Put a setting into .env; the last one of a name counts."""
        with (self.folder / ".env").open("a") as settings:
            settings.write(f"{name}={value}\n")

    def add_file(self, name: str, said: dict[str, Any]) -> None:
        """Let Compose read one more file, over those it has."""
        (self.folder / name).write_text(json.dumps(said))
        self.files.append(name)

    def python(self, service: str, program: str, *words: str) -> Any:
        """Run a program in a container of ours; the JSON that it printed."""
        said = self.compose("exec", "-T", service, "python3", "-c", program, *words)
        return json.loads(said)


_SETTINGS = """\
IHALA_TOKEN_ISSUER={issuer}
IHALA_JWKS=/etc/ihala/jwks.json
IHALA_SMTP=mail:2525
IHALA_SMTP_TLS=none
IHALA_MAIL_FROM=no-reply@ihala.example.org
IHALA_CALLBACK=help@ihala.example.org
"""
