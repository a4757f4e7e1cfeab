"""The database: is it there, does it keep what is written, who are we there, are indexes there."""

from __future__ import annotations

from collections.abc import Iterator

from ihala.clock import utc_now
from ihala.doctor.finding import Finding, bad, ok, warn
from ihala.doctor.patient import Patient, is_local
from ihala.mongo import OperationFailure

_CLOCK_WARN_S, _CLOCK_BAD_S = 0.5, 3.0
"""Leases last six seconds: with clocks that differ by half of that, two may hold one."""


def reachable(patient: Patient) -> Iterator[Finding]:
    """Whether it answers; raises what is wrong otherwise."""
    hello = patient.database.client.admin.command("hello")
    yield ok("database", f"{patient.database.name} answers ({hello.get('me', 'a server')})")


def replica_set(patient: Patient) -> Iterator[Finding]:
    """A replica set with a primary, which takes writes."""
    hello = patient.database.client.admin.command("hello")
    members = hello.get("hosts", ())
    if "setName" not in hello:
        yield bad(
            "replica set",
            "MongoDB runs alone: no change streams, and a majority is nobody but itself",
            "start mongod with --replSet rs0 and initiate the set (deploy/mongo/users.js does)",
        )
    elif not hello.get("primary"):
        mend = "start its other members: a majority of them must see one another"
        yield bad("replica set", f"{hello['setName']} has no primary", mend)
    else:
        yield ok("replica set", f"{hello['setName']}, {len(members)} member(s)")


def writes(patient: Patient) -> Iterator[Finding]:
    """A majority acknowledges a write of ours: one document in a collection of the doctor's own."""
    patient.database["doctor"].replace_one({"_id": "was-here"}, {"at": utc_now()}, upsert=True)
    yield ok("write concern", "a majority has acknowledged a write, in its journal")


def clock(patient: Patient) -> Iterator[Finding]:
    """Whether this machine and the database's agree on the time."""
    before = utc_now()
    hello = patient.database.command("hello", codec_options=patient.database.codec_options)
    theirs = hello["localTime"]
    after = utc_now()
    away_s = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    says = f"this machine and the database are {away_s:.1f} s apart"
    mend = "let both keep their time by NTP (chrony, systemd-timesyncd)"
    if away_s >= _CLOCK_BAD_S:
        yield bad("clock", says, mend)
    elif away_s >= _CLOCK_WARN_S:
        yield warn("clock", says, mend)
    else:
        yield ok("clock", says)


def rights(patient: Patient) -> Iterator[Finding]:
    """Whether our user may use our own database and nothing else."""
    status = patient.database.command("connectionStatus")["authInfo"]
    users = [f"{user['user']}@{user['db']}" for user in status["authenticatedUsers"]]
    if not users:
        yield from _nobody(patient)
        return
    own = patient.database.name
    roles = [(role["role"], role["db"]) for role in status["authenticatedUserRoles"]]
    too_much = [
        f"{role} on {where}" for role, where in roles if where != own or role != "readWrite"
    ]
    if too_much:
        mend = f"give it the role readWrite on {own} alone, as deploy/mongo/users.js does"
        yield bad("rights", f"{users[0]} may do too much: {', '.join(too_much)}", mend)
    else:
        yield ok("rights", f"{users[0]} may read and write {own}, nothing else")


def _nobody(patient: Patient) -> Iterator[Finding]:
    if all(is_local(host) for host, _ in patient.database.client.nodes):
        yield ok("rights", "MongoDB asks for no name; it listens on this machine alone")
    else:
        mend = "start mongod with --auth and a user for each service (deploy/mongo/users.js)"
        yield bad("rights", "MongoDB asks nobody who they are", mend)


def indexes(patient: Patient) -> Iterator[Finding]:
    """Whether every index is there that the service's table of collections names."""
    there = patient.database.list_collection_names()
    missing: list[str] = []
    count = 0
    for kept in patient.operations.collections:
        for name in [it for it in there if kept.covers(it)] or [kept.name]:
            found = patient.database[name].index_information()
            missing += [f"{name}.{index}" for index in kept.indexes if index not in found]
            count += len(kept.indexes)
    if missing:
        mend = f"restart the {patient.service} worker: it makes them at its start"
        yield bad("indexes", f"missing: {', '.join(sorted(missing))}", mend)
    else:
        yield ok("indexes", f"all {count} are there")


def disk(patient: Patient) -> Iterator[Finding]:
    """How full the database's disk is, where it says so."""
    try:
        stats = patient.database.command("dbStats")
    except OperationFailure:
        return
    total, used = stats.get("fsTotalSize"), stats.get("fsUsedSize")
    if total and used:
        yield space("disk of the database", 1 - used / total)


def space(check: str, free: float) -> Finding:
    """What so much free space, as a share, means."""
    says, mend = f"{free:.0%} is free", "make room or add a disk before nothing can be written"
    if free < 0.05:
        return bad(check, says, mend)
    return warn(check, says, mend) if free < 0.15 else ok(check, says)


CHECKS = (replica_set, writes, clock, rights, indexes, disk)
