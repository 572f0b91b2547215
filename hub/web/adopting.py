"""A document that is in the ledger already: looked for there under the number a person gives, compared, and linked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import TRADE_KINDS
from hub.errors import ProviderError, SettingsError
from hub.providers import Action
from hub.web.access import Right, needs, visible_integrations
from hub.web.context import hits, row_or_404, tell, tell_error
from hub.web.queries.tables import CONNECTIONS, OPERATIONS

pages = Blueprint("adopting", __name__, url_prefix="/operations/<int:operation_id>/already")

OPEN = ("held", "failed", "proposed")


@pages.get("")
@needs(Right.APPROVE_IMPORTS)
def ask(operation_id: int) -> ResponseReturnValue:
    """Ask for the number."""
    row = _operation(operation_id)
    return render_template("already.html", row=row, number=row.label, found=None, error="")


@pages.post("")
@needs(Right.APPROVE_IMPORTS)
def look(operation_id: int) -> ResponseReturnValue:
    """Look in the ledger, and show what is there beside what would be posted; nothing is changed yet."""
    row, number = _operation(operation_id), request.form.get("number", "").strip()
    try:
        found = hits().find(row.flow_id, row.source_id, number)
    except (SettingsError, ProviderError) as refusal:
        error = str(refusal.problem) if isinstance(refusal, ProviderError) else str(refusal)
        return render_template("already.html", row=row, number=number, found=None, error=error), 422
    return render_template("already.html", row=row, number=number, found=found, error="")


@pages.post("/link")
@needs(Right.APPROVE_IMPORTS)
def link(operation_id: int) -> ResponseReturnValue:
    """It is this one: link the two, write nothing. What differs must be confirmed."""
    row, sure = _operation(operation_id), request.form.get("sure") == "yes"
    try:
        hits().adopt_found(row.flow_id, row.source_id, request.form.get("target", ""), confirmed=sure)
    except (SettingsError, ProviderError) as refusal:
        tell_error(refusal)
        return redirect(url_for("adopting.ask", operation_id=operation_id), 303)
    tell("Linked to what the ledger has. Nothing was written.")
    return redirect(url_for("documents.show_of", operation_id=operation_id), 303)


def _operation(operation_id: int) -> sa.Row[Any]:
    return row_or_404(
        sa.select(OPERATIONS, CONNECTIONS.c.name.label("ledger"))
        .join(CONNECTIONS, CONNECTIONS.c.id == OPERATIONS.c.ledger_id)
        .where(OPERATIONS.c.id == operation_id, visible_integrations(OPERATIONS.c.integration_id))
        .where(OPERATIONS.c.kind.in_(TRADE_KINDS), OPERATIONS.c.action == Action.CREATE.value)
        .where(OPERATIONS.c.state.in_(OPEN))
    )
