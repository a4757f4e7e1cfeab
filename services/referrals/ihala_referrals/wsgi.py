"""Process 1, the web: ``gunicorn 'ihala_referrals.wsgi:application()'``. It knows no Kafka."""

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
from ihala_referrals.api import offers, progress
from ihala_referrals.api.matches import matches
from ihala_referrals.api.referrals import referrals
from ihala_referrals.config import WebConfig
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.wiring import make_deps, prepare

DESCRIPTION = "A person's need, put to one facility after another until somebody takes it up."
RESOURCES = (referrals, matches)
ROUTES_OF = (progress, offers)
"""Modules that put their routes on the referrals' blueprint when they are imported."""


def application() -> Flask:
    """The app as the environment configures it; raises ConfigError, naming what is wrong."""
    settings = load(WebConfig, os.environ)
    configure("referrals", "web", settings.log_level)
    tracing.start("referrals", "web", settings.otlp_endpoint)
    database = connect(settings.mongodb_uri)
    deps = make_deps(database, settings)
    prepared = Prepared(database, partial(prepare, deps))
    prepared.try_now()
    return make_web(settings, deps, prepared)


def make_web(settings: WebConfig, deps: Deps, prepared: Prepared) -> Flask:
    """The app around its dependencies."""
    return make_app(
        "Ihala referrals",
        version("ihala-referrals"),
        description=DESCRIPTION,
        blueprints=RESOURCES,
        settings=settings,
        deps=deps,
        readiness={"mongodb": prepared.check},
    )
