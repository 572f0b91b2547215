"""The switch on every page between integrations: what was chosen stays chosen until the person signs out."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from hub.web.access import person, personal
from hub.web.addresses import local_path, same_page_of
from hub.web.context import CHOSEN, the_hub
from hub.web.incoming import id_in
from hub.web.queries import pairs as queries
from hub.web.queries.pairs import Pair
from hub.web.unchanged import unchanged

pages = Blueprint("switching", __name__)


@pages.post("/integrations/switch")
@personal
def switch() -> ResponseReturnValue:
    """Work in one integration from now on, or in all of them."""
    wanted = id_in(request.form, "integration")
    chosen = next((pair.id for pair in pairs() if pair.id == wanted), None)
    session[CHOSEN] = chosen
    come_from = local_path(request.form.get("next"), url_for("dashboard.show"))
    return redirect(same_page_of(chosen, come_from), 303)


def pairs() -> Sequence[Pair]:
    """What there is to switch between; read once for a page."""
    if "pairs" not in g:
        hub, viewer = the_hub(), person()
        with hub.store.read() as db:
            g.pairs = unchanged(db, ("pairs", viewer and viewer.id), lambda: queries.pairs(db, hub.providers))
    found: Sequence[Pair] = g.pairs
    return found
