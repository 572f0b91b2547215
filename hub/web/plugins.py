"""The installed plugins: what each brings, reads and writes, and whether it can be used."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from hub.web.context import rows, the_hub
from hub.web.queries.tables import CONNECTIONS

pages = Blueprint("plugins", __name__, url_prefix="/plugins")


@pages.get("")
def show() -> ResponseReturnValue:
    """Plugins and their providers."""
    providers = the_hub().providers
    installed = current_app.extensions["installed plugins"]
    used = {
        row.provider: row._mapping["count"]
        for row in rows(
            sa.select(CONNECTIONS.c.provider, sa.func.count().label("count"))
            .where(CONNECTIONS.c.removed_at.is_(None))
            .group_by(CONNECTIONS.c.provider)
        )
    }
    missing = sorted(name for name in used if name not in providers)
    return render_template(
        "plugins.html", installed=installed, providers=providers.values(), used=used, missing=missing
    )
