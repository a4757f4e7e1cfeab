"""The service's settings, from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ihala.config import between, secret, setting
from ihala.master_keys import MasterKeys, master_keys
from ihala.sealing import read_key
from ihala.settings import WebSettings, WorkerSettings
from ihala_referrals.domain.respond_by import RespondBy, parse_respond_by


@dataclass(frozen=True, kw_only=True)
class OfReferrals:
    """What both processes of this service need on top."""

    master_keys: MasterKeys = setting(  # noqa: RUF009
        "IHALA_MASTER_KEY",
        master_keys,
        doc="wraps the keys of persons: base64 of 96 random bytes; or NAME:BASE64 a line, the one"
        " in use first",
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
    persons_kept_days: int = setting(
        "IHALA_PERSONS_KEPT_DAYS",
        between(0, 36_500),
        default=0,
        doc="days after a referral ended until its person is erased; 0 is never",
    )
