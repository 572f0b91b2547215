"""Contacts: which contact of the ledger each customer and supplier of the stock system is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import Kind
from hub.engine.contact_list import ContactState, Side
from hub.engine.likeness import Likeness
from hub.engine.linking import Linking, Outcome
from hub.engine.suggesting import clear_suggestions, ranked_for
from hub.errors import SettingsError
from hub.models import Integration
from hub.web import wording
from hub.web.access import Right, actor, needs
from hub.web.addresses import FILTERS
from hub.web.context import chosen_integration, found_or_404, tell, tell_error, the_hub
from hub.web.elsewhere import Entity, safe
from hub.web.forms import looked_for
from hub.web.paging import page_number
from hub.web.queries import linked
from hub.web.queries.contact_choice import heirs_held, linked_to, would_share
from hub.web.queries.contact_register import ALL, CHANGED, UNSETTLED, register
from hub.web.queries.contacts import (
    ContactFilter,
    contact_page,
    ledger_contacts,
    names_of,
    one_contact,
    search_ledger,
    source_address,
    with_readiness,
)

pages = Blueprint("contacts", __name__)

STATES: Mapping[str, str] = {
    UNSETTLED: "To do",
    ContactState.UNLINKED.value: "No linked contact",
    ContactState.SUGGESTED.value: "Suggested",
    ContactState.LINKED.value: "Linked",
    CHANGED: "Linked and changed since",
    ContactState.BROKEN.value: "Broken",
    ContactState.IGNORED.value: "Ignored",
    ALL: "All",
}
SCORES = ("0.99", "0.95", "0.90")
REFUSALS_SHOWN = 5
NOTHING_TICKED = "Tick contacts first. Nothing was changed."
PLACE = "/integrations/<int:integration_id>/contacts"


@pages.get("/contacts")
def choose() -> ResponseReturnValue:
    """The contacts of the integration that was switched to, or of the only one; else the choice of one.

    Side, state and text go on to them.
    """
    asked: dict[str, Any] = {name: value for name, value in request.args.items() if name in FILTERS["contacts.show"]}
    if chosen := chosen_integration():
        return redirect(url_for("contacts.show", integration_id=chosen, **asked))
    with the_hub().store.read() as db:
        rows = linked.integrations(db)
    if len(rows) == 1:
        return redirect(url_for("contacts.show", integration_id=rows[0].id, **asked))
    return render_template("contacts_choose.html", rows=rows, asked=asked)


@pages.get(PLACE)
def show(integration_id: int) -> ResponseReturnValue:
    """One page of contacts."""
    chosen = ContactFilter.of(request.args)
    hub = the_hub()
    with hub.store.read() as db:
        integration, ready = found_or_404(with_readiness(db, integration_id))
        every = register(db, integration)
        page = contact_page(db, integration, chosen, page_number(), hub.providers, every)
        held = heirs_held(db, integration, [(each.row, each.heir.external_id) for each in page.rows if each.heir])
        doors = _doors(db, integration, page.rows[0].row) if chosen.contact and page.rows else {}
    return render_template(
        "contacts.html",
        integration=integration,
        chosen=chosen,
        page=page,
        held=held,
        doors=doors,
        states=STATES,
        sides=list(Side),
        counts=every.counts(chosen.side),
        ready=ready,
    )


@pages.get(f"{PLACE}/link")
@needs(Right.APPROVE_IMPORTS)
def ask_link(integration_id: int) -> ResponseReturnValue:
    """Search the ledger's contacts for the one that a contact is."""
    integration, text = integration_of(integration_id), looked_for(request.args)
    source_id = request.args.get("contact", "")
    if not source_id:
        return _back(integration_id)
    with the_hub().store.read() as db:
        row = found_or_404(one_contact(db, integration, source_id))
        # Who searches has seen the suggestions, and wants another.
        offered = [] if text else _offered(db, integration, row)
        found = search_ledger(db, integration.ledger_id, text) if text else []
        merged_into = [row.merged_into] if row.merged_into else []
        heir = next(iter(ledger_contacts(db, integration.ledger_id, merged_into).values()), None)
        told = [each.external_id for each in (*found, heir) if each] + [each.target_id for each in offered]
        holders = linked_to(db, integration, row, told)
    # Those last that another one of the same side is linked to; who that is, is told in words.
    offered.sort(key=lambda each: each.target_id in holders and holders[each.target_id].side is not None)
    return render_template(
        "contact_link.html",
        integration=integration,
        row=row,
        text=text,
        found=found,
        offered=offered,
        heir=heir,
        holders=holders,
        chosen=ContactFilter.of(request.args),
    )


