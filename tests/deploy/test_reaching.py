"""The network policies of deploy/kubernetes: who may reach whom, worked out from the documents."""

from __future__ import annotations

from typing import Any

import pytest
from tests.deploy.manifests import OVERLAYS, Manifest, of_kind

WEBS = {"registry-web", "referrals-web", "notifications-web"}
WORKERS = {"registry-worker", "referrals-worker", "notifications-worker"}
Labels = dict[str, str]


def labels_of(overlay: str) -> dict[str, Labels]:
    """The labels of the pods of each part, and for each port name its number."""
    owners = of_kind(overlay, "Deployment", "StatefulSet", "Job")
    return {name: it["spec"]["template"]["metadata"]["labels"] for name, it in owners.items()}


def ports_of(overlay: str, name: str) -> dict[str, int]:
    """The numbers of a part's named ports."""
    owner = of_kind(overlay, "Deployment", "StatefulSet", "Job")[name]
    return {
        port["name"]: port["containerPort"]
        for container in owner["spec"]["template"]["spec"]["containers"]
        for port in container.get("ports", ())
    }


def matches(selector: Manifest, labels: Labels) -> bool:
    """Whether a pod selector means pods with these labels."""
    wanted = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", ())
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(it["key"]) in it["values"] for it in among
    )


def allowed(overlay: str, way: str, one: str, other: str, port: int) -> bool:
    """Whether some policy of ``one`` lets it speak to (egress) or hear from (ingress) ``other``."""
    labels = labels_of(overlay)
    listening = ports_of(overlay, other if way == "egress" else one)
    for policy in of_kind(overlay, "NetworkPolicy").values():
        if not matches(policy["spec"]["podSelector"], labels[one]):
            continue
        for rule in policy["spec"].get(way, ()):
            numbers = {listening.get(it["port"], it["port"]) for it in rule["ports"]}
            peers: list[dict[str, Any]] = rule.get("to" if way == "egress" else "from", [])
            pods = [it["podSelector"] for it in peers if "podSelector" in it]
            if port in numbers and any(matches(pod, labels[other]) for pod in pods):
                return True
    return False


def reaches(overlay: str, one: str, other: str, port: int) -> bool:
    """Whether both sides allow it."""
    return allowed(overlay, "egress", one, other, port) and allowed(
        overlay, "ingress", other, one, port
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize(
    ("other", "port", "by"),
    [
        ("mongo", 27017, WEBS | WORKERS | {"mongo"}),
        ("kafka", 9092, WORKERS | {"topics", "kafka"}),
        ("kafka", 9093, {"kafka"}),
        ("kafka", 9094, set[str]()),
        ("registry-web", 8000, {"gateway"}),
        ("referrals-web", 8000, {"gateway"}),
        ("notifications-web", 8000, {"gateway"}),
        ("gateway", 8443, set[str]()),
    ],
)
def test_each_port_is_reached_by_those_who_need_it_and_nobody_else(
    overlay: str, other: str, port: int, by: set[str]
) -> None:
    everybody = labels_of(overlay)

    assert {name for name in everybody if reaches(overlay, name, other, port)} == by


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_not_allowed_is_forbidden(overlay: str) -> None:
    """Policies only ever add; without this one, pods that none selects would be free."""
    policy = of_kind(overlay, "NetworkPolicy")["nothing-by-default"]["spec"]

    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_webs_and_the_worker_that_sends_reach_the_world(overlay: str) -> None:
    labels = labels_of(overlay)
    policies = of_kind(overlay, "NetworkPolicy").values()
    outside = [
        policy["spec"]["podSelector"]
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        if any("ipBlock" in peer for peer in rule.get("to", [{"ipBlock": {}}]))
    ]

    found = {name for name in labels if any(matches(it, labels[name]) for it in outside)}
    assert found == WEBS | {"notifications-worker"}
