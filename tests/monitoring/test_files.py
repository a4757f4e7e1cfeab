"""Dashboards, alert rules and runbook: whole, valid, and about each other."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from tests.monitoring.files import (
    ALERTS,
    MONITORING,
    RUNBOOK,
    dashboards,
    expressions,
    headings,
    metrics_of,
    rules,
)
from tests.monitoring.promtool import find_promtool

from ihala.events.topics import TOPICS, is_counted
from ihala.testing.mongod import PartMissingError
from ihala_local.environments import SERVICES
from ihala_local.places import ROOT
from ihala_notifications.domain.message import Channel
from ihala_referrals.domain.words import Priority


@pytest.fixture(scope="module")
def promtool() -> str:
    try:
        return find_promtool()
    except PartMissingError as missing:
        pytest.skip(f"the rules' own tests were not run: {missing}")


@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts.test.yml"],
    ],
    ids=" ".join,
)
def test_prometheus_takes_rules_and_configuration(promtool: str, command: list[str]) -> None:
    """Each alert fires when it should, and none while all is well."""
    done = subprocess.run(
        [promtool, *command],
        cwd=MONITORING,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test_of_its_own() -> None:
    tests = yaml.safe_load((MONITORING / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    quiet = {test["alertname"] for it in tests for test in it.get("alert_rule_test", ())}
    loud = str([it.get("promql_expr_test") for it in tests])

    names = {rule["alert"] for rule in rules()}
    assert quiet == names
    assert [name for name in names if f'alertname="{name}"' not in loud] == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_its_page_of_the_runbook(rule: dict[str, dict[str, str]]) -> None:
    page, _, heading = rule["annotations"]["runbook"].partition("#")

    assert ROOT / page == RUNBOOK
    assert heading in headings(RUNBOOK)
    assert rule["labels"]["severity"] in ("critical", "warning")


def test_every_page_of_the_runbook_says_what_to_do_about_an_alert() -> None:
    pages = RUNBOOK.read_text(encoding="utf-8").split("\n## ")[1:]

    assert {page.splitlines()[0] for page in pages} == {rule["alert"] for rule in rules()}
    for page in pages:
        assert "**Means**" in page
        assert "ook at**" in page
        assert "**Do**" in page or "**do**" in page


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_expression_is_promql(where: str, expression: str) -> None:
    assert metrics_of(expression) or "up{" in expression


def test_a_wrong_expression_would_be_seen() -> None:
    with pytest.raises(ValueError, match=r"unexpected|unclosed"):
        metrics_of("sum(rate(ihala_events_sent_total[5m])")


def test_dashboards_have_an_id_a_title_and_panels_that_do_not_overlap() -> None:
    found = dashboards()
    uids = [dashboard["uid"] for dashboard in found.values()]

    assert len(found) >= 5
    assert uids == list(found)
    for dashboard in found.values():
        assert dashboard["title"].startswith("Ihala: ")
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        cells = [
            (x, y)
            for at in places
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        assert len(cells) == len(set(cells))
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def values_of(dashboard: str, variable: str) -> list[str]:
    """What a dashboard repeats a row for."""
    board = dashboards()[dashboard]
    (found,) = (it for it in board["templating"]["list"] if it["name"] == variable)
    (row,) = (it for it in board["panels"] if it.get("repeat") == variable)
    assert f"${variable}" in row["title"]
    assert found["type"] == "custom"
    options = [option["value"] for option in found["options"] if option["value"] != "$__all"]
    assert found["query"].split(",") == options
    return options


def test_every_topic_has_a_row() -> None:
    assert values_of("ihala-events", "topic") == list(TOPICS)


def test_every_priority_channel_and_service_has_a_row() -> None:
    assert values_of("ihala-referrals", "priority") == [str(it) for it in Priority]
    assert values_of("ihala-delivery", "channel") == [str(it) for it in Channel]
    assert values_of("ihala-errors", "service") == list(SERVICES)


def test_what_must_be_seen_is_on_a_dashboard() -> None:
    shown = {name for _, expression in expressions() for name in metrics_of(expression)}

    assert shown >= {
        "ihala_events_sent_total",
        "ihala_events_applied_total",
        "ihala_unsent_oldest_age_seconds",
        "ihala_consumer_lag_records",
        "ihala_parked_keys",
        "ihala_dead_letters_total",
        "ihala_offer_time_seconds_bucket",
        "ihala_messages_total",
        "ihala_http_problems_total",
        "ihala_task_failures_total",
    }


def test_every_process_of_the_compose_file_is_scraped_on_a_network_it_shares() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    overlay = yaml.safe_load((MONITORING / "docker-compose.yml").read_text(encoding="utf-8"))
    jobs = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = jobs["scrape_configs"]
    targets = [target.partition(":") for it in job["static_configs"] for target in it["targets"]]
    mine = set(overlay["services"]["prometheus"]["networks"])

    assert {name for name, _, _ in targets} == {
        f"{service}-{kind}" for service in SERVICES for kind in ("web", "worker")
    }
    for name, _, port in targets:
        assert compose[name]["environment"]["IHALA_METRICS_PORT"] == port
        assert mine & set(compose[name]["networks"])


def test_only_the_protected_topic_is_not_counted() -> None:
    assert [name for name in TOPICS if not is_counted(name)] == ["referrals.protected"]
    assert ALERTS.read_text(encoding="utf-8").count("protected") == 0
