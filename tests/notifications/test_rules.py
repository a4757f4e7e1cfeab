"""The rules: who is told of what, and until when it is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.notifications.events import PERSON, RECEIVER, SENDER, referral_event, sent

from ihala.clock import utc_now
from ihala.events.contracts import CONTRACTS
from ihala_notifications.domain.classes import Class
from ihala_notifications.domain.desk import Desk, DeskContact, choose_language
from ihala_notifications.domain.facts import Condition, Facts, still_true
from ihala_notifications.domain.masking import masked
from ihala_notifications.domain.message import Channel, State
from ihala_notifications.domain.notification import Notification, RecipientKind
from ihala_notifications.domain.planning import plan
from ihala_notifications.domain.rules import RULES
from ihala_notifications.domain.safe_hours import next_safe_moment
from ihala_notifications.store.templates import TemplateStore

DESKS = {
    SENDER: Desk(
        SENDER, organisation_id="org_1", contacts=(DeskContact("email", "s@example.org"),)
    ),
    RECEIVER: Desk(RECEIVER, contacts=(DeskContact("email", "r@example.org", "fr"),)),
}


def told(notifications: list[Notification]) -> set[tuple[str, str]]:
    return {(n.recipient.role, n.template) for n in notifications}


def test_every_referral_event_has_a_rule_or_a_decision_to_be_silent() -> None:
    """A new event must be thought about here too."""
    events = {type_ for type_, _ in CONTRACTS if type_.startswith("referral.")}

    assert set(RULES) == events - {"referral.requested"}


def test_every_rule_has_words() -> None:
    """A rule without a template would fail only when it is needed."""
    templates = TemplateStore()

    assert all(templates.get(r.template) for rules in RULES.values() for r in rules)


@pytest.mark.parametrize("event_type", sorted(RULES))
def test_every_rule_gives_its_template_all_that_it_needs(event_type: str) -> None:
    """The example of each contract can be told."""
    name = event_type.partition(".")[2]
    templates = TemplateStore()

    for notification in plan(referral_event(name, contact_id=PERSON), DESKS, utc_now()):
        template = templates.all[notification.template]
        needed = {v.name for v in template.values.values() if v.required} - {"callback"}
        if notification.template != "your_appointment":
            assert needed <= notification.values.keys()


def test_a_sent_offer_is_put_to_the_receiver() -> None:
    """By e-mail in the desk's language, and in the inbox."""
    (notification,) = plan(sent(), DESKS, utc_now())

    assert notification.recipient.id == RECEIVER
    assert notification.template == "offer_to_answer"
    by_channel = {m.channel: m for m in notification.messages}
    assert by_channel[Channel.EMAIL].address == "r@example.org"
    assert by_channel[Channel.EMAIL].language == "fr"
    assert by_channel[Channel.EMAIL].state is State.QUEUED
    assert by_channel[Channel.INBOX].state is State.DELIVERED


def test_an_accepted_offer_is_told_to_the_sender() -> None:
    """Whoever made the referral finds it in their own inbox too."""
    (notification,) = plan(referral_event("accepted"), DESKS, utc_now())

    assert notification.recipient.id == SENDER
    assert set(notification.inbox_of) == {f"facility:{SENDER}", "subject:nurse-1"}


def test_an_appointment_is_told_to_the_person_who_agreed_and_to_nobody_who_did_not() -> None:
    """Without a contact there is no consent to be told."""
    assert told(plan(referral_event("scheduled"), DESKS, utc_now())) == {
        ("sender", "appointment_made")
    }
    assert ("person", "your_appointment") in told(
        plan(referral_event("scheduled", contact_id=PERSON), DESKS, utc_now())
    )


def test_an_expired_offer_is_escalated_to_the_senders_organisation() -> None:
    """Supervisors find it in their inbox."""
    expired = plan(referral_event("expired"), DESKS, utc_now())

    (escalated,) = [n for n in expired if n.recipient.kind is RecipientKind.ORGANISATION]
    assert escalated.inbox_of == ("organisation:org_1",)


def test_an_emergency_is_critical_and_a_courtesy_is_bulk() -> None:
    """The class follows the priority, except where the message can wait."""
    (urgent,) = plan(sent(priority="emergency"), DESKS, utc_now())
    (arrived,) = plan(referral_event("arrived", priority="emergency"), DESKS, utc_now())

    assert urgent.class_ is Class.CRITICAL
    assert arrived.class_ is Class.BULK


