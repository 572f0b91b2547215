"""The proof of no double posting: what it costs, what it asked, and what the ledger answered."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from hub.engine.reconciling import Proving
from hub.engine.reconciling.visited import AT_ONCE
from hub.errors import ProviderError, SettingsError
from hub.models import ReconciliationState
from hub.web import wording
from hub.web.access import Right, actor, needs
from hub.web.context import pair_of, row_or_404, tell, tell_error, the_hub
from hub.web.elsewhere import safe
from hub.web.paging import page_number
from hub.web.polling import in_place
from hub.web.queries import reconciliation as found
from hub.web.queries.linked import calls_today
from hub.web.queries.tables import CONNECTIONS
from hub.web.reconciliation import BUSY
from hub.web.reconciliation_words import STATES
from hub.web.visits import how_it_comes, visits

pages = Blueprint("proofs", __name__)


@pages.get("/integrations/<int:integration_id>/proofs")
def show_all(integration_id: int) -> ResponseReturnValue:
    """Every proof of an integration, and what another one costs."""
    row = pair_of(integration_id)
    hub = the_hub()
    expected, obstacle = 0, ""
    try:
        expected = Proving(hub, actor()).expected(integration_id)
    except SettingsError as error:
        obstacle = str(error)
    with hub.store.read() as db:
        page = found.proofs(db, integration_id, page_number())
        ledger = db.execute(sa.select(CONNECTIONS).where(CONNECTIONS.c.id == row.ledger_id)).one()
        calls = calls_today(hub, db, [ledger])[row.ledger_id]
    return render_template(
        "proofs.html",
        row=row,
        page=page,
        expected=expected,
        obstacle=obstacle,
        ledger=ledger,
        visit_words=_visit_words(row.ledger_id),
        calls=calls,
        states=STATES,
    )


@pages.post("/integrations/<int:integration_id>/proofs")
@needs(Right.APPROVE_IMPORTS)
def start(integration_id: int) -> ResponseReturnValue:
    """Ask the ledger for every mark."""
    row = pair_of(integration_id)
    try:
        made = Proving(the_hub(), actor()).ask(integration_id)
    except (SettingsError, ProviderError) as error:
        tell_error(error)
        return redirect(url_for("proofs.show_all", integration_id=integration_id), 303)
    when = "The next visit asks" if _visit_words(row.ledger_id) else "Asked for"
    tell(f"{when}. You can leave this page: the result is kept.")
    return redirect(url_for("proofs.show", proof_id=made), 303)


@pages.get("/proofs/<int:proof_id>")
def show(proof_id: int) -> ResponseReturnValue:
    """One proof: how far it is, or what the ledger answered."""
    row = row_or_404(found.proof(proof_id))
    return render_template("proof.html", row=row, safe=safe, **_shown(row))


@pages.get("/proofs/<int:proof_id>/live")
def live(proof_id: int) -> ResponseReturnValue:
    """How far it is, asked for again and again while it is under way."""
    row = row_or_404(found.proof(proof_id))
    if row.state not in BUSY:
        return in_place(show(proof_id))
    return render_template("proof_live.html", row=row, polled=True, **_shown(row))


@pages.get("/proofs/<int:proof_id>/calls")
def show_calls(proof_id: int) -> ResponseReturnValue:
    """Every call of a proof that the log still has."""
    row = row_or_404(found.proof(proof_id))
    with the_hub().store.read() as db:
        calls = found.calls(db, row, page_number(), sides=(row.ledger_id,))
    name = f"Proof of {(row.finished_at or row.asked_at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    shown = {"calls": calls, "name": name, "endpoint": "proofs.show", "arguments": {"proof_id": row.id}}
    return render_template("reconciliation_calls.html", **shown)


@pages.post("/proofs/<int:proof_id>/stop")
@needs(Right.APPROVE_IMPORTS)
def stop(proof_id: int) -> ResponseReturnValue:
    """Ask it to end."""
    row_or_404(found.proof(proof_id))
    Proving(the_hub(), actor()).stop(proof_id)
    tell("It ends after the call it is in.")
    return redirect(url_for("proofs.show", proof_id=proof_id), 303)


def _sentence(row: sa.Row[Any]) -> str:
    """What it says, or how far it is."""
    if row.state == ReconciliationState.WANTED.value:
        visit = _visit_words(the_hub().integration(row.integration_id).ledger_id)
        return f"Not made yet. {visit}" if visit else f"{STATES[row.state]}."
    if row.state != ReconciliationState.DONE.value:
        return f"{STATES[row.state]}."
    if row.duplicates:
        told = wording.counted(len(row.duplicates), "document is", "documents are")
        return f"{told} in the ledger more than once."
    return f"Nothing is posted twice: {wording.counted(row.asked, 'mark')} asked for, none found twice."


def _visit_words(ledger_id: int) -> str:
    """For a ledger that can only be asked while it visits: that, in words; empty for one that is called."""
    provider = the_hub().providers.get(the_hub().connection(ledger_id).provider)
    if provider is None or not visits(provider):
        return ""
    return f"It is made with the next visit of {provider.visitor.name}. {how_it_comes(provider.visitor)}"


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    """What both its page and the part that is asked for again say; ``in_visits`` where it is made without calls."""
    in_visits = bool(_visit_words(the_hub().integration(row.integration_id).ledger_id))
    return {"busy": BUSY, "sentence": _sentence(row), "in_visits": in_visits, "at_once": AT_ONCE}
