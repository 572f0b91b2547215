"""Ready to sync: what the hub would post, waiting for somebody to approve it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import Status
from hub.engine.needing import approve_with_needed
from hub.engine.restating import approve_as
from hub.errors import SettingsError
from hub.web import wording
from hub.web.access import Right, needs
from hub.web.context import chosen_integration, decisions, tell, tell_error, the_hub
from hub.web.filters import choice_faults
from hub.web.incoming import id_of
from hub.web.paging import Paged, page_number
from hub.web.queries.naming import operations_called
from hub.web.queries.proposals import Filter, kinds_proposed, newest_proposal, proposal_ids, proposals
from hub.web.queries.selection import found, picked, picked_ids, weigh
from hub.web.switching import pairs
from hub.web.visits import sent_next

pages = Blueprint("ready", __name__, url_prefix="/ready")

STATUSES = {"draft": Status.DRAFT, "authorised": Status.AUTHORISED}
"""What a person may choose to import as; anything else is what the flow says."""


@pages.get("")
def show() -> ResponseReturnValue:
    """One page of proposals, with a filter."""
    return _page(Filter.of(request.args, chosen_integration()), page_number())


@pages.post("/selection")
@needs(Right.APPROVE_IMPORTS)
def show_selection() -> ResponseReturnValue:
    """What the ticked documents come to: the bar alone for a script, else the page with everything still ticked."""
    ids = list(dict(_seen(request.form.getlist("pick"))))
    if request.headers.get("HX-Request"):
        with the_hub().store.read() as db:
            return render_template("ready_selection.html", selection=weigh(db, the_hub().providers, picked(ids)))
    return _page(Filter.of(request.form), page_number(request.form), ids)


@pages.post("/approve")
@needs(Right.APPROVE_IMPORTS)
def approve() -> ResponseReturnValue:
    """Approve what was ticked, or the whole page; only what still is what the page showed."""
    whole_page = request.form.get("scope") == "page"
    seen = dict(_seen(request.form.getlist("shown" if whole_page else "pick")))
    with the_hub().store.read() as db:
        visible = picked_ids(db, list(seen))
    if seen:
        _approve(visible, len(seen), seen)
    else:
        tell("Nothing was ticked, so nothing was approved.")
    return redirect(_address(Filter.of(request.form)), 303)


@pages.get("/approve-all")
@needs(Right.APPROVE_IMPORTS)
def ask_all() -> ResponseReturnValue:
    """What approving everything the filter finds would post."""
    chosen = Filter.of(request.args, chosen_integration())
    if _faults(chosen):
        return redirect(_address(chosen))
    with the_hub().store.read() as db:
        upto = newest_proposal(db)
        which = found(db, Filter.of({**chosen.arguments, "upto": str(upto)}))
        selection = weigh(db, the_hub().providers, which)
    return render_template("approve_all.html", chosen=chosen, upto=upto, selection=selection)


@pages.post("/approve-all")
@needs(Right.APPROVE_IMPORTS)
def approve_all() -> ResponseReturnValue:
    """Approve everything the filter finds that was there when the question was asked."""
    chosen = Filter.of(request.form)
    if _faults(chosen):
        return redirect(_address(chosen), 303)
    with the_hub().store.read() as db:
        ids = proposal_ids(db, chosen) if chosen.upto else []
    _approve(ids, max(len(ids), request.form.get("asked", 0, type=int)), None)
    return redirect(url_for("ready.show"), 303)


@pages.post("/skip")
@needs(Right.APPROVE_IMPORTS)
def skip() -> ResponseReturnValue:
    """Skip what was ticked; the reason is asked for on a page of its own."""
    chosen, reason = Filter.of(request.form), request.form.get("reason", "")
    ids = list(dict(_seen(request.form.getlist("pick"))))
    if not ids:
        tell("Nothing was ticked, so nothing was skipped.")
        return redirect(_address(chosen), 303)
    if not reason.strip():
        error = "Please say why: the reason is kept with each document." if "reason" in request.form else ""
        page = render_template("ready_skip.html", ids=ids, chosen=chosen, error=error)
        return page, 422 if error else 200
    with the_hub().store.read() as db:
        visible = picked_ids(db, ids)
    try:
        count = decisions().drop(visible, reason)
    except SettingsError as refusal:
        tell_error(refusal)
    else:
        tell(f"{wording.counted(count, 'document')} skipped. You find them under Attention, Skipped.")
    return redirect(_address(chosen), 303)


def _page(chosen: Filter, number: int, ticked: Sequence[int] = ()) -> ResponseReturnValue:
    faults = _faults(chosen)
    with the_hub().store.read() as db:
        page = Paged([], 0, 1) if faults else proposals(db, chosen, number)
        return render_template(
            "ready.html",
            page=page,
            called=operations_called(db, page.rows),
            chosen=chosen,
            faults=faults,
            ticked=frozenset(ticked),
            selection=weigh(db, the_hub().providers, picked(ticked)) if ticked else None,
            kinds=kinds_proposed(db),
            integrations=pairs(),
        )


def _faults(chosen: Filter) -> dict[str, str]:
    """What is wrong with the filter, an integration that the person does not see included."""
    seen = [str(pair.id) for pair in pairs()]
    return {**chosen.faults, **choice_faults("integration", chosen.integration, seen)}


def _approve(ids: Sequence[int], asked: int, hashes: Mapping[int, str] | None) -> None:
    """Approve as the form says: as drafts, as authorised, or as the flow has it; say what came of it.

    ``asked`` is how many the page showed: some may have been decided since, and are not among ``ids``.
    """
    status = STATUSES.get(request.form.get("post_as", ""))
    try:
        if request.form.get("needed") == "yes":
            count, along = approve_with_needed(decisions(), ids, status, hashes=hashes)
        elif status is None:
            count, along = decisions().approve(ids, hashes=hashes), 0
        else:
            count, along = approve_as(decisions(), ids, status, hashes=hashes), 0
    except SettingsError as refusal:
        tell_error(refusal)
    else:
        _tell_approved(count, asked, along)


def _address(chosen: Filter) -> str:
    arguments: dict[str, Any] = chosen.arguments
    return url_for("ready.show", **arguments)


def _seen(sent: Iterable[str]) -> Iterable[tuple[int, str]]:
    """The operations on the page as ``id:hash``."""
    for each in sent:
        text, _, payload_hash = each.partition(":")
        if id := id_of(text):
            yield id, payload_hash


def _tell_approved(count: int, asked: int, along: int) -> None:
    left = asked - count
    changed = f"{wording.counted(left, 'document')} not approved: changed or decided since the page was shown."
    look_again = f"{changed if left else ''} Look again at what is ready now.".lstrip()
    if not count:
        tell(f"No document was approved. {look_again}")
        return
    also = f", and {wording.counted(along, 'contact or item', 'contacts and items')} that they name" if along else ""
    tell(f"{wording.counted(count, 'document')} approved{also}. {sent_next('what is approved')}")
    if left:
        tell(look_again)
