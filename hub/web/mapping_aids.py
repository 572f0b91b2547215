"""Beside the mappings: trying a document to see which rule gives what, and taking over another integration's."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.engine.explaining import explain
from hub.engine.mapping_loading import loadable
from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.web import wording
from hub.web.access import Right, needs, visible_integrations
from hub.web.context import decisions, pair_of, rows, tell, tell_error, the_hub
from hub.web.forms import looked_for
from hub.web.incoming import id_in
from hub.web.queries.codes import TITLES
from hub.web.queries.tables import INTEGRATIONS

pages = Blueprint("mapping_aids", __name__, url_prefix="/integrations/<int:integration_id>/mappings")


@pages.get("/try")
def try_document(integration_id: int) -> ResponseReturnValue:
    """Paste a number, see every rule that fires for that document."""
    row = pair_of(integration_id)
    number = looked_for(request.args, "number")
    found: list[Any] = []
    error = ""
    if number:
        try:
            with the_hub().store.read() as db:
                found = list(explain(db, the_hub().providers, integration_id, number))
        except SettingsError as refusal:
            error = str(refusal)
    return render_template("mapping_try.html", row=row, number=number, found=found, error=error)


@pages.get("/load")
@needs(Right.MANAGE_ENTITIES)
def choose(integration_id: int) -> ResponseReturnValue:
    """Which integration's mappings, and what of them would be taken over."""
    row = pair_of(integration_id)
    others = _others(integration_id)
    chosen = id_in(request.args, "other")
    other = next((each for each in others if each.id == chosen), None)
    return render_template(
        "mapping_load.html",
        row=row,
        others=others,
        other=other,
        found=_loadable(integration_id, other.id) if other else {},
        titles=TITLES,
    )


@pages.post("/load")
@needs(Right.MANAGE_ENTITIES)
def load(integration_id: int) -> ResponseReturnValue:
    """Take them over. What is mapped here already stays as it is."""
    pair_of(integration_id)
    chosen = id_in(request.form, "other")
    if chosen not in {each.id for each in _others(integration_id)}:
        tell_error(SettingsError("Choose one of the integrations."))
        return redirect(url_for("mapping_aids.choose", integration_id=integration_id), 303)
    person = decisions()
    found = _loadable(integration_id, chosen or 0)
    count = sum(person.set_mapping(integration_id, where, codes) for where, codes in found.items() if codes)
    tell(f"{wording.counted(count, 'mapping')} taken over. What was mapped before stayed as it was.")
    where = MappingList.ACCOUNT.value
    return redirect(url_for("mappings.show_list", integration_id=integration_id, where=where), 303)


def _loadable(integration_id: int, other_id: int) -> dict[MappingList, dict[str, str]]:
    with the_hub().store.read() as db:
        return loadable(db, integration_id, other_id)


def _others(integration_id: int) -> list[sa.Row[Any]]:
    present = (INTEGRATIONS.c.id != integration_id, visible_integrations(INTEGRATIONS.c.id))
    return rows(sa.select(INTEGRATIONS.c.id, INTEGRATIONS.c.name).where(*present).order_by(INTEGRATIONS.c.name))
