"""How a provider may answer, in our own words; every channel speaks only these."""

from __future__ import annotations

from datetime import timedelta


class DeliveryProblem(Exception):
    """The provider did not take the message. ``reason`` is a word of ours, ``answer`` its code."""

    def __init__(self, reason: str, answer: str = "") -> None:
        super().__init__(f"{reason} {answer}".strip())
        self.reason = reason
        self.answer = answer


class Retryable(DeliveryProblem):
    """It was definitely not taken, and trying later may help."""


class Throttled(Retryable):
    """The provider asks to wait at least so long."""

    def __init__(self, reason: str, answer: str, retry_after: timedelta) -> None:
        super().__init__(reason, answer)
        self.retry_after = retry_after


class Misconfigured(Retryable):
    """Our own settings or account are wrong: an operator can mend it while the message waits."""


class Permanent(DeliveryProblem):
    """It was definitely not taken, and never will be."""


class NoAnswer(DeliveryProblem):
    """It left, and nobody knows whether it was taken."""
