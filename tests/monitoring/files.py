"""Dashboards, rules and what they say, read from the files that are deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from ihala_local.places import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
RUNBOOK = ROOT / "docs" / "operating" / "runbook.md"
_METRIC = re.compile(r"\b(?:ihala|process)_[a-z0-9_]+\b")
_PANEL_VALUES = {"$__rate_interval": "5m", "$__interval": "1m"}


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by the name of its file."""
    files = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """Where each expression is, and the expression."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield f"{name}: {panel['title']}", target["expr"]


def metrics_of(expression: str) -> set[str]:
    """The metrics that an expression reads; raises ValueError when it is not PromQL."""
    for name, value in _PANEL_VALUES.items():
        expression = expression.replace(name, value)
    promql_parser.parse(expression)
    return set(_METRIC.findall(expression))


def headings(file: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    lines = file.read_text(encoding="utf-8").splitlines()
    titles = (line.lstrip("#").strip() for line in lines if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}
