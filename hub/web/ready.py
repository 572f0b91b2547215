"""Ready to sync: what the hub would post, waiting for somebody to approve it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.web import wording
from hub.web.context import decisions, tell, the_hub
from hub.web.paging import page_number
from hub.web.queries import linked
from hub.web.queries.proposals import (
    Filter,
    contact_names,
    kinds_proposed,
    newest_proposal,
    proposal_ids,
    proposals,
    totals,
)

pages = Blueprint("ready", __name__, url_prefix="/ready")


@pages.get("")
def show() -> ResponseReturnValue:
    """One page of proposals, with a filter."""
    chosen = Filter.of(request.args)
    with the_hub().store.read() as db:
        page = proposals(db, chosen, page_number())
        contacts = contact_names(db, [row.id for row in page.rows])
        kinds = kinds_proposed(db)
        integrations = linked.integrations(db)
    return render_template(
        "ready.html", page=page, chosen=chosen, contacts=contacts, kinds=kinds, integrations=integrations
    )


@pages.post("/approve")
def approve() -> ResponseReturnValue:
    """Approve what was ticked, or the whole page; only what still is what the page showed."""
    whole_page = request.form.get("scope") == "page"
    seen = dict(_seen(request.form.getlist("shown" if whole_page else "pick")))
    if seen:
        count = decisions().approve(list(seen), hashes=seen)
        _tell_approved(count, len(seen))
    else:
        tell("Nothing was ticked, so nothing was approved.")
    return redirect(_address(Filter.of(request.form)), 303)


@pages.get("/approve-all")
def ask_all() -> ResponseReturnValue:
    """What approving everything the filter finds would post."""
    chosen = Filter.of(request.args)
    with the_hub().store.read() as db:
        upto = newest_proposal(db)
        found = totals(db, Filter.of({**chosen.arguments, "upto": str(upto)}))
    return render_template(
        "approve_all.html", chosen=chosen, upto=upto, totals=found, count=sum(each.count for each in found)
    )


@pages.post("/approve-all")
def approve_all() -> ResponseReturnValue:
    """Approve everything the filter finds that was there when the question was asked."""
    chosen = Filter.of(request.form)
    with the_hub().store.read() as db:
        ids = proposal_ids(db, chosen) if chosen.upto else []
    _tell_approved(decisions().approve(ids) if ids else 0, len(ids))
    return redirect(url_for("ready.show"), 303)


def _address(chosen: Filter) -> str:
    arguments: dict[str, Any] = chosen.arguments
    return url_for("ready.show", **arguments)


def _seen(sent: Iterable[str]) -> Iterable[tuple[int, str]]:
    """The operations on the page as ``id:hash``."""
    for each in sent:
        id, _, payload_hash = each.partition(":")
        if id.isdecimal():
            yield int(id), payload_hash


def _tell_approved(count: int, asked: int) -> None:
    tell(f"{wording.counted(count, 'document')} approved. The next run sends what is approved.")
    if count < asked:
        tell(f"{asked - count:,} changed meanwhile and were left: look at them again.")
