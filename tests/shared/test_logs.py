"""Every line is one JSON object that says where it comes from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TALK = """
import logging, threading
from ihala.logs import configure, logger

configure("registry", "worker")
logger("ours").info("said", number=1, name="مركز")
thread = threading.Thread(target=lambda: logging.getLogger("theirs").warning("said %s", "it"))
thread.start()
thread.join()
try:
    raise ValueError("broken")
except ValueError:
    logger("ours").exception("failed")
logger("ours").debug("unheard")
"""


def test_a_log_that_cannot_be_written_fails_no_work() -> None:
    """As on a full disk."""
    with Path("/dev/full").open("w") as full:
        talk = subprocess.run([sys.executable, "-c", TALK], stderr=full, check=False)

    assert talk.returncode == 0


def test_our_lines_and_those_of_libraries_read_the_same() -> None:
    """Also from another thread, with an error's trace inside the one line."""
    talk = subprocess.run([sys.executable, "-c", TALK], capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in talk.stderr.splitlines()]

    assert [line["event"] for line in lines] == ["said", "said it", "failed"]
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert all((line["service"], line["process"]) == ("registry", "worker") for line in lines)
    assert lines[0]["name"] == "مركز"
    assert lines[2]["exception"][0]["exc_value"] == "broken"
    assert talk.stdout == ""
