"""Who may call what: every endpoint says so, and one that says nothing is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from ihala.caller import Role
from ihala.http.declarations import View, declare, declared


@dataclass(frozen=True, slots=True)
class Permission:
    """Who may call an endpoint: anybody at all, or holders of at least one of the roles."""

    roles: frozenset[Role]
    public: bool = False


def permit(*roles: Role) -> Callable[[View], View]:
    """Open the endpoint to holders of at least one of these roles (``permit(*Role)``: anybody)."""
    if not roles:
        raise ValueError("permit() needs roles: permit(*Role) opens an endpoint to every caller")
    permission = Permission(frozenset(roles))
    return lambda view: declare(view, "permission", permission)


def public(view: View) -> View:
    """Open the endpoint to everybody, without a token."""
    return declare(view, "permission", Permission(frozenset(), public=True))


def permissions_of(app: Flask) -> dict[str, Permission]:
    """The declared permission of each endpoint, by the endpoint's name."""
    found = ((name, declared(view, "permission")) for name, view in app.view_functions.items())
    return {name: permission for name, permission in found if permission is not None}


def undeclared_endpoints(app: Flask) -> list[str]:
    """Endpoints that nobody may call because they say nothing; a test holds this list empty."""
    return sorted(app.view_functions.keys() - permissions_of(app).keys())
