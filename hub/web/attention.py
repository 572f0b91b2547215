"""What needs a person, grouped by cause so that one act solves a group; and what people skipped."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.web import wording
from hub.web.context import decisions, tell, tell_error, the_hub
from hub.web.paging import page_number
from hub.web.queries.attention import (
    Cause,
    failing_connections,
    group_ids,
    group_rows,
    groups,
    skipped,
    unreadable,
)
from hub.web.queries.codes import NEEDED_BY

MAPPED_ON: Mapping[str, MappingList] = {
    **{code: where for where, code in NEEDED_BY.items()},
    "account_missing": MappingList.DEFAULT,
    "tax_rate_missing": MappingList.DEFAULT,
    "contact_missing": MappingList.DEFAULT,
    "account_not_usable": MappingList.ACCOUNT,
    "account_not_for_documents": MappingList.ACCOUNT,
    "stock_account_in_periodic": MappingList.ACCOUNT,
    "tax_rate_not_usable": MappingList.TAX_RATE,
    "account_takes_no_payments": MappingList.PAYMENT_ACCOUNT,
    "payment_currency": MappingList.PAYMENT_ACCOUNT,
}
"""The list of mappings where a problem is solved."""

pages = Blueprint("attention", __name__, url_prefix="/attention")


@pages.get("")
def show() -> ResponseReturnValue:
    """Every cause, with what to do about it."""
    with the_hub().store.read() as db:
        return render_template(
            "attention.html",
            failing=failing_connections(db),
            page=groups(db, page_number()),
            unreadable=unreadable(db, 1),
            mapped_on=MAPPED_ON,
        )


@pages.get("/group")
def show_group() -> ResponseReturnValue:
    """The operations of one cause."""
    cause = Cause.of(request.args)
    with the_hub().store.read() as db:
        page = group_rows(db, cause, page_number())
    if not page.total:
        abort(404)
    return render_template("attention_group.html", cause=cause, page=page)


@pages.post("/retry")
def retry() -> ResponseReturnValue:
    """Plan a whole group anew."""
    ids = _ids(Cause.of(request.form))
    count = decisions().retry(ids) if ids else 0
    tell(f"{wording.counted(count, 'document')} will be planned again with the next run.")
    return redirect(url_for("attention.show"), 303)


@pages.get("/drop")
def ask_drop() -> ResponseReturnValue:
    """Ask for the reason before a group is skipped."""
    cause = Cause.of(request.args)
    count = len(_ids(cause))
    return render_template("attention_drop.html", cause=cause, count=count, reason="", error="")


@pages.post("/drop")
def drop() -> ResponseReturnValue:
    """Skip a whole group, for the reason given."""
    cause, reason = Cause.of(request.form), request.form.get("reason", "")
    ids = _ids(cause)
    if not reason.strip():
        error = "Please say why: the reason is kept with each document."
        return render_template("attention_drop.html", cause=cause, count=len(ids), reason=reason, error=error), 422
    try:
        count = decisions().drop(ids, reason)
    except SettingsError as error_:
        tell_error(error_)
    else:
        tell(f"{wording.counted(count, 'document')} skipped. You find them under Skipped.")
    return redirect(url_for("attention.show"), 303)


@pages.get("/skipped")
def show_skipped() -> ResponseReturnValue:
    """What people skipped, and why."""
    text = request.args.get("text", "").strip()
    with the_hub().store.read() as db:
        page = skipped(db, text, page_number())
    return render_template("skipped.html", page=page, text=text)


@pages.post("/undrop")
def undrop() -> ResponseReturnValue:
    """Take skips back."""
    ids = [int(id) for id in request.form.getlist("pick") if id.isdecimal()]
    count = decisions().undrop(ids) if ids else 0
    tell(f"{wording.counted(count, 'document')} no longer skipped: planned again with the next run.")
    return redirect(url_for("attention.show_skipped"), 303)


@pages.get("/unreadable")
def show_unreadable() -> ResponseReturnValue:
    """Records of the stock system that could not be read."""
    with the_hub().store.read() as db:
        page = unreadable(db, page_number())
    return render_template("unreadable.html", page=page)


def _ids(cause: Cause) -> list[int]:
    with the_hub().store.read() as db:
        return group_ids(db, cause)
