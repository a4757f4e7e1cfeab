"""What the web counts: requests by route template, method and status, their time, problems."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter, Histogram

REQUESTS = Counter("ihala_http_requests_total", "Requests answered.", ["method", "route", "status"])
LATENCY = Histogram(
    "ihala_http_request_duration_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
PROBLEMS = Counter("ihala_http_problems_total", "Problems answered, by their kind.", ["kind"])
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=4096)
def _counters(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), LATENCY.labels(method, route)


def known(method: str) -> str:
    """The method; ``other`` for words that callers make up."""
    return method if method in _METHODS else "other"


def count(method: str, route: str, status: int, elapsed_s: float) -> None:
    """Count one answered request; the labels are bounded, whatever callers send."""
    counter, histogram = _counters(known(method), route, status)
    counter.inc()
    histogram.observe(elapsed_s)


def count_problem(kind: str) -> None:
    """Count one problem document; its kind is one that our code names."""
    PROBLEMS.labels(kind).inc()
