"""What leaves the registry: its histories as events, each with the snapshot of its subject."""

from __future__ import annotations

from collections.abc import Mapping

from ihala.clock import utc_now
from ihala.events.outlet import Outgoing, Outlet
from ihala.mongo import Database, Document
from ihala_registry.domain.organisations import organisation_snapshot
from ihala_registry.domain.views import snapshot
from ihala_registry.store.facilities import FacilityStore
from ihala_registry.store.facility_documents import facility_of
from ihala_registry.store.organisations import OrganisationStore, organisation_of

FACILITIES = "registry.facilities"
PARTNERSHIPS = "registry.partnerships"
_SOURCE = "ihala/registry"


def facility_outgoing(document: Document, entry: Document) -> Outgoing:
    """The facility's event with the facility as everybody may know it now."""
    shown = {"facility": snapshot(facility_of(document)), "snapshot_version": document["version"]}
    return Outgoing(FACILITIES, document["_id"], {**entry["data"], **shown})


def organisation_outgoing(document: Document, entry: Document) -> Outgoing:
    """The organisation's event with the organisation as it is now."""
    organisation = organisation_snapshot(organisation_of(document))
    shown = {"organisation": organisation, "snapshot_version": document["version"]}
    return Outgoing(PARTNERSHIPS, document["_id"], {**entry["data"], **shown})


def outlets_of(database: Database[Document]) -> Mapping[str, Outlet]:
    """The registry's collections that publish, by name."""
    facilities = FacilityStore(database, utc_now).history
    organisations = OrganisationStore(database, utc_now).history
    return {
        "facilities": Outlet(facilities, _SOURCE, frozenset({FACILITIES}), facility_outgoing),
        "organisations": Outlet(
            organisations, _SOURCE, frozenset({PARTNERSHIPS}), organisation_outgoing
        ),
    }