@pages.post(f"{PLACE}/link")
@needs(Right.APPROVE_IMPORTS)
def link(integration_id: int) -> ResponseReturnValue:
    """Link one contact to the one chosen."""
    integration = integration_of(integration_id)
    source_id, _, target_id = request.form.get("pair", "").partition("\t")
    if source_id and target_id:
        if request.form.get("share") != "yes" and (side := _shared_side(integration, source_id, target_id)):
            tell(f"Two {side} would share one contact of the ledger. Tick that they may. Nothing was changed.")
            return redirect(url_for("contacts.ask_link", integration_id=integration_id, contact=source_id), 303)
        report(
            integration,
            linking().link(integration_id, {source_id: target_id}),
            "linked",
            "What waited for it is planned again.",
        )
    return _back(integration_id)


def _offered(db: sa.Connection, integration: Integration, row: sa.Row[Any]) -> list[Likeness]:
    """The suggestions but for the contact that it is linked to now."""
    suggestions = ranked_for(db, integration, [row])[row.source_id]
    return [each for each in suggestions if each.target_id != row.target_id]


def _shared_side(integration: Integration, source_id: str, target_id: str) -> str:
    """The side on which another contact is linked to the same active one of the ledger; empty where none is."""
    with the_hub().store.read() as db:
        row = found_or_404(one_contact(db, integration, source_id))
        active = list(ledger_contacts(db, integration.ledger_id, [target_id]))
        holders = linked_to(db, integration, row, active).get(target_id)
    return holders.side.value if holders and holders.side else ""


@pages.post(f"{PLACE}/accept")
@needs(Right.APPROVE_IMPORTS)
def accept(integration_id: int) -> ResponseReturnValue:
    """Link the ticked ones to the suggestion shown beside each."""
    integration = integration_of(integration_id)
    ticked = set(request.form.getlist("pick"))
    shown = dict(each.split("\t", 1) for each in request.form.getlist("best") if "\t" in each)
    pairs = {id: target for id, target in shown.items() if id in ticked}
    if pairs:
        # Who has it now, whatever the page showed: two of a side share a contact only if a person says so of them.
        with the_hub().store.read() as db:
            sharing = would_share(db, integration, pairs)
        outcome = linking().link(integration_id, {id: pairs[id] for id in pairs if id not in sharing})
        outcome.refused |= {
            id: f"It would share one contact of the ledger with {', '.join(holders.names)}. Link it on its own page."
            for id, holders in sharing.items()
        }
        report(integration, outcome, "linked", "What waited for them is planned again.")
    else:
        tell("Tick contacts that have a suggestion first. Nothing was changed.")
    return _back(integration_id)


@pages.get(f"{PLACE}/accept-all")
@needs(Right.APPROVE_IMPORTS)
def ask_accept_all(integration_id: int) -> ResponseReturnValue:
    """How many suggestions score enough, before they are taken."""
    integration = integration_of(integration_id)
    at_least = _score()
    with the_hub().store.read() as db:
        portions = list(clear_suggestions(db, integration, float(at_least)))
        count = sum(len(portion) for portion in portions)
        examples = [(id, each) for portion in portions for id, each in portion.items()][:10]
        names = names_of(db, integration.stock_id, [id for id, _ in examples])
    return render_template(
        "contacts_accept.html",
        integration=integration,
        at_least=at_least,
        scores=SCORES,
        count=count,
        examples=examples,
        names=names,
    )


@pages.post(f"{PLACE}/accept-all")
@needs(Right.APPROVE_IMPORTS)
def accept_all(integration_id: int) -> ResponseReturnValue:
    """Take every clear suggestion that scores enough."""
    integration = integration_of(integration_id)
    outcome = linking().accept(integration_id, float(_score()))
    report(integration, outcome, "linked", "What waited for them is planned again.")
    return _back(integration_id)


@pages.post(f"{PLACE}/upload")
@needs(Right.APPROVE_IMPORTS)
def upload(integration_id: int) -> ResponseReturnValue:
    """Create the ticked ones in the ledger, or send again what changed."""
    integration, ids = integration_of(integration_id), request.form.getlist("pick")
    if not ids:
        tell(NOTHING_TICKED)
        return _back(integration_id)
    try:
        outcome = linking().upload(integration_id, ids)
    except SettingsError as error:
        tell_error(error)
    else:
        report(integration, outcome, "approved to be sent", "They go with the ledger's next run.")
    return _back(integration_id)


@pages.get(f"{PLACE}/unlink")
@needs(Right.APPROVE_IMPORTS)
def ask_unlink(integration_id: int) -> ResponseReturnValue:
    """Say what unlinking means before it is done."""
    integration = integration_of(integration_id)
    return _ask(integration, "contact_unlink.html", _asked())


