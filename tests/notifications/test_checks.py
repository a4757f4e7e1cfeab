"""What the doctor says of the mail server and of the key of contacts."""

from __future__ import annotations

import dataclasses
import json

from joserfc.jwk import OKPKey
from tests.notifications.conftest import Station
from tests.notifications.events import contact_event

from ihala.doctor.finding import Finding
from ihala.mongo import Database, Document
from ihala.sealing import new_key, read_keys
from ihala.testing.parts import SmtpSink
from ihala.testing.ports import free_port
from ihala_notifications.checks import checks
from ihala_notifications.config import WorkerSettings
from ihala_notifications.operations import OPERATIONS


def found(database: Database[Document], settings: WorkerSettings) -> dict[str, Finding]:
    return {it.check: it for it in checks(database, settings)}


def test_a_mail_server_that_takes_us_is_well_and_gets_no_mail(
    database: Database[Document], settings: WorkerSettings, smtp: SmtpSink
) -> None:
    assert found(database, settings)["mail server"].level == "ok"
    assert smtp.mails() == []


def test_a_mail_server_that_is_away_is_named(
    database: Database[Document], settings: WorkerSettings
) -> None:
    away = dataclasses.replace(settings, smtp=("127.0.0.1", free_port()))

    finding = found(database, away)["mail server"]

    assert finding.level == "bad"
    assert "unreachable" in finding.says
    assert "IHALA_SMTP" in finding.mend


def test_an_account_that_the_mail_server_does_not_know_is_named(
    database: Database[Document], settings: WorkerSettings
) -> None:
    wrong = dataclasses.replace(settings, smtp_username="ihala", smtp_password="wrong")

    finding = found(database, wrong)["mail server"]

    assert finding.level == "bad"
    assert "mail_account" in finding.says
    assert "wrong" not in finding.says


def test_a_mail_server_without_tls_is_named_where_tls_is_wanted(
    database: Database[Document], settings: WorkerSettings
) -> None:
    wanted = dataclasses.replace(settings, smtp_tls="starttls")

    all_ = found(database, wanted)

    assert all_["mail server"].level == "bad"
    assert "no STARTTLS" in all_["certificate of the mail server"].says


def test_a_contact_key_that_does_not_open_is_named(
    station: Station, database: Database[Document], settings: WorkerSettings, contact_key: OKPKey
) -> None:
    before = found(database, settings)["contact key"]
    station.hear("referrals.contacts", contact_event(contact_key))
    other = json.dumps(new_key().as_dict(private=True))

    right = found(database, settings)["contact key"]
    wrong = found(database, dataclasses.replace(settings, contact_private_keys=read_keys(other)))[
        "contact key"
    ]

    assert (before.level, right.level, wrong.level) == ("ok", "ok", "bad")
    assert "IHALA_CONTACT_PUBLIC_KEY" in wrong.mend


def test_the_command_plugs_these_in() -> None:
    assert OPERATIONS.checks is checks
