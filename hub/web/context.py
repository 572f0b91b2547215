"""What every page needs: the hub, who acts, and 404 for what is not there."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import abort, current_app, flash, g, session, url_for
from markupsafe import Markup
from werkzeug.routing import MapAdapter

from hub.engine import Decisions, Hub
from hub.engine.hits import Hits
from hub.engine.pilot import PilotFirstError
from hub.errors import HubError, ProviderError
from hub.web.access import actor, visible_integrations
from hub.web.queries import linked
from hub.web.queries.tables import INTEGRATIONS

Found = TypeVar("Found")

CHOSEN = "integration"
"""Where the session keeps the integration that a person switched to."""


def the_hub() -> Hub:
    """The hub this application shows."""
    return cast(Hub, current_app.extensions["hub"])


def decisions() -> Decisions:
    """The verbs of the person who acts."""
    return Decisions(the_hub(), actor())


def hits() -> Hits:
    """The verbs of the person who acts, before a flow's first write."""
    return Hits(the_hub(), actor())


def adapter() -> MapAdapter:
    """What finds the page of an address."""
    return current_app.url_map.bind("localhost")


def chosen_integration() -> int | None:
    """The integration that the person switched to, whose records alone the lists show; None for all of them."""
    if "chosen_integration" not in g:
        kept = session.get(CHOSEN)
        g.chosen_integration = _seen(kept) if kept else None
    chosen: int | None = g.chosen_integration
    return chosen


def _seen(integration_id: int) -> int | None:
    """The integration, if it is still there and the person may see it."""
    mine = INTEGRATIONS.c.id == integration_id
    seen = sa.select(INTEGRATIONS.c.id).where(mine, visible_integrations(INTEGRATIONS.c.id))
    return next((row.id for row in rows(seen)), None)


def rows(statement: sa.Select[Any]) -> list[sa.Row[Any]]:
    """The rows of a statement, read in a transaction of its own."""
    with the_hub().store.read() as db:
        return list(db.execute(statement).all())


def row_or_404(statement: sa.Select[Any]) -> sa.Row[Any]:
    """The only row of a statement, or the page that says it is not there."""
    found = rows(statement.limit(1))
    return found[0] if found else abort(404)


def pair_of(integration_id: int) -> sa.Row[Any]:
    """An integration that the person may see, with what is needed of its two sides, or 404."""
    with the_hub().store.read() as db:
        return found_or_404(linked.integration(db, integration_id))


def found_or_404(value: Found | None) -> Found:
    """The value, or the page that says it is not there."""
    return abort(404) if value is None else value


def tell(text: str) -> None:
    """Say on the next page what was done."""
    flash(text, "success")


def tell_error(error: HubError) -> None:
    """Say on the next page what went wrong and what to do."""
    if isinstance(error, PilotFirstError):
        address = url_for("pilot.show", integration_id=error.integration_id)
        flash(Markup('{} <a href="{}">Go to the pilot</a>').format(error, address), "danger")
        return
    flash(str(error.problem) if isinstance(error, ProviderError) else str(error), "danger")
