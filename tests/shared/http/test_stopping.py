"""A web that is told to stop: what was let in is answered, whoever comes later is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for


def refused(url: str) -> bool:
    """Whether the connection is refused; raises when it is let in and then cut off."""
    try:
        return httpx.get(url, timeout=60).is_error
    except httpx.ConnectError:
        return True


def test_a_web_that_stops_refuses_at_once_and_answers_what_it_has_let_in(
    web: Process, port: int, tmp_path: Path
) -> None:
    """Nobody is let in only to be cut off: what is refused can be asked of another web."""
    url = f"http://127.0.0.1:{port}"
    with httpx.Client() as keeps_its_connection, ThreadPoolExecutor(1) as pool:
        keeps_its_connection.get(url)
        slow = pool.submit(httpx.get, f"{url}/slow", timeout=60)
        wait_for((tmp_path / "asked").exists, deadline_s=30)

        web.ask_to_stop()
        wait_for(lambda: refused(url), deadline_s=30, what="the door to close")
        still_at_work = web.is_alive()
        (tmp_path / "go").touch()

        assert slow.result().text == "done"
        wait_for(lambda: not web.is_alive(), deadline_s=60, what="gunicorn to end")
    assert still_at_work
    assert web.exit_status == 0
