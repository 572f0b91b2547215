"""The audit: who did what, when, to what, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import Right
from hub.web import audit_words
from hub.web.access import needs
from hub.web.context import the_hub
from hub.web.filters import choice_faults, day_faults, typed_day
from hub.web.forms import looked_for
from hub.web.paging import Paged, page_number
from hub.web.people import acting
from hub.web.queries import audit as queries
from hub.web.queries.audit import AuditFilter
from hub.web.sheets import CSV, TYPES, write_csv

pages = Blueprint("audit", __name__, url_prefix="/audit")

DAYS = ("since", "until")
TITLES = ("When (UTC)", "Who", "What", "To what", "Why", "Details")


@pages.get("")
@needs(Right.MANAGE_USERS)
def show() -> ResponseReturnValue:
    """One page of it."""
    with the_hub().store.read() as db:
        actors, whats = queries.choices(db, acting())
        wanted, wrong = _wanted(actors, whats)
        log = Paged([], 0, 1) if wrong else queries.events(db, acting(), wanted.among(whats), page_number())
    return render_template(
        "audit.html",
        log=log,
        wanted=wanted,
        typed=_typed_days(),
        wrong=wrong,
        arguments=_arguments(),
        actors=actors,
        whats=whats,
        subject=audit_words.subject,
    )


@pages.get("/export")
@needs(Right.MANAGE_USERS)
def export() -> ResponseReturnValue:
    """What the filter leaves, as a sheet."""
    with the_hub().store.read() as db:
        actors, whats = queries.choices(db, acting())
        wanted, wrong = _wanted(actors, whats)
        if wrong:
            arguments: dict[str, Any] = {**_arguments()}
            return redirect(url_for("audit.show", **arguments))
        rows = [_line(row) for row in queries.every_event(db, acting(), wanted.among(whats))]
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(write_csv(TITLES, rows), mimetype=TYPES[CSV], headers=headers)


def _typed_days() -> dict[str, str]:
    return {name: typed_day(request.args.get(name, "")) for name in DAYS}


def _wanted(actors: Sequence[str], whats: Sequence[str]) -> tuple[AuditFilter, dict[str, str]]:
    """The filter of the address, and what is wrong with it: a day, or a choice that is none of these."""
    typed = _typed_days()
    unread = day_faults(typed)
    days = {name: date.fromisoformat(day) if day and not unread else None for name, day in typed.items()}
    actor, what, text = (looked_for(request.args, name) for name in ("actor", "what", "text"))
    wrong = {
        **choice_faults("actor", actor, actors, "entry by"),
        **choice_faults("what", what, whats, "entry that says"),
        **unread,
    }
    return AuditFilter(actor, what, text, since=days["since"], until=days["until"]), wrong


def _arguments() -> dict[str, str]:
    """What the links of the list carry on."""
    return {name: value for name, value in request.args.items() if name != "page" and value}


def _line(row: Any) -> list[str]:
    moment, details = row.at.strftime("%Y-%m-%d %H:%M:%S"), audit_words.details(row.details)
    return [moment, row.actor, row.what, audit_words.subject(row.what, row.subject), row.reason, details]
