"""Webhooks, signed as Standard Webhooks says; never to where only we may go."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import httpx
from standardwebhooks import Webhook as Signer

from ihala.clock import utc_now
from ihala_notifications.channels.channel import Answer, Leaving, Parcel
from ihala_notifications.domain.delivery import Permanent, Retryable, Throttled

_GONE = 410
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_LONGEST_WAIT = timedelta(hours=6)

Target = Callable[[str], tuple[str, Sequence[str]] | None]
"""A subscription's id → its URL and signing secrets, the newest first; None when it has ended."""


class WebhookChannel:
    """Posts a signed body to a subscriber.

    The receiver recognises a repetition by ``webhook-id``, so what got no answer is sent again.
    Redirects are not followed. Unless ``allow_private`` is set, only https to public addresses.
    """

    def __init__(self, target: Target, *, allow_private: bool = False) -> None:
        self._target = target
        self._allow_private = allow_private
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def send(self, parcel: Parcel, leaving: Leaving) -> Answer:
        """See ChannelSender. A 2xx is the subscriber's own word that it arrived."""
        found = self._target(parcel.address)
        if found is None:
            raise Permanent("unsubscribed")
        url, secrets = found
        request = self._request(url, secrets, parcel)
        leaving()
        try:
            response = self._client.send(request, stream=True)
            response.close()
        except httpx.HTTPError as error:
            raise Retryable("unreachable") from error
        return _answer(response.status_code, response.headers)

    def _request(self, url: str, secrets: Sequence[str], parcel: Parcel) -> httpx.Request:
        """The request, signed with each secret; it goes to an address that was found harmless."""
        parts, address = self.look_up(url)
        now = utc_now()
        headers = {
            "host": parts.netloc.rpartition("@")[2],
            "content-type": "application/json",
            "user-agent": "Ihala-Webhooks/1",
            "webhook-id": parcel.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                Signer(secret).sign(parcel.message_id, now, parcel.body) for secret in secrets
            ),
        }
        pinned = parts._replace(netloc=_with_port(address, parts)).geturl()
        return self._client.build_request(
            "POST",
            pinned,
            content=parcel.body.encode(),
            headers=headers,
            extensions={"sni_hostname": parts.hostname},
        )

    def look_up(self, url: str) -> tuple[SplitResult, str]:
        """The URL's parts and the address to use, after checking every address of its name.

        The connection goes to the address that was checked: a name that changes its mind between
        the check and the connection gains nothing.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not self._allow_private:
            raise Permanent("https_needed")
        addresses = _addresses(parts)
        if not self._allow_private and not all(map(_is_public, addresses)):
            raise Permanent("private_address")
        return parts, addresses[0]


def _addresses(parts: SplitResult) -> list[str]:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Retryable("unknown_host") from error
    return [str(address[4][0]) for address in found]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return bool(mapped.is_global) and not mapped.is_multicast


def _with_port(address: str, parts: SplitResult) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{parts.port}" if parts.port else host


def _answer(status: int, headers: httpx.Headers) -> Answer:
    code = str(status)
    if 200 <= status < 300:
        return Answer(code, final=True)
    if status == _GONE:
        raise Permanent("gone", code)
    if status == 429 or (status == 503 and "retry-after" in headers):
        raise Throttled("throttled", code, _retry_after(headers.get("retry-after", "")))
    if 300 <= status < 400:
        raise Retryable("redirected", code)
    raise Retryable("refused_for_now", code)


def _retry_after(text: str) -> timedelta:
    """The wait that is asked for, in seconds or as a date (RFC 9110 §10.2.3); at most six hours."""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:6])), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    wait = until - utc_now() if until.tzinfo else timedelta(0)
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)
