"""Calls of the public APIs, each printed as the one line that a reader could type."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
from rich.markup import escape

from ihala_local.screen import say


class StoryBrokenError(RuntimeError):
    """A step of the story had another outcome than it should; the message holds the answer."""


class Api:
    """One service, called by one person."""

    def __init__(self, who: str, url: str, token: str) -> None:
        self._who = who
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        self._client = httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=30)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def get(self, path: str, *, quietly: bool = False, **query: Any) -> Any:
        """Read something."""
        return self._call("GET", path, query=query, quietly=quietly)

    def post(self, path: str, body: Any = None) -> Any:
        """Do something, once however often it is sent."""
        return self._call("POST", path, body=body, key=f"story-{secrets.token_hex(8)}")

    def put(self, path: str, body: Any) -> Any:
        """Set something."""
        return self._call("PUT", path, body=body)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        key: str = "",
        quietly: bool = False,
    ) -> Any:
        answer = self._client.request(
            method,
            path,
            params=query,
            json=body,
            headers={"Idempotency-Key": key} if key else {},
        )
        if answer.is_error:
            raise StoryBrokenError(f"{method} {answer.url}: {answer.status_code} {answer.text}")
        if not quietly:
            shown = escape(answer.url.raw_path.decode())
            say(f"  [dim]{self._who}: {method} {shown} → {answer.status_code}[/]")
        return answer.json()
