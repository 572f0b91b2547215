"""The Flask application of one simulator."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from flask import Flask, Response

from . import admin, api, person
from .errors import TEXT, not_found
from .gateway import Gateway
from .identity import addresses
from .world import World


def build(world: World) -> WSGIApplication:
    """Identity, Accounting API and admin pages, behind the gateway."""
    app = Flask("sim_xero", static_folder=None)
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(addresses.blueprint(world))
    app.register_blueprint(api.blueprint(world))
    app.register_blueprint(admin.blueprint(world))
    app.register_blueprint(person.blueprint(world))
    app.register_error_handler(404, lambda problem: Response(str(not_found().body), 404, content_type=TEXT))
    return Gateway(world, app.wsgi_app)