@pages.post(f"{PLACE}/unlink")
@needs(Right.APPROVE_IMPORTS)
def unlink(integration_id: int) -> ResponseReturnValue:
    """End the links; nothing is written."""
    integration, ids = integration_of(integration_id), request.form.getlist("pick")
    then = request.form.get("then", "")
    if then not in ("keep", "plan"):
        return _ask(integration, "contact_unlink.html", ids)
    reason = request.form.get("reason", "").strip() or "unlinked by a person"
    outcome = linking().unlink(integration_id, ids, reason, plan_anew=then == "plan")
    report(integration, outcome, "unlinked", "Nothing was written to the ledger.")
    return _back(integration_id)


@pages.get(f"{PLACE}/ignore")
@needs(Right.APPROVE_IMPORTS)
def ask_ignore(integration_id: int) -> ResponseReturnValue:
    """Ask why a contact is ignored."""
    integration = integration_of(integration_id)
    return _ask(integration, "contact_ignore.html", _asked())


@pages.post(f"{PLACE}/ignore")
@needs(Right.APPROVE_IMPORTS)
def ignore(integration_id: int) -> ResponseReturnValue:
    """Neither create nor link these, for the reason given."""
    integration, ids = integration_of(integration_id), request.form.getlist("pick")
    if "reason" not in request.form:
        return _ask(integration, "contact_ignore.html", ids)
    if not request.form["reason"].strip():
        error = "Please say why: the reason is kept with the contact."
        return _ask(integration, "contact_ignore.html", ids, error)
    report(
        integration,
        linking().ignore(integration_id, ids, request.form["reason"]),
        "ignored",
        "You find them under Ignored.",
    )
    return _back(integration_id)


@pages.post(f"{PLACE}/unignore")
@needs(Right.APPROVE_IMPORTS)
def unignore(integration_id: int) -> ResponseReturnValue:
    """Take it back."""
    integration_of(integration_id)
    count = linking().unignore(integration_id, request.form.getlist("pick"))
    if count:
        tell(f"{wording.counted(count, 'contact')} no longer ignored: planned again with the next run.")
    else:
        tell("None of the ticked contacts was ignored. Nothing was changed.")
    return _back(integration_id)


def integration_of(integration_id: int) -> Integration:
    """The integration whose contacts are shown."""
    with the_hub().store.read() as db:
        return found_or_404(with_readiness(db, integration_id))[0]


def linking() -> Linking:
    """The verbs for contacts of the person who acts."""
    return Linking(the_hub(), actor())


def _doors(db: sa.Connection, integration: Integration, row: sa.Row[Any]) -> dict[str, str]:
    """The pages of a contact in the two systems, as far as there are any, by what each system is called."""
    stock, ledger = Entity(db, integration.stock_id), Entity(db, integration.ledger_id)
    doors = {
        stock.name: safe(source_address(db, integration.stock_id, row.source_id)),
        ledger.name: ledger.address(Kind.CONTACT, row.target_id or ""),
    }
    return {name: address for name, address in doors.items() if address}


def _score() -> str:
    sent = request.values.get("at_least", "")
    return sent if sent in SCORES else SCORES[1]


def _ask(integration: Integration, template: str, ids: Sequence[str], error: str = "") -> ResponseReturnValue:
    """A page that asks before something is done to some contacts."""
    if not ids:
        tell(NOTHING_TICKED)
        return _back(integration.id or 0)
    with the_hub().store.read() as db:
        row = found_or_404(one_contact(db, integration, ids[0]))
    page = render_template(template, integration=integration, ids=ids, row=row, error=error, here=_here())
    return page, 422 if error else 200


def _asked() -> list[str]:
    """Whom a page asks about: one of a list, which its filter and page lead back to, or the one that is shown."""
    return request.args.getlist("pick") or request.args.getlist("contact")


def report(integration: Integration, outcome: Outcome, done: str, then: str) -> None:
    """Say what was done, and why the others were not."""
    if outcome.done:
        tell(f"{wording.counted(len(outcome.done), 'contact')} {done}. {then}")
    if not outcome.refused:
        return
    shown = list(outcome.refused)[:REFUSALS_SHOWN]
    with the_hub().store.read() as db:
        names = names_of(db, integration.stock_id, shown)
    why = " ".join(f"{names.get(id, id)}: {outcome.refused[id]}" for id in shown)
    more = len(outcome.refused) - len(shown)
    rest = f" And {more:,} more." if more else ""
    tell_error(SettingsError(f"{wording.counted(len(outcome.refused), 'contact')} not changed. {why}{rest}"))


def _here() -> dict[str, str]:
    """The filter and the page of the list that somebody came from."""
    page = request.args.get("page", "")
    return dict(ContactFilter.of(request.args).arguments) | ({"page": page} if page.isdecimal() else {})


def _back(integration_id: int) -> ResponseReturnValue:
    arguments: dict[str, Any] = _here()
    return redirect(url_for("contacts.show", integration_id=integration_id, **arguments), 303)
