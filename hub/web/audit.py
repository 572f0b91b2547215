"""The audit: who did what, when, to what, and why."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import Right
from hub.web.access import needs
from hub.web.context import the_hub
from hub.web.forms import cleaned
from hub.web.paging import page_number
from hub.web.people import acting
from hub.web.queries import audit as queries
from hub.web.queries.audit import AuditFilter
from hub.web.sheets import CSV, TYPES, write_csv

pages = Blueprint("audit", __name__, url_prefix="/audit")

TITLES = ("When (UTC)", "Who", "What", "To what", "Why", "Details")


@pages.get("")
@needs(Right.MANAGE_USERS)
def show() -> ResponseReturnValue:
    """One page of it."""
    wanted, wrong = _wanted()
    with the_hub().store.read() as db:
        log = queries.events(db, acting(), wanted, page_number())
        actors, whats = queries.choices(db, acting())
    return render_template(
        "audit.html", log=log, wanted=wanted, wrong=wrong, arguments=_arguments(), actors=actors, whats=whats
    )


@pages.get("/export")
@needs(Right.MANAGE_USERS)
def export() -> ResponseReturnValue:
    """What the filter leaves, as a sheet."""
    wanted, wrong = _wanted()
    if wrong:
        arguments: dict[str, Any] = {**_arguments()}
        return redirect(url_for("audit.show", **arguments))
    with the_hub().store.read() as db:
        rows = [_line(row) for row in queries.every_event(db, acting(), wanted)]
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(write_csv(TITLES, rows), mimetype=TYPES[CSV], headers=headers)


def _wanted() -> tuple[AuditFilter, dict[str, str]]:
    """The filter of the address, and what is wrong with its dates."""
    wrong: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        typed = request.args.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(typed) if typed else None
        except ValueError:
            days[name], wrong[name] = None, f"{typed} is not a date such as 2025-07-01."
    words = {name: cleaned(request.args.get(name, "")) for name in ("actor", "what", "text")}
    return AuditFilter(**words, since=days["since"], until=days["until"]), wrong


def _arguments() -> dict[str, str]:
    """What the links of the list carry on."""
    return {name: value for name, value in request.args.items() if name != "page" and value}


def _line(row: Any) -> list[str]:
    details = json.dumps(row.details, ensure_ascii=False) if row.details else ""
    return [row.at.strftime("%Y-%m-%d %H:%M:%S"), row.actor, row.what, row.subject, row.reason, details]
