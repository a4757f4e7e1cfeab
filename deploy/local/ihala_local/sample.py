"""Puts the sample facilities into the registry, through its public API, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

SAMPLE = Path(__file__).resolve().parents[1] / "sample" / "facilities.json"

_FRESH = timedelta(hours=12)
"""Capacity reports decay after a day; older ones are made again when the stack starts."""

_SIDE_BY_SIDE = 8

Facility = dict[str, Any]


class SampleRefusedError(RuntimeError):
    """The registry did not take a part of the sample; the message holds its answer."""


@dataclass(frozen=True)
class Sample:
    """Which ids the registry gave to the sample."""

    facilities: dict[str, str]
    clinic_a: str
    clinic_b: str
    organisation: str
    reported_at: str

    def is_fresh(self) -> bool:
        """Whether its reports still count for a while."""
        return datetime.now(UTC) - datetime.fromisoformat(self.reported_at) < _FRESH


def put_in(
    url: str, token: str, file: Path, *, only: Callable[[Facility], bool] = lambda _: True
) -> Sample:
    """Register the sample, report what it can take, and remember the ids in ``file``.

    ``only`` chooses facilities; the two clinics of the story must be among them.
    """
    known = Sample(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None
    if known is not None and known.is_fresh():
        return known
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=30) as client:
        whole = json.loads(SAMPLE.read_text(encoding="utf-8"))
        chosen = [facility for facility in whole["facilities"] if only(facility)]
        sample = _Registry(client).enter(whole | {"facilities": chosen})
    file.write_text(json.dumps(asdict(sample), indent=2), encoding="utf-8")
    return sample


class _Registry:
    """The registry, as far as the sample needs it; doing anything twice changes nothing."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def enter(self, sample: dict[str, Any]) -> Sample:
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            list(pool.map(self._area, sample["areas"]))
            organisations = {it["key"]: self._organisation(it) for it in sample["organisations"]}
            enter = partial(self._facility, organisations=organisations)
            ids = dict(pool.map(enter, sample["facilities"]))
        places = {it["key"]: it for it in sample["facilities"]}
        return Sample(
            facilities=ids,
            clinic_a=ids[sample["clinic_a"]],
            clinic_b=ids[sample["clinic_b"]],
            organisation=organisations[places[sample["clinic_a"]]["organisation"]],
            reported_at=datetime.now(UTC).isoformat(),
        )

    def _area(self, area: dict[str, Any]) -> None:
        body = {name: value for name, value in area.items() if name != "pcode"}
        path = f"areas/{area['pcode']}"
        if self._client.get(path).status_code == httpx.codes.NOT_FOUND:
            self._send("PUT", path, body)

    def _organisation(self, organisation: dict[str, Any]) -> str:
        body = {name: value for name, value in organisation.items() if name != "key"}
        return self._make("organisations", organisation["key"], body)

    def _facility(self, facility: Facility, organisations: dict[str, str]) -> tuple[str, str]:
        body = _body(facility, organisations[facility["organisation"]])
        id_ = self._make("facilities", facility["key"], body)
        path = f"facilities/{id_}"
        tag = self._client.get(path).headers["ETag"]
        for service in facility["services"]:
            offer = {k: v for k, v in service.items() if k not in ("code", "capacity")}
            put = self._send("PUT", f"{path}/services/{service['code']}", offer, if_match=tag)
            tag = put.headers["ETag"]
        self._report(path, facility)
        return facility["key"], id_

    def _report(self, path: str, facility: Facility) -> None:
        self._send("PUT", f"{path}/status", facility["status"])
        for service in facility["services"]:
            if "capacity" in service:
                place = f"{path}/services/{service['code']}/capacity"
                self._send("PUT", place, service["capacity"])

    def _make(self, kind: str, key: str, body: dict[str, Any]) -> str:
        made = self._send("POST", kind, body, key=f"sample-{key}")
        return str(made.json()["id"])

    def _send(
        self, method: str, path: str, body: Any, *, key: str = "", if_match: str = ""
    ) -> httpx.Response:
        given = {"Idempotency-Key": key, "If-Match": if_match}
        headers = {name: value for name, value in given.items() if value}
        answer = self._client.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise SampleRefusedError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer


def _body(facility: Facility, organisation_id: str) -> dict[str, Any]:
    """What the registry is told when the facility is registered."""
    described = ("name", "type", "tier", "modality", "languages", "opening_hours", "time_zone")
    email = {
        "channel": "email",
        "value": facility["email"],
        "purpose": "referrals",
        "language": facility["language"],
    }
    return {name: facility[name] for name in described} | {
        "managing_organisation_id": organisation_id,
        "identifiers": [{"system": "urn:ihala:sample", "value": facility["key"]}],
        "contacts": [email],
        "location": {
            "admin": facility["admin"],
            "point": facility["point"],
            "sensitivity": facility["sensitivity"],
        },
    }
