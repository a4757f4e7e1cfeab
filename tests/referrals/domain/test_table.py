"""The table of DOMAIN, written down a second time, and held against the first."""

from __future__ import annotations

import pytest

from ihala_referrals.domain.table import MOVES, Action
from ihala_referrals.domain.words import ENDED, OPEN, OfferStatus, Side

UNANSWERED = "sent received info_requested waitlisted"
ANY_OPEN = f"{UNANSWERED} accepted scheduled no_show in_care cancelling"
TABLE = [
    ("acknowledge", "receiver", "sent", "received"),
    ("accept", "receiver", UNANSWERED, "accepted"),
    ("decline", "receiver", f"{UNANSWERED} accepted", "declined"),
    ("request_information", "receiver", "received", "info_requested"),
    ("provide_information", "sender", "info_requested", "received"),
    ("waitlist", "receiver", "received", "waitlisted"),
    ("schedule", "receiver", "accepted no_show waitlisted", "scheduled"),
    ("reschedule", "receiver", "no_show", "scheduled"),
    ("no_show", "receiver", "scheduled", "no_show"),
    ("arrive", "receiver", "accepted scheduled no_show", "in_care"),
    ("interim_note", "receiver", "in_care", "in_care"),
    ("complete", "receiver", "in_care accepted scheduled", "completed"),
    ("withdraw", "sender", UNANSWERED, "withdrawn"),
    ("request_cancellation", "sender", "accepted scheduled no_show", "cancelling"),
    ("confirm_cancellation", "receiver", "cancelling", "withdrawn"),
    ("expire", "system", UNANSWERED, "expired"),
    (
        "void",
        "sender supervisor",
        f"{UNANSWERED} accepted scheduled no_show in_care cancelling",
        "withdrawn",
    ),
]


@pytest.mark.parametrize(("action", "by", "start", "end"), TABLE)
def test_a_move_is_exactly_as_the_domain_says(action: str, by: str, start: str, end: str) -> None:
    move = MOVES[Action(action)]

    assert move.by == {Side(side) for side in by.split()}
    assert move.start == {OfferStatus(status) for status in start.split()}
    assert move.end == end


def test_there_is_no_move_beside_the_table() -> None:
    assert {str(action) for action in MOVES} == {row[0] for row in TABLE}


def test_nothing_leads_out_of_an_ended_offer() -> None:
    assert not any(move.start & ENDED for move in MOVES.values())


def test_every_state_can_be_reached_and_every_open_one_left() -> None:
    reached = {move.end for move in MOVES.values()} | {OfferStatus.SENT}
    left = {status for move in MOVES.values() for status in move.start}

    assert reached == set(OfferStatus)
    assert left == OPEN
