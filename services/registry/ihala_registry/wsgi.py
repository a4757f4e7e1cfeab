"""Process 1, the web: ``gunicorn 'ihala_registry.wsgi:application()'``."""

from __future__ import annotations

import os
from functools import partial
from importlib.metadata import version

from flask import Flask

from ihala import tracing
from ihala.config import load
from ihala.http import make_app
from ihala.logs import configure
from ihala.mongo import connect
from ihala.prepared import Prepared
from ihala_registry.api.areas import areas
from ihala_registry.api.facilities import facilities
from ihala_registry.api.imports import imports
from ihala_registry.api.organisations import organisations
from ihala_registry.api.services import services
from ihala_registry.api.status import status
from ihala_registry.config import RegistryWebSettings
from ihala_registry.usecases.deps import Deps
from ihala_registry.wiring import make_deps, prepare

DESCRIPTION = "Who offers which health and protection services where, and with what capacity."


def application() -> Flask:
    """The app as the environment configures it; raises ConfigError, naming what is wrong."""
    settings = load(RegistryWebSettings, os.environ)
    configure("registry", "web", settings.log_level)
    tracing.start("registry", "web", settings.otlp_endpoint)
    database = connect(settings.mongodb_uri)
    deps = make_deps(database, settings)
    prepared = Prepared(database, partial(prepare, deps))
    prepared.try_now()
    return make_web(settings, deps, prepared)


def make_web(settings: RegistryWebSettings, deps: Deps, prepared: Prepared) -> Flask:
    """The app around its dependencies."""
    return make_app(
        "Ihala registry",
        version("ihala-registry"),
        description=DESCRIPTION,
        blueprints=(facilities, services, status, organisations, areas, imports),
        settings=settings,
        deps=deps,
        readiness={"mongodb": prepared.check},
    )
