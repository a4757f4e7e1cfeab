"""Fixtures of the edge: the things service, and callers with tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.shared.http.things import Shelf, make_things, settings_for

from ihala.http.verifying import verify_answers
from ihala.testing.tokens import Issuer

MakeThings = Callable[..., Flask]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def things_app(issuer: Issuer, shelf: Shelf) -> MakeThings:
    """Makes the app; keyword arguments in capitals are settings, others go to ``make_app``."""

    def make(**options: Any) -> Flask:
        variables = {name: options.pop(name) for name in list(options) if name.isupper()}
        settings = settings_for(str(issuer.jwks_file), issuer.name, **variables)
        app = make_things(settings, shelf, **options)
        verify_answers(app)
        return app

    return make


@pytest.fixture
def client(things_app: MakeThings) -> FlaskClient:
    return things_app().test_client()


@pytest.fixture
def clinic(issuer: Issuer) -> dict[str, str]:
    return issuer.header("nurse-1", roles=["clinic"], facilities=["fac_1"], organisation="org_1")


@pytest.fixture
def operator(issuer: Issuer) -> dict[str, str]:
    return issuer.header("operator-1", roles=["operator"])


@pytest.fixture
def machine(issuer: Issuer) -> dict[str, str]:
    return issuer.header("laboratory", roles=["machine"])
