"""Rate limits in this process's memory: a bucket for each caller, or address without a token."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from ihala.http.refusals import TooManyRequests
from ihala.http.request import EdgeRequest


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """A token bucket per key: ``per_minute`` requests flow in, and as many may come at once.

    At most ``max_keys`` buckets are kept; the least recently used goes first, and comes back full.
    Each process counts for itself, so a service with n processes allows up to n times as much.
    0 per minute means no limit.
    """

    def __init__(
        self,
        name: str,
        per_minute: int,
        *,
        max_keys: int = 20_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_s, self._most = per_minute / 60, per_minute
        self._max_keys, self._monotonic = max_keys, monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()
        self._name = name
        self.policy = f'"{name}";q={per_minute};w=60'

    def spend(self, key: str) -> str | None:
        """Take one token; the RateLimit header's value, or None when nothing is limited.

        Raises TooManyRequests, saying when the next token flows in.
        """
        if not self._most:
            return None
        left = self._take(key)
        if left < 0:
            wait_s = max(1, ceil(-left / self._per_s))
            raise TooManyRequests(
                f"Wait {wait_s} s before the next request.",
                headers={
                    "Retry-After": str(wait_s),
                    "RateLimit-Policy": self.policy,
                    "RateLimit": f'"{self._name}";r=0;t={wait_s}',
                },
            )
        return f'"{self._name}";r={int(left)};t={ceil((self._most - left) / self._per_s)}'

    def _take(self, key: str) -> float:
        """What is left after taking one token; below zero, and none taken, when there is none."""
        now = self._monotonic()
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = _Bucket(float(self._most), now)
                if len(self._buckets) > self._max_keys:
                    self._buckets.popitem(last=False)
            else:
                self._buckets.move_to_end(key)
            flowed_in = (now - bucket.filled_at) * self._per_s
            bucket.tokens = min(float(self._most), bucket.tokens + flowed_in)
            bucket.filled_at = now
            left = bucket.tokens - 1
            if left >= 0:
                bucket.tokens = left
            return left


def address_of(request: EdgeRequest) -> str:
    """The address that counts as one client: an IPv4 address, or an IPv6 /64 network."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def headers_of(request: EdgeRequest) -> list[tuple[str, str]]:
    """The headers that tell the caller what is left of its allowance."""
    if request.rate_limit is None:
        return []
    policy, left = request.rate_limit
    return [("RateLimit-Policy", policy), ("RateLimit", left)]
