"""Signing a reconciliation off, and taking that back with a reason."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.engine.reconciling import MEASURE_TITLES, Signing, digest_of
from hub.errors import SettingsError
from hub.web.access import Right, actor, needs
from hub.web.context import row_or_404, tell, tell_error, the_hub
from hub.web.queries import reconciliation as found

pages = Blueprint("sign_offs", __name__)


@pages.get("/reconciliations/<int:reconciliation_id>/sign")
@needs(Right.APPROVE_IMPORTS)
def ask(reconciliation_id: int) -> ResponseReturnValue:
    """What is signed, once more, before it is; or why it can't be."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    return _page(row, obstacle=Signing(the_hub(), actor()).obstacle(reconciliation_id))


@pages.post("/reconciliations/<int:reconciliation_id>/sign")
@needs(Right.APPROVE_IMPORTS)
def sign(reconciliation_id: int) -> ResponseReturnValue:
    """Sign it, by name."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    try:
        Signing(the_hub(), actor()).sign(reconciliation_id, request.form.get("note", ""))
    except SettingsError as error:
        return _page(row, obstacle=str(error)), 422
    tell("Signed off. Whatever gives this period other figures from now on is told on the dashboard.")
    return redirect(url_for("reconciliation.show", reconciliation_id=reconciliation_id), 303)


def _page(row: sa.Row[Any], obstacle: str) -> str:
    return render_template("reconciliation_sign.html", row=row, MEASURES=MEASURE_TITLES, obstacle=obstacle)


@pages.get("/sign-offs/<int:sign_off_id>/seal")
def check(sign_off_id: int) -> ResponseReturnValue:
    """Whether every figure and line stored is still what was signed. It reads all of them, so it is asked for."""
    signed = row_or_404(found.sign_off(sign_off_id))
    row = row_or_404(found.reconciliation(signed.reconciliation_id))
    with the_hub().store.read() as db:
        is_whole = digest_of(db, row) == signed.digest
    return render_template("reconciliation_seal.html", row=row, signed=signed, is_whole=is_whole)


@pages.get("/sign-offs/<int:sign_off_id>/withdraw")
@needs(Right.APPROVE_IMPORTS)
def ask_withdraw(sign_off_id: int) -> ResponseReturnValue:
    """Ask for the reason before it is taken back."""
    row = row_or_404(found.sign_off(sign_off_id))
    return render_template("reconciliation_withdraw.html", row=row, reason="", error="")


@pages.post("/sign-offs/<int:sign_off_id>/withdraw")
@needs(Right.APPROVE_IMPORTS)
def withdraw(sign_off_id: int) -> ResponseReturnValue:
    """Take it back; it stays listed with the reason."""
    row = row_or_404(found.sign_off(sign_off_id))
    reason = request.form.get("reason", "")
    if not reason.strip():
        error = "Please say why: the reason is kept with the sign-off."
        return render_template("reconciliation_withdraw.html", row=row, reason=reason, error=error), 422
    try:
        Signing(the_hub(), actor()).withdraw(sign_off_id, reason)
    except SettingsError as error_:
        tell_error(error_)
    else:
        tell("The sign-off is withdrawn. It stays listed, with your reason.")
    return redirect(url_for("reconciliation.show", reconciliation_id=row.reconciliation_id), 303)
