"""Lines about many pieces of work at once name all of them, and nothing else."""

from __future__ import annotations

import pytest
import structlog

from ihala.correlation import log_threads, loggable


def said(ids: list[str]) -> list[dict[str, object]]:
    """What is logged of these ids."""
    with structlog.testing.capture_logs() as lines:
        log_threads(structlog.get_logger(), "events sent", ids, documents=3)
    return [dict(line) for line in lines]


def test_one_line_names_each_id_once_in_the_order_they_came() -> None:
    lines = said(["click-2", "click-1", "click-2"])

    assert [line["correlation_ids"] for line in lines] == [["click-2", "click-1"]]
    assert lines[0]["documents"] == 3


def test_more_than_a_line_takes_go_on_in_further_lines_and_none_is_missing() -> None:
    ids = [f"{number:064d}" for number in range(450)]

    lines = said(ids)

    assert [id_ for line in lines for id_ in line["correlation_ids"]] == ids  # type: ignore[attr-defined]
    assert len(lines) == 3
    assert all(len(str(line)) < 16 * 1024 for line in lines)


def test_work_without_an_id_is_told_as_well() -> None:
    assert [line["correlation_ids"] for line in said([])] == [[]]


@pytest.mark.parametrize("id_", ["", "Salma Khatib", "a@b.example", "x" * 65, "سلمى", "one\ntwo"])
def test_what_others_made_up_and_could_hold_anything_is_left_out(id_: str) -> None:
    assert loggable(id_) == ""
    assert said([id_, "click-1"])[0]["correlation_ids"] == ["click-1"]
