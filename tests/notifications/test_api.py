"""The HTTP interface: who sees what, the inbox, the trace, the templates, and wrong input."""

from __future__ import annotations

from typing import Any

import pytest
from tests.notifications.conftest import Headers, Station, Web
from tests.notifications.events import (
    RECEIVER,
    SENDER,
    notice_event,
    referral_event,
    request_event,
    sent,
)

from ihala.http import undeclared_endpoints
from ihala.testing.parts import Rule, SmtpSink


def listed(web: Web, who: Headers, query: str = "") -> list[dict[str, Any]]:
    response = web.get(f"/v1/notifications{query}", headers=who)
    assert response.status_code == 200, response.json
    items: list[dict[str, Any]] = response.json["items"]
    return items


def test_every_endpoint_says_who_may_call_it(idle_web: Web) -> None:
    """Default deny."""
    assert undeclared_endpoints(idle_web.application) == []


def test_a_notification_is_seen_by_those_it_is_for_or_about(
    station: Station,
    web: Web,
    sender_staff: Headers,
    receiver_staff: Headers,
    operator: Headers,
    stranger: Headers,
) -> None:
    """For others it does not exist."""
    station.hear("referrals.events", sent())

    (seen,) = listed(web, receiver_staff)
    path = f"/v1/notifications/{seen['id']}"

    for who in (sender_staff, receiver_staff, operator):
        assert [n["id"] for n in listed(web, who)] == [seen["id"]]
        assert web.get(path, headers=who).status_code == 200
        assert web.get(f"{path}/trace", headers=who).status_code == 200
    assert listed(web, stranger) == []
    for where in (path, f"{path}/trace"):
        hidden = web.get(where, headers=stranger)
        absent = web.get(where.replace(seen["id"], "ntf_" + "0" * 26), headers=stranger)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json["detail"] == absent.json["detail"]


def test_what_is_protected_is_seen_by_the_receivers_protection_staff_only(
    station: Station,
    web: Web,
    receiver_staff: Headers,
    receiver_protection: Headers,
    operator: Headers,
) -> None:
    """Not by operators, not by other staff of the same facility; nor in lists."""
    station.hear("referrals.protected", notice_event(RECEIVER))

    (seen,) = listed(web, receiver_protection)
    path = f"/v1/notifications/{seen['id']}"

    assert seen["cause"]["event_id"] is None
    assert web.get("/v1/inbox/unread", headers=receiver_protection).json == {"unread": 1}
    for who in (receiver_staff, operator):
        assert listed(web, who) == []
        assert web.get(path, headers=who).status_code == 404
        assert web.get(f"{path}/trace", headers=who).status_code == 404
        assert web.get("/v1/inbox", headers=who).json["items"] == []
        assert web.get("/v1/inbox/unread", headers=who).json == {"unread": 0}
    for who in (receiver_staff, operator):
        acknowledged = web.post(f"/v1/inbox/{seen['id']}/acknowledge", headers=who)
        assert acknowledged.status_code == 404


def test_the_trace_tells_why_and_what_came_of_it(
    station: Station, web: Web, receiver_staff: Headers, smtp: SmtpSink
) -> None:
    """Cause, rule, words, language, checks, attempts and states; never a whole address."""
    smtp.behave(Rule(code=451, stage="rcpt"))
    event = sent()
    station.hear("referrals.events", event)
    station.send_all()
    smtp.behave()
    station.clock.move(minutes=1)
    station.send_all()

    (seen,) = listed(web, receiver_staff)
    response = web.get(f"/v1/notifications/{seen['id']}/trace", headers=receiver_staff)

    trace = response.json
    assert trace["cause"]["event_id"] == event.id
    assert trace["rule"] == "sent:receiver"
    assert trace["template"]["name"] == "offer_to_answer"
    assert trace["still_true_while"]["offer_status"] == ["received", "sent"]
    assert trace["correlation_id"] == "corr-1"
    mail = next(m for m in trace["messages"] if m["channel"] == "email")
    assert mail["address"] == "r•••@example.org"
    assert (mail["language"], mail["language_from"]) == ("en", "facility")
    assert [a["outcome"] for a in mail["attempts"]] == ["refused_for_now", "accepted"]
    assert [s["state"] for s in mail["states"]] == [
        "created",
        "queued",
        "sending",
        "temporary_failure",
        "queued",
        "sending",
        "accepted",
    ]
    assert any("the provider took it" in sentence for sentence in trace["summary"])
    assert "receiver@example.org" not in response.text


