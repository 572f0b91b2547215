"""The pilot of an integration: choose, post, look in the ledger, say whether each is right."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.engine.pilot import SIZE, Pilot, is_settled, pilot_of
from hub.errors import SettingsError
from hub.web import wording
from hub.web.access import Right, actor, needs
from hub.web.context import pair_of, tell, tell_error, the_hub
from hub.web.visits import awaited, visits

pages = Blueprint("pilot", __name__, url_prefix="/integrations/<int:integration_id>/pilot")


@pages.get("")
def show(integration_id: int) -> ResponseReturnValue:
    """The chosen documents and how they stand."""
    row = pair_of(integration_id)
    with the_hub().store.read() as db:
        views = pilot_of(db, integration_id)
        settled = is_settled(db, integration_id)
    ledger = the_hub().connection(row.ledger_id)
    return render_template(
        "pilot.html", row=row, views=views, settled=settled, size=SIZE, awaited=next(iter(awaited([ledger])), None)
    )


@pages.post("/choose")
@needs(Right.APPROVE_IMPORTS)
def choose(integration_id: int) -> ResponseReturnValue:
    """Choose five, or others."""
    pair_of(integration_id)
    try:
        count = _pilot().choose(integration_id)
    except SettingsError as error:
        tell_error(error)
    else:
        tell(f"{wording.counted(count, 'document')} chosen. Nothing is posted yet." if count else _none())
    return _back(integration_id)


@pages.post("/post")
@needs(Right.APPROVE_IMPORTS)
def post(integration_id: int) -> ResponseReturnValue:
    """Let them go, and nothing else."""
    row = pair_of(integration_id)
    count = _pilot().post(integration_id)
    if count:
        tell(f"{wording.counted(count, 'document')} approved, with the contacts and items needed.{_when(row)}")
    else:
        tell("There was nothing to send: they are on their way or in the ledger already.")
    return _back(integration_id)


@pages.post("/judge")
@needs(Right.APPROVE_IMPORTS)
def judge(integration_id: int) -> ResponseReturnValue:
    """What a person found in the ledger."""
    pair_of(integration_id)
    kind, source_id, verdict = (request.form.get(name, "") for name in ("kind", "source", "verdict"))
    try:
        if verdict not in ("right", "wrong"):
            raise SettingsError("Say whether it is right or wrong.")
        note = request.form.get("note", "")
        if _pilot().judge(integration_id, kind, source_id, right=verdict == "right", note=note):
            tell("All of them are right: the pilot is confirmed, and everything may be imported.")
        else:
            tell("Noted, with your name and the time.")
    except SettingsError as error:
        tell_error(error)
    return _back(integration_id)


@pages.get("/skip")
@needs(Right.APPROVE_IMPORTS)
def ask_skip(integration_id: int) -> ResponseReturnValue:
    """Ask for the reason to do without."""
    return render_template("pilot_skip.html", row=pair_of(integration_id), reason="", error="")


@pages.post("/skip")
@needs(Right.APPROVE_IMPORTS)
def skip(integration_id: int) -> ResponseReturnValue:
    """Do without a pilot."""
    row = pair_of(integration_id)
    reason = request.form.get("reason", "")
    try:
        _pilot().skip(integration_id, reason)
    except SettingsError as error:
        return render_template("pilot_skip.html", row=row, reason=reason, error=str(error)), 422
    tell("There is no pilot. Your reason is kept; everything may be imported.")
    return redirect(url_for("checklist.show", integration_id=integration_id), 303)


def _when(row: sa.Row[Any]) -> str:
    """When they leave, unless the page tells what waits for a visit."""
    ledger = the_hub().connection(row.ledger_id)
    return "" if visits(the_hub().providers.get(ledger.provider)) else " They are sent next."


def _pilot() -> Pilot:
    return Pilot(the_hub(), actor())


def _none() -> str:
    return (
        "No document could be posted yet. Switch kinds to 'review first', run the stock system, and see on the"
        " attention page what holds them."
    )


def _back(integration_id: int) -> ResponseReturnValue:
    return redirect(url_for("pilot.show", integration_id=integration_id), 303)
