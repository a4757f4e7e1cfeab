"""Process 1: the web. Run as ``gunicorn 'ihala_notifications.wsgi:application()'``."""

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
from ihala_notifications.api.inbox import inbox
from ihala_notifications.api.notifications import notifications
from ihala_notifications.api.templates import templates
from ihala_notifications.api.webhooks import webhooks
from ihala_notifications.config import WebSettings
from ihala_notifications.usecases.deps import Deps
from ihala_notifications.wiring import make_deps, prepare

DESCRIPTION = "Everyone who must know is told, once, in their language, and it can be shown."


def application() -> Flask:
    """The app as the environment configures it; raises ConfigError, naming what is wrong."""
    settings = load(WebSettings, os.environ)
    configure("notifications", "web", settings.log_level)
    tracing.start("notifications", "web", settings.otlp_endpoint)
    database = connect(settings.mongodb_uri)
    deps = make_deps(database, settings)
    prepared = Prepared(database, partial(prepare, deps))
    prepared.try_now()
    return make_web(settings, deps, prepared)


def make_web(settings: WebSettings, deps: Deps, prepared: Prepared) -> Flask:
    """The app around its dependencies."""
    return make_app(
        "Ihala notifications",
        version("ihala-notifications"),
        description=DESCRIPTION,
        blueprints=(notifications, inbox, webhooks, templates),
        settings=settings,
        deps=deps,
        readiness={"mongodb": prepared.check},
    )
