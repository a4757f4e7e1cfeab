"""The straight road through a schema leads where marshmallow's own road leads, or nowhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import marshmallow as ma
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ihala_notifications.wsgi
import ihala_referrals.wsgi
import ihala_registry.wsgi
from ihala.http import Body, fields
from ihala.http.straight import Straight
from ihala_referrals.api.bodies import EXAMPLE, NewReferral

_SERVICES = (ihala_notifications.wsgi, ihala_referrals.wsgi, ihala_registry.wsgi)
"""Once these are imported, all their schemas are known."""

_ODD: list[Any] = [
    None,
    "",
    " ",
    "x",
    "\u202ex",
    0,
    1,
    -1,
    1.5,
    10**15,
    True,
    False,
    [],
    [None],
    {},
]
_LIKELY: dict[type[ma.fields.Field[Any]], list[Any]] = {
    fields.Id: ["fac_06f2m8q5w3x7v9t1a4b6c8d0e", "org_06f2m8q5w3x7v9t1a4b6c8d0e"],
    fields.Day: ["2026-02-28", "2026-02-30"],
    fields.UtcDateTime: ["2026-03-01T09:30:00+03:00", "2026-03-01T09:30:00Z", "2026-03-01"],
    fields.Phone: ["+963944123456", "0944123456"],
    fields.Email: ["clinic@example.org", "clinic@"],
    fields.Code: ["dialysis", "Dialysis"],
    fields.Language: ["ar", "arabic language"],
    fields.Integer: [5, 50, 500],
    fields.Number: [36.2, 360.5],
}


def _schemas(base: type[Straight]) -> list[type[Straight]]:
    return [it for kind in base.__subclasses__() for it in (kind, *_schemas(kind))]


SCHEMAS = [it for it in _schemas(Straight) if it.__module__.startswith("ihala") and it is not Body]


def _values(field: ma.fields.Field[Any]) -> st.SearchStrategy[Any]:
    odd = st.sampled_from(_ODD)
    if isinstance(field, ma.fields.Nested):
        inner = _objects(field.schema)
        return st.one_of(st.lists(inner, max_size=2) if field.many else inner, inner, odd)
    if isinstance(field, ma.fields.List):
        return st.one_of(st.lists(_values(field.inner), max_size=3), odd)
    if isinstance(field, fields.Choice):
        return st.one_of(st.sampled_from(sorted(field.known)), odd)
    likely = [it for kind, some in _LIKELY.items() if isinstance(field, kind) for it in some]
    return st.sampled_from([*likely, *likely, "A text.", *_ODD])


def _objects(schema: ma.Schema) -> st.SearchStrategy[dict[str, Any]]:
    declared = {field.data_key or name: field for name, field in schema.load_fields.items()}
    required = {name: _values(field) for name, field in declared.items() if field.required}
    others = {name: _values(field) for name, field in declared.items() if not field.required}
    whole = st.fixed_dictionaries(required, optional=others)
    return st.one_of(
        whole, whole, st.fixed_dictionaries({}, optional={**required, "no": st.none()})
    )


class _Outcome(NamedTuple):
    loaded: Any = None
    refused: Any = None


def _outcome(load: Callable[[Any], Any], data: Any) -> _Outcome:
    try:
        return _Outcome(loaded=load(data))
    except ma.ValidationError as error:
        return _Outcome(refused=error.messages or "for some reason")


def test_bodies_of_all_services_are_among_them() -> None:
    assert {it.__module__.split(".")[0] for it in SCHEMAS} == {
        "ihala",
        "ihala_notifications",
        "ihala_referrals",
        "ihala_registry",
    }


@pytest.mark.parametrize("kind", SCHEMAS, ids=lambda kind: kind.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_both_roads_lead_to_the_same_place(kind: type[Straight], data: st.DataObject) -> None:
    schema = kind()
    sent = data.draw(_objects(schema))
    before = copy.deepcopy(sent)

    outcome = _outcome(schema.load, sent)

    assert outcome == _outcome(partial(ma.Schema.load, schema), sent)
    assert sent == before
    if schema.road is not None and outcome.refused:
        assert _outcome(schema.road, sent).refused


def test_a_body_with_nothing_wrong_takes_the_straight_road() -> None:
    schema = NewReferral()
    assert schema.road is not None

    assert schema.road(EXAMPLE) == ma.Schema.load(schema, EXAMPLE)


class _Renaming(Body):
    told = fields.Text(data_key="said", required=True)
    kept = ma.fields.Integer(load_default=list)

    @ma.validates_schema
    def _rule(self, value: dict[str, Any], **_: Any) -> None:
        if value["told"] == "wrong":
            raise ma.ValidationError("wrong")


def test_names_defaults_and_rules_hold_on_the_straight_road() -> None:
    schema = _Renaming()
    assert schema.road is not None

    assert schema.road({"said": "x"}) == {"told": "x", "kept": []}
    with pytest.raises(ma.ValidationError):
        schema.road({"said": "wrong"})
    with pytest.raises(ma.ValidationError):
        schema.road({"told": "x"})


class _Hooked(Body):
    told = fields.Text()

    @ma.post_load
    def _after(self, value: dict[str, Any], **_: Any) -> str:
        return "hooked"


def test_where_loading_means_more_there_is_no_straight_road() -> None:
    assert _Hooked().road is None
    assert _Hooked().load({}) == "hooked"
    assert NewReferral(unknown=ma.EXCLUDE).road is None
    assert NewReferral(partial=True).road is None
