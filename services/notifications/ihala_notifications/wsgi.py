"""Process 1: the web. Run as ``gunicorn 'ihala_notifications.wsgi:application()'``."""

from __future__ import annotations

import os

from flask import Flask

from ihala.config import load
from ihala.http import make_app
from ihala.logs import configure
from ihala.mongo import Database, Document, connect
from ihala_notifications.api.inbox import inbox
from ihala_notifications.api.notifications import notifications
from ihala_notifications.api.templates import templates
from ihala_notifications.api.webhooks import webhooks
from ihala_notifications.config import WebSettings
from ihala_notifications.wiring import make_deps


def application() -> Flask:
    """The app with the settings of the environment; raises ConfigError where they are wrong."""
    settings = load(WebSettings, os.environ)
    configure("notifications", "web", settings.log_level)
    return make_web(connect(settings.mongodb_uri), settings)


def make_web(database: Database[Document], settings: WebSettings) -> Flask:
    """The app over a database; nothing is sent to it yet."""
    return make_app(
        "Ihala notifications",
        "1.0.0",
        description="Everyone who must know is told, once, in their language, and it can be shown.",
        blueprints=[notifications, inbox, webhooks, templates],
        settings=settings,
        deps=make_deps(database, settings),
        readiness={"mongodb": lambda: _ping(database)},
    )


def _ping(database: Database[Document]) -> None:
    database.command("ping")
