"""What kustomize makes of deploy/kubernetes, and what stands in it."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "referrals", "notifications")
OVERLAYS = ("one-node", "cluster")

Manifest = dict[str, Any]


@functools.cache
def built(overlay: str) -> tuple[Manifest, ...]:
    """Every document of an overlay, built by the kustomize of the kubectl that is locked."""
    kubectl = Path(sys.executable).with_name("kubectl")
    folder = ROOT / "deploy" / "kubernetes" / overlay
    done = subprocess.run(
        [str(kubectl), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> dict[str, Manifest]:
    """The documents of these kinds, by name."""
    return {it["metadata"]["name"]: it for it in built(overlay) if it["kind"] in kinds}


@dataclass(frozen=True)
class Container:
    """A container, with the pod that it is in and whoever makes the pod."""

    owner: str
    pod: Manifest
    spec: Manifest

    @property
    def environment(self) -> dict[str, Manifest]:
        """Its variables, by name and in order."""
        return {variable["name"]: variable for variable in self.spec["env"]}

    @property
    def secrets(self) -> set[str]:
        """The files that it finds in /run/secrets."""
        (mount,) = (it for it in self.spec["volumeMounts"] if it["mountPath"] == "/run/secrets")
        (volume,) = (it for it in self.pod["volumes"] if it["name"] == mount["name"])
        return {item["path"] for item in volume["secret"]["items"]}


def containers(overlay: str) -> Iterator[Container]:
    """Every container of an overlay."""
    for name, owner in of_kind(overlay, "Deployment", "StatefulSet", "Job").items():
        pod = owner["spec"]["template"]["spec"]
        for spec in (*pod["containers"], *pod.get("initContainers", ())):
            yield Container(name, pod, spec)


def processes(overlay: str) -> Iterator[tuple[str, str, Container]]:
    """The webs and workers of our services: service, "web" or "worker", container."""
    found = {container.owner: container for container in containers(overlay)}
    for service in SERVICES:
        for kind in ("web", "worker"):
            yield service, kind, found[f"{service}-{kind}"]
