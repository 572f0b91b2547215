"""Changed since posted: what differs, and the one legal next step, as the table of legal answers has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import Kind
from hub.engine.changes import take_note
from hub.errors import SettingsError
from hub.reconcile import Answer
from hub.web.access import Right, needs, visible_integrations
from hub.web.context import chosen_integration, decisions, row_or_404, tell, tell_error, the_hub
from hub.web.filters import choice_faults
from hub.web.forms import looked_for
from hub.web.paging import Paged, page_number
from hub.web.queries.changed import in_ledger, in_stock
from hub.web.queries.tables import LINKS

pages = Blueprint("changed", __name__, url_prefix="/changed")

STOCK, LEDGER = "stock", "ledger"
SIDES = (STOCK, LEDGER)
"""Where something changed."""

NEXT_STEPS: Mapping[Answer, str] = {
    Answer.NOTHING: "Nothing: the ledger does not see this change.",
    Answer.UPDATE: "The ledger's draft is updated.",
    Answer.UPDATE_UNLESS_APPROVED: "It is updated in the ledger, unless the flow leaves approved documents alone.",
    Answer.UPDATE_ALLOWED_FIELDS: "Only what may still change on a paid document is updated; anything else is held.",
    Answer.ASK_VOID: "It was undone in the stock system: it is taken out of the ledger if you say so.",
    Answer.DELETE: "The draft that the hub made is deleted.",
    Answer.VOID: "It is voided in the ledger.",
    Answer.AFTER_PAYMENTS: "Its payments go first: the hub withdraws its own, somebody removes the others.",
    Answer.HOLD: "It carries payments or credits: somebody removes them in the ledger first.",
    Answer.HOLD_LOCKED: "The period is closed: correct it with a dated credit, or move the lock date.",
    Answer.HOLD_GONE: "It was voided or removed in the ledger: leave it so, or post it anew.",
}
"""The legal answers, in words."""


@pages.get("")
def show() -> ResponseReturnValue:
    """Changes in the stock system, or with ``side=ledger`` those that somebody made in the ledger."""
    side = looked_for(request.args, "side")
    faults = choice_faults("side", side, SIDES)
    with the_hub().store.read() as db:
        if faults:
            page = Paged([], 0, 1)
        elif side == LEDGER:
            page = in_ledger(db, chosen_integration(), page_number())
        else:
            page = in_stock(db, the_hub().providers, chosen_integration(), page_number())
    template = "changed_ledger.html" if side == LEDGER else "changed.html"
    return render_template(template, page=page, faults=faults, next_steps=NEXT_STEPS, Answer=Answer)


@pages.post("/<int:link_id>/note")
@needs(Right.APPROVE_IMPORTS)
def note(link_id: int) -> ResponseReturnValue:
    """What was edited in the ledger was seen and may stay; a change of the source is planned on top of it."""
    _link(link_id)
    try:
        take_note(decisions(), link_id)
    except SettingsError as refusal:
        tell_error(refusal)
    else:
        tell("Noted. Nothing was written; a change of the stock system is planned with the next run.")
    return redirect(url_for("changed.show", side=request.form.get("side") or None), 303)


@pages.get("/<int:link_id>/anew")
@needs(Right.APPROVE_IMPORTS)
def ask_anew(link_id: int) -> ResponseReturnValue:
    """What posting a document anew means, before it is done."""
    return render_template("changed_anew.html", link=_link(link_id), reason="", error="")


@pages.post("/<int:link_id>/anew")
@needs(Right.APPROVE_IMPORTS)
def anew(link_id: int) -> ResponseReturnValue:
    """End the link, so that the document is planned anew as its next version."""
    link, reason = _link(link_id), request.form.get("reason", "")
    if not reason.strip():
        error = "Please say why: the reason is kept with the document."
        return render_template("changed_anew.html", link=link, reason=reason, error=error), 422
    decisions().unlink(link.integration_id, Kind(link.kind), link.source_id, reason.strip())
    tell("It is planned anew with the next run, as its next version.")
    return redirect(url_for("changed.show"), 303)


def _link(link_id: int) -> sa.Row[Any]:
    mine = (LINKS.c.id == link_id, LINKS.c.live, visible_integrations(LINKS.c.integration_id))
    return row_or_404(sa.select(LINKS).where(*mine))
