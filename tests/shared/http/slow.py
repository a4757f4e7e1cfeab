"""A web whose /slow makes the file "asked" in FOLDER, and answers once the file "go" is there.

Every answer names the process that gave it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ihala.testing.waiting import wait_for


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """See WSGI."""
    if environ["PATH_INFO"] == "/slow":
        folder = Path(os.environ["FOLDER"])
        (folder / "asked").touch()
        wait_for((folder / "go").exists, deadline_s=60)
    start_response("200 OK", [("Content-Length", "4"), ("X-Process", str(os.getpid()))])
    return [b"done"]