def test_the_trace_tells_why_not(station: Station, web: Web, receiver_staff: Headers) -> None:
    """A mail that was no longer true says which fact stopped it."""
    station.hear("referrals.events", sent(), referral_event("accepted", seq=2))
    station.send_all()

    (seen,) = [n for n in listed(web, receiver_staff) if n["template"] == "offer_to_answer"]
    trace = web.get(f"/v1/notifications/{seen['id']}/trace", headers=receiver_staff).json

    assert any("no longer true: offer_accepted" in sentence for sentence in trace["summary"])


def test_notifications_are_listed_page_by_page_and_by_what_they_are_about(
    station: Station, web: Web, receiver_staff: Headers
) -> None:
    """Newest first; a filter and a cursor fit together."""
    ids = [f"ref_{n:026}" for n in range(5)]
    station.hear("referrals.events", *(sent(referral_id=id_) for id_ in ids))

    seen: list[str] = []
    query = "?limit=2"
    while query:
        response = web.get(f"/v1/notifications{query}", headers=receiver_staff)
        seen += [n["cause"]["subject"] for n in response.json["items"]]
        cursor = response.json["next"]
        query = f"?limit=2&cursor={cursor}" if cursor else ""

    assert sorted(seen) == ids
    assert len(listed(web, receiver_staff, f"?referral_id={ids[2]}")) == 1
    assert len(listed(web, receiver_staff, f"?facility_id={RECEIVER}")) == 5
    assert listed(web, receiver_staff, f"?facility_id={SENDER}") == []
    assert len(listed(web, receiver_staff, "?state=queued")) == 5
    assert listed(web, receiver_staff, "?state=accepted") == []


@pytest.mark.parametrize(
    "query",
    [
        "?state=nowhere",
        "?referral_id=1",
        "?facility_id[$ne]=x",
        "?limit=0",
        "?limit=9999",
        "?cursor=abc",
        "?surprise=1",
        "?state=queued&state=sending",
    ],
)
@pytest.mark.parametrize("path", ["/v1/notifications", "/v1/inbox", "/v1/webhooks"])
def test_a_wrong_query_is_refused_with_the_parameters_name(
    idle_web: Web, receiver_staff: Headers, path: str, query: str
) -> None:
    """Never a 500."""
    response = idle_web.get(path + query, headers=receiver_staff)

    assert response.status_code in (400, 422)
    assert response.json["errors"]


def test_a_refused_request_breaks_no_list(
    station: Station, web: Web, receiver_staff: Headers
) -> None:
    """Its template may not even exist."""
    station.hear("notifications.requests", request_event(template="no_such"))

    (seen,) = listed(web, receiver_staff)
    trace = web.get(f"/v1/notifications/{seen['id']}/trace", headers=receiver_staff).json

    assert trace["messages"][0]["state"] == "technical_failure"
    assert web.get("/v1/inbox", headers=receiver_staff).json["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/notifications/nothing",
        "/v1/notifications/ntf_../trace",
        "/v1/templates/no_such",
        "/v1/templates/%00",
        "/v1/webhooks/whk_" + "0" * 26,
    ],
)
def test_what_is_not_there_is_not_found(idle_web: Web, receiver_staff: Headers, path: str) -> None:
    """With a problem document."""
    response = idle_web.get(path, headers=receiver_staff)

    assert response.status_code == 404
    assert response.json["type"] == "urn:ihala:problem:not-found"


def test_nothing_is_shown_without_a_token(idle_web: Web) -> None:
    """Every resource asks who calls."""
    for path in ("/v1/notifications", "/v1/inbox", "/v1/webhooks", "/v1/templates"):
        assert idle_web.get(path).status_code == 401


def test_readiness_asks_the_database(idle_web: Web) -> None:
    """The web is ready when its database answers."""
    assert idle_web.get("/readyz").status_code == 200
