"""What waits in the database: events to be sent, leases, due work, parked events."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ihala.clock import utc_now
from ihala.doctor.finding import Finding, bad, ok, warn
from ihala.doctor.patient import Patient
from ihala.due import overdue_s
from ihala.events.outbox import unsent_age_s
from ihala.mongo import Document

_UNSENT_WARN_S, _UNSENT_BAD_S = 30.0, 120.0
_DUE_WARN_S, _DUE_BAD_S = 60.0, 300.0
_PARKED_BAD_S = 86_400.0
_RELAY = re.compile(r"relay:(\d+)/(\d+)")


def unsent(patient: Patient) -> Iterator[Finding]:
    """How long the oldest event has waited to be sent, and what was set aside."""
    for name, outlet in patient.operations.outlets(patient.database).items():
        age_s = unsent_age_s(outlet.history)
        says = f"the oldest of {name} has waited for {age_s:.0f} s"
        mend = f"see to the broker and the leases below, and to the {patient.service} worker's log"
        check = "unsent events"
        if age_s > _UNSENT_BAD_S:
            yield bad(check, says, mend)
        elif age_s > _UNSENT_WARN_S:
            yield warn(check, says, mend)
        else:
            yield ok(check, f"none of {name} waits" if not age_s else says)
        aside = {"unsent": {"$exists": True}, "stuck": {"$exists": True}}
        stuck = outlet.history.collection.count_documents(aside, limit=1_000)
        if stuck:
            says = f"{stuck} document(s) of {name} were set aside: their events cannot be sent"
            mend = f"the worker's log has the reason; mend it, then: ihala replay {patient.service}"
            yield bad(check, says, f"{mend} ID")


def leases(patient: Patient) -> Iterator[Finding]:
    """Whether every slot of the relay has a holder that lives."""
    now, slots = utc_now(), patient.settings.relay_slots
    held = [lease for lease in patient.database["leases"].find() if lease["until"] > now]
    relays = {lease["_id"] for lease in held if _RELAY.fullmatch(lease["_id"])}
    wanted = {f"relay:{slot}/{slots}" for slot in range(slots)}
    if others := sorted(relays - wanted):
        mend = "give all workers of the service the same IHALA_RELAY_SLOTS, and restart them"
        yield bad("leases", f"held for another IHALA_RELAY_SLOTS: {', '.join(others)}", mend)
    if missing := sorted(wanted - relays):
        mend = f"start the {patient.service} worker: nobody sends these events now"
        yield bad("leases", f"nobody holds {', '.join(missing)}", mend)
    elif not others:
        yield ok("leases", f"held: {_holders(held)}")


def _holders(held: list[Document]) -> str:
    return ", ".join(f"{it['_id']} by {it['holder'].rpartition(':')[0]}" for it in held)


def due(patient: Patient) -> Iterator[Finding]:
    """Whether work that is due by time is done in time."""
    for name in patient.operations.due:
        late_s = overdue_s(patient.database[name])
        says = f"the oldest of {name} is {late_s:.0f} s late"
        mend = f"start the {patient.service} worker, or more of them: they share due work"
        if late_s > _DUE_BAD_S:
            yield bad("due work", says, mend)
        elif late_s > _DUE_WARN_S:
            yield warn("due work", says, mend)
        else:
            yield ok("due work", f"none of {name} is late" if late_s < 1 else says)


def parked(patient: Patient) -> Iterator[Finding]:
    """Whether events are parked, and for how long."""
    collection = patient.database["parked"]
    keys = len(collection.distinct("key"))
    if not keys:
        yield ok("parked events", "none")
        return
    oldest = collection.find_one({}, {"parked_at": 1}, sort=[("parked_at", 1)])
    age_s = (utc_now() - oldest["parked_at"]).total_seconds() if oldest else 0.0
    says = f"{keys} key(s) wait, the oldest for {age_s / 3600:.1f} h"
    mend = f"ihala parked list {patient.service}; mend the cause, then retry, edit or skip"
    yield (
        bad("parked events", says, mend)
        if age_s > _PARKED_BAD_S
        else warn("parked events", says, mend)
    )


CHECKS = (unsent, leases, due, parked)