def test_the_same_event_is_the_same_notification() -> None:
    """Its id and its messages' ids are made of the event, the rule and the recipient."""
    event = sent()

    first, again = (plan(event, DESKS, utc_now())[0] for _ in range(2))

    assert first.id == again.id
    assert [m.id for m in first.messages] == [m.id for m in again.messages]


def test_an_event_from_long_ago_is_not_told_any_more() -> None:
    """A replay of old events sends nothing."""
    old = sent(at=utc_now() - timedelta(days=3))

    (notification,) = plan(old, DESKS, utc_now())

    assert {m.state for m in notification.messages} == {State.EXPIRED}


def test_a_service_whose_name_says_too_much_is_not_named() -> None:
    """Whoever looks over a shoulder learns nothing."""
    (notification,) = plan(sent(service_code="clinical_management_of_rape"), DESKS, utc_now())

    assert notification.template == "notice_neutral"
    assert notification.values == {}


def test_what_is_protected_is_told_in_constant_words_even_where_it_should_not_be() -> None:
    """An event of the protection kind on the open topic changes nothing about that."""
    (notification,) = plan(sent(kind="protection"), DESKS, utc_now())

    assert notification.protected
    assert notification.template == "notice_neutral"
    assert notification.values == {}
    assert notification.cause.subject == ""


SENT_FACTS = Facts(3, "active", 1, "sent")


@pytest.mark.parametrize(
    ("condition", "facts", "holds", "because"),
    [
        (None, SENT_FACTS, True, "always_true"),
        (Condition("r", 1, frozenset({"sent"})), None, True, "nothing_known"),
        (Condition("r", 1, frozenset({"sent"})), SENT_FACTS, True, "offer_sent"),
        (
            Condition("r", 1, frozenset({"sent"})),
            Facts(4, "active", 1, "accepted"),
            False,
            "offer_accepted",
        ),
        (
            Condition("r", 1, frozenset({"sent"})),
            Facts(4, "active", 2, "sent"),
            False,
            "another_offer",
        ),
        (Condition("r"), Facts(4, "active"), True, "no_open_offer"),
        (Condition("r"), Facts(4, "active", 1, "declined"), True, "no_open_offer"),
        (Condition("r"), SENT_FACTS, False, "offer_sent"),
        (Condition("r"), Facts(4, "cancelled"), False, "referral_cancelled"),
        (
            Condition("r", 1, frozenset({"scheduled"}), "2026-03-03T07:00:00.000Z"),
            Facts(4, "active", 1, "scheduled", "2026-03-04T07:00:00.000Z"),
            False,
            "another_appointment",
        ),
    ],
)
def test_a_message_is_sent_only_while_it_is_true(
    condition: Condition | None, facts: Facts | None, holds: bool, because: str
) -> None:
    """And the fact that decided is kept for the trace."""
    verdict = still_true(condition, facts)

    assert (verdict.holds, verdict.because) == (holds, because)


def test_a_desk_is_written_to_in_its_own_language_first() -> None:
    """The contact's, else the facility's, else Arabic; and the trace can say which it was."""
    desk = Desk(RECEIVER, languages=("ku", "fr"))

    assert choose_language(desk, DeskContact("email", "x", "en")) == ("en", "contact")
    assert choose_language(desk) == ("fr", "facility")
    assert choose_language(None) == ("ar", "default")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("aisha@example.org", "a•••@example.org"),
        ("https://his.example.org/secret", "his.example.org/•••"),
        ("+963911111111", "•••11"),
        ("1", "•••"),
        ("", ""),
    ],
)
def test_an_address_is_shown_only_in_part(address: str, shown: str) -> None:
    """Enough to recognise one's own."""
    assert masked(address) == shown


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (None, (3, 0), (3, 0)),
        ("09:00-16:30", (10, 0), (10, 0)),
        ("09:00-16:30", (8, 0), (9, 0)),
        ("22:00-02:00", (23, 0), (23, 0)),
        ("22:00-02:00", (3, 0), (22, 0)),
        ("whenever", (3, 0), (10, 0)),
        (["09:00"], (11, 0), (11, 0)),
    ],
)
def test_a_person_is_written_to_in_safe_hours_only(
    hours: object, at: tuple[int, int], expected: tuple[int, int]
) -> None:
    """Hours that nobody can read become a narrow window in the morning."""
    now = datetime(2026, 3, 1, *at, tzinfo=UTC)

    moment = next_safe_moment(hours, now, UTC)

    assert (moment.hour, moment.minute) == expected
