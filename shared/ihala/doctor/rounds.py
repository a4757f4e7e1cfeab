"""The doctor's rounds: which checks there are, and what happens when one cannot be made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from importlib.metadata import version

from ihala.doctor import broker, certificates, database, flow, keys
from ihala.doctor.finding import Finding, Level, bad, ok, skipped, warn
from ihala.doctor.patient import Check, Patient
from ihala.events.topic_admin import is_from_broker
from ihala.mongo import is_world_down

Look = Callable[[], Iterable[Finding]]


def examine(patient: Patient) -> Iterator[Finding]:
    """Everything there is to know of one service; each check by itself, whatever others find.

    It changes nothing but one document in a collection of its own, sends no message, and shows
    neither secrets nor anything about people.
    """
    yield ok("settings", "all are there and can be read")
    yield from machine(patient)
    yield from _each(patient, keys.CHECKS)
    yield from _database(patient)
    yield from _broker(patient)
    yield from _guarded("certificates", partial(certificates.served, patient))


def _database(patient: Patient) -> Iterator[Finding]:
    """The database, and what lies in it; nothing more is asked when it does not answer."""
    found = list(_guarded("database", partial(database.reachable, patient)))
    yield from found
    if any(it.level is Level.BAD for it in found):
        yield skipped("what is in the database", "it must answer first")
        return
    yield from _each(patient, (*database.CHECKS, *flow.CHECKS))
    own = partial(patient.operations.checks, patient.database, patient.settings)
    yield from _guarded(patient.service, own)


def _broker(patient: Patient) -> Iterator[Finding]:
    found = list(_guarded("broker", partial(broker.reachable, patient)))
    yield from found
    if any(it.check == "broker" and it.mend.startswith(_BRING_BACK) for it in found):
        yield skipped("what is on the broker", "it must answer first")
        return
    with closing(patient.kafka.admin()) as admin:
        for check in broker.CHECKS:
            yield from _guarded(_named(check), partial(check, patient, admin))


def machine(patient: Patient) -> Iterator[Finding]:
    """The room on this machine, and whether library and service belong together."""
    usage = shutil.disk_usage(tempfile.gettempdir())
    yield database.space("disk of this machine", usage.free / usage.total)
    library, service = version("ihala"), version(f"ihala-{patient.service}")
    if library == service:
        yield ok("versions", f"{service}, as its library")
    else:
        says = f"the service is {service}, its library {library}"
        yield warn("versions", says, "install both from one release")


def _each(patient: Patient, checks: Iterable[Check]) -> Iterator[Finding]:
    for check in checks:
        yield from _guarded(_named(check), partial(check, patient))


def _named(check: Callable[..., object]) -> str:
    return check.__name__.replace("_", " ")


_BRING_BACK = "bring it back"


def _guarded(name: str, look: Look) -> Iterator[Finding]:
    """A check's findings; what it raises is a finding too, so that the others are made."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - the outermost loop: one check must not end all.
        says = f"{type(error).__name__}: {str(error)[:200]}"
        if is_world_down(error) or is_from_broker(error):
            mend = f"{_BRING_BACK}, or mend its address, name and password in the settings"
            yield bad(name, f"does not answer: {says}", mend)
        else:
            yield bad(
                name,
                f"could not be looked at: {says}",
                "mend what it names: an address, a name, a password or a right",
            )
