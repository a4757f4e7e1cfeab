"""The service's settings, from the environment."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from ihala.config import secret, setting
from ihala.sealing import read_key
from ihala.settings import WebSettings, WorkerSettings
from ihala.vault import MASTER_KEY_BYTES
from ihala_referrals.domain.respond_by import RespondBy, parse_respond_by


def master_key(text: str) -> bytes:
    """The key that wraps persons' keys: base64 of 96 random bytes."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if len(key) != MASTER_KEY_BYTES or len(set(key)) < MASTER_KEY_BYTES // 4:
        raise ValueError(f"must be base64 of {MASTER_KEY_BYTES} random bytes")
    return key


@dataclass(frozen=True, kw_only=True)
class OfReferrals:
    """What both processes of this service need on top."""

    master_key: bytes = setting(
        "IHALA_MASTER_KEY", master_key, doc="wraps the keys of persons: base64 of 96 random bytes"
    )
    lookup_key: str = setting(
        "IHALA_LOOKUP_KEY", secret, doc="makes the hashes by which a person is recognised"
    )
    respond_by: RespondBy = setting(  # noqa: RUF009
        "IHALA_RESPOND_BY",
        parse_respond_by,
        default=RespondBy(),
        doc="time to answer, as in urgent=12h,dialysis.emergency=30m; by default 1h, 24h and 72h",
    )


@dataclass(frozen=True, kw_only=True)
class WebConfig(OfReferrals, WebSettings):
    """The web process's settings."""


@dataclass(frozen=True, kw_only=True)
class WorkerConfig(OfReferrals, WorkerSettings):
    """The worker process's settings."""

    contact_public_key: Any = setting(  # noqa: RUF009
        "IHALA_CONTACT_PUBLIC_KEY",
        read_key,
        doc="contacts are sealed for it: notifications' public X25519 key as a JWK in JSON",
    )
