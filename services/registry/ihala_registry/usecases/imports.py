"""Starting an import; ``work_off_imports`` does the rest."""

from __future__ import annotations

from dataclasses import replace

from ihala.caller import Caller
from ihala.errors import Conflict, NotFound
from ihala.ids import derived_id, new_id
from ihala_registry.domain.import_files import check_file, decoded
from ihala_registry.domain.import_profile import BUILT_IN, FileFormat, ImportProfile, KeptProfile
from ihala_registry.domain.imports import Import
from ihala_registry.store.imports import KeptImport
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import require_version, stale_when_lost


def start_import(
    deps: Deps,
    caller: Caller,
    content: bytes,
    format_: FileFormat,
    profile_name: str,
    country: str | None = None,
) -> KeptImport:
    """Take in a file to be worked off row by row.

    ``country`` holds for all rows, in place of the profile's. Raises NotFound for an unknown
    profile, and Invalid for a file that cannot be read with it at all; then nothing is kept.
    """
    kept = the_profile(deps, profile_name)
    profile = replace(kept.profile, country=country) if country else kept.profile
    key = caller.idempotency
    import_ = Import(
        id=derived_id("imp", key.value, key.fingerprint) if key else new_id("imp"),
        format=format_,
        profile_name=profile_name,
        profile=profile,
        total=check_file(decoded(content), format_, profile),
        started_by=caller.subject,
        correlation_id=caller.correlation_id,
        created_at=deps.clock(),
    )
    return deps.imports.add(import_, content, caller)


def the_import(deps: Deps, import_id: str) -> Import:
    """The import; raises NotFound."""
    import_ = deps.imports.get(import_id)
    if import_ is None:
        raise NotFound(f"There is no import {import_id}.")
    return import_


def the_profile(deps: Deps, name: str) -> KeptProfile:
    """The profile; raises NotFound."""
    profile = deps.import_profiles.get(name)
    if profile is None:
        raise NotFound(f"There is no import profile {name}; GET /v1/import-profiles lists them.")
    return profile


@stale_when_lost
def put_profile(deps: Deps, name: str, version: int | None, profile: ImportProfile) -> KeptProfile:
    """Keep a profile under its name; ``version`` is the one it replaces (None: it is new).

    Raises Conflict for the name of a built-in one, and Stale.
    """
    if name in BUILT_IN:
        raise Conflict(f"The profile {name} is built in. Choose another name for yours.")
    before = deps.import_profiles.get(name)
    if before is not None:
        require_version(before, version)
    return deps.import_profiles.put(KeptProfile(name, profile), before)
