"""What needs a person, grouped by cause so that one act solves a group; and what people skipped."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.engine import others_money
from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.web import wording
from hub.web.access import Right, needs
from hub.web.context import chosen_integration, decisions, tell, tell_error, the_hub
from hub.web.forms import looked_for
from hub.web.incoming import id_of
from hub.web.paging import page_number
from hub.web.queries import reconciliation
from hub.web.queries.attention import (
    Cause,
    failing_connections,
    group_ids,
    group_rows,
    groups,
    one_group,
    skipped,
    skipped_ids,
    unreadable,
    unreadable_count,
    waiting,
)
from hub.web.queries.drafts import drafts_of_examples, drafts_waited_for, is_any_draft
from hub.web.queries.fixes import Control, fix_of, load_grounds, needs_lists, objection
from hub.web.queries.naming import operations_called

pages = Blueprint("attention", __name__, url_prefix="/attention")


@pages.get("")
def show() -> ResponseReturnValue:
    """Every cause, with what to do about it."""
    return _page()


@pages.post("/fix")
@needs(Right.MANAGE_ENTITIES)
def fix() -> ResponseReturnValue:
    """Set the one thing that solves a group; everything that waited for it is planned again."""
    cause, chosen = Cause.of(request.form), request.form.get("chosen", "").strip()
    with the_hub().store.read() as db:
        group = one_group(db, cause)
        grounds = load_grounds(db, group.integration_id) if group else None
    if group is None or grounds is None:
        tell("There is nothing of this cause any more.")
        return redirect(url_for("attention.show"), 303)
    found = fix_of(group, grounds)
    error = objection(found, grounds, chosen) if found else "This is not fixed here."
    if found is None or error:
        return _page({group.cause: (chosen, error)}), 422
    if found.control is Control.RAISE_LIMIT:
        decisions().set_rounding_limit(group.integration_id, int(chosen))
    for where in {each for each, _ in found.sets}:
        codes = {source: chosen for each, source in found.sets if each is where}
        decisions().set_mapping(group.integration_id, where, codes)
    tell(f"Done. {wording.counted(group.count, 'document')} will be planned again with the next run.")
    return redirect(url_for("attention.show"), 303)


def _page(typed: Mapping[Cause, tuple[str, str]] | None = None) -> str:
    """The page; ``typed`` keeps what was sent and what is wrong with it, by cause."""
    with the_hub().store.read() as db:
        page = groups(db, page_number(), chosen_integration())
        others = waiting(db, page, chosen_integration())
        drafts = drafts_of_examples(db, others.for_drafts)
        to_approve_there = bool(others.for_drafts) and is_any_draft(db, chosen_integration())
        failing, unread = failing_connections(db), unreadable_count(db)
        drifted, failed = reconciliation.drifted(db), reconciliation.failed(db)
        fixable = [group for group in page.rows if needs_lists(group)]
        grounds = {id: load_grounds(db, id) for id in sorted({group.integration_id for group in fixable})}
    return render_template(
        "attention.html",
        failing=failing,
        drifted=drifted,
        failed=failed,
        page=page,
        waiting=others,
        drafts=drafts,
        to_approve_there=to_approve_there,
        unreadable=unread,
        fixes={group.cause: fix_of(group, grounds[group.integration_id]) for group in fixable},
        grounds=grounds,
        typed=typed or {},
        MappingList=MappingList,
    )


@pages.get("/group")
def show_group() -> ResponseReturnValue:
    """The operations of one cause."""
    cause = Cause.of(request.args)
    with the_hub().store.read() as db:
        page = group_rows(db, cause, page_number())
        called = operations_called(db, page.rows)
        drafts = drafts_waited_for(db, page.rows)
    if not page.total:
        abort(404)
    return render_template("attention_group.html", cause=cause, page=page, called=called, drafts=drafts)


@pages.post("/retry")
@needs(Right.APPROVE_IMPORTS)
def retry() -> ResponseReturnValue:
    """Plan a whole group anew."""
    ids = _ids(Cause.of(request.form))
    count = decisions().retry(ids) if ids else 0
    tell(f"{wording.counted(count, 'document')} will be planned again with the next run.")
    return redirect(url_for("attention.show"), 303)


@pages.post("/other-payment")
@needs(Right.APPROVE_IMPORTS)
def tell_apart() -> ResponseReturnValue:
    """What others paid in the ledger is not the payment that waits: it is posted as well."""
    count = others_money.tell_apart(decisions(), _ids(Cause.of(request.form)))
    tell(f"{wording.counted(count, 'payment')} will be posted beside what others paid, with the next run.")
    return redirect(url_for("attention.show"), 303)


@pages.get("/drop")
@needs(Right.APPROVE_IMPORTS)
def ask_drop() -> ResponseReturnValue:
    """Ask for the reason before a group is skipped."""
    cause = Cause.of(request.args)
    count = len(_ids(cause))
    return render_template("attention_drop.html", cause=cause, count=count, reason="", error="")


@pages.post("/drop")
@needs(Right.APPROVE_IMPORTS)
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
    text = looked_for(request.args)
    with the_hub().store.read() as db:
        page = skipped(db, text, page_number(), chosen_integration())
        called = operations_called(db, page.rows)
    return render_template("skipped.html", page=page, text=text, called=called)


@pages.post("/undrop")
@needs(Right.APPROVE_IMPORTS)
def undrop() -> ResponseReturnValue:
    """Take skips back."""
    ids = [id for id in map(id_of, request.form.getlist("pick")) if id is not None]
    if not ids:
        tell("Tick what is no longer to be skipped. Nothing was changed.")
        return redirect(url_for("attention.show_skipped"), 303)
    with the_hub().store.read() as db:
        visible = skipped_ids(db, ids)
    try:
        count = decisions().undrop(visible) if visible else 0
    except SettingsError as error:
        tell_error(error)
    else:
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
