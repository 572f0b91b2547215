"""Mappings: what each code of the stock system is in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.engine.account_making import AccountMaking
from hub.mapping import Default, MappingList, fold
from hub.web import wording
from hub.web.access import Right, actor, needs
from hub.web.context import decisions, pair_of, tell, the_hub
from hub.web.filters import choice_faults
from hub.web.forms import looked_for
from hub.web.new_account import LISTS
from hub.web.queries.codes import (
    DEFAULTS,
    EXPLANATIONS,
    TITLES,
    Lists,
    code_rows,
    contact_name,
    load_lists,
    search_contacts,
    standing,
)

OPEN = "open"
"""What needs a look, alone."""

pages = Blueprint("mappings", __name__, url_prefix="/integrations/<int:integration_id>/mappings")


@pages.get("")
def show(integration_id: int) -> ResponseReturnValue:
    """The first list."""
    pair_of(integration_id)
    return redirect(url_for("mappings.show_list", integration_id=integration_id, where=MappingList.ACCOUNT.value))


@pages.get("/<where>")
def show_list(integration_id: int, where: str) -> ResponseReturnValue:
    """One list."""
    return _page(pair_of(integration_id), _list(where), {}, {})


@pages.post("/<where>")
@needs(Right.MANAGE_ENTITIES)
def save(integration_id: int, where: str) -> ResponseReturnValue:
    """Save what changed; every target must be one that the ledger has."""
    row, chosen = pair_of(integration_id), _list(where)
    typed = _typed()
    with the_hub().store.read() as db:
        lists = load_lists(db, row)
    before = {source: lists.mapped.get((chosen, fold(source)), ("", ""))[1] for source in typed}
    changed = {source: target for source, target in typed.items() if target != before[source]}
    wrong = {source: text for source, target in changed.items() if (text := _objection(lists, chosen, source, target))}
    if wrong:
        return _page(row, chosen, typed, wrong), 422
    spelled = {lists.mapped.get((chosen, fold(source)), (source, ""))[0]: each for source, each in changed.items()}
    decisions().set_mapping(integration_id, chosen, spelled)
    tell(
        _told(chosen, saved=sum(bool(target) for target in changed.values()), removed=list(changed.values()).count(""))
    )
    return _back(integration_id, chosen)


@pages.post("/accept")
@needs(Right.MANAGE_ENTITIES)
def accept_all(integration_id: int) -> ResponseReturnValue:
    """Take every suggestion of every list."""
    pair_of(integration_id)
    count = decisions().accept_suggestions(integration_id)
    tell(f"{wording.counted(count, 'suggestion')} accepted.")
    return _back(integration_id, _list(request.form.get("where", MappingList.ACCOUNT.value)))


@pages.get("/default/contact")
def choose_contact(integration_id: int) -> ResponseReturnValue:
    """Search the ledger's contacts for the one that sales without a contact get."""
    row = pair_of(integration_id)
    text = looked_for(request.args)
    with the_hub().store.read() as db:
        found = search_contacts(db, row.ledger_id, text) if text else []
    return render_template("mapping_contact.html", row=row, text=text, found=found)


@pages.post("/default/contact")
@needs(Right.MANAGE_ENTITIES)
def save_contact(integration_id: int) -> ResponseReturnValue:
    """Set or clear the default contact."""
    row, contact_id = pair_of(integration_id), request.form.get("contact", "")
    with the_hub().store.read() as db:
        name = contact_name(db, row.ledger_id, contact_id) if contact_id else ""
    if contact_id and not name:
        tell("This contact is no longer in the ledger. Nothing was changed.")
    else:
        decisions().set_mapping(integration_id, MappingList.DEFAULT, {Default.SALE_CONTACT.value: contact_id})
        tell(f"Sales without a contact are posted to {name}." if name else "Sales without a contact are held again.")
    return _back(integration_id, MappingList.DEFAULT)


def _told(where: MappingList, saved: int, removed: int) -> str:
    if not saved and not removed:
        return "No mapping was changed."
    if not removed:
        return f"{wording.counted(saved, 'mapping')} saved. Documents that waited for them are planned again."
    gone = f"{wording.counted(removed, 'mapping')} removed. {_WITHOUT.get(where, _WAIT)}"
    return f"{wording.counted(saved, 'mapping')} saved. {gone}" if saved else gone


_WAIT = "Documents that need them wait until they are mapped again."
_WITHOUT = {MappingList.PAYMENT_METHOD: "What is not posted yet goes without."}


def _list(where: str) -> MappingList:
    return MappingList(where) if where in TITLES else abort(404)


def _typed() -> dict[str, str]:
    """Source code -> target code as typed; a pressed "Use" button fills its row in."""
    sources, targets = request.form.getlist("source"), request.form.getlist("target")
    typed = {source: target.strip() for source, target in zip(sources, targets, strict=False)}
    source, _, target = request.form.get("use", "").partition("\t")
    return typed | {source: target} if source in typed else typed


def _objection(lists: Lists, where: MappingList, source: str, target: str) -> str:
    """Why a target can't be chosen; empty when it can."""
    kind = where
    if where is MappingList.DEFAULT:
        if source not in set(Default) or DEFAULTS[Default(source)][1] is None:
            return "This default is chosen in another way."
        kind = DEFAULTS[Default(source)][1] or where
    if not target or target in lists.targets(kind):
        return ""
    if kind is MappingList.PAYMENT_ACCOUNT and target in lists.target_accounts:
        return f"Account {target} takes no payments in the ledger."
    account = lists.target_accounts.get(target) if kind is MappingList.ACCOUNT else None
    if account is not None:
        what = "a bank account" if account.takes_payments else "an account that the ledger keeps by itself"
        return f"{target} {account.name} is {what}: lines of documents can't be booked to it."
    return f"The ledger has no {_NOUNS.get(kind, 'such account')} {target!r} to use here."


_NOUNS = {MappingList.TAX_RATE: "tax rate", MappingList.PAYMENT_METHOD: "payment method"}


def _page(row: sa.Row[Any], where: MappingList, typed: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    with the_hub().store.read() as db:
        lists = load_lists(db, row)
        contact_id = lists.mapped.get((MappingList.DEFAULT, Default.SALE_CONTACT), ("", ""))[1]
        contact = contact_name(db, row.ledger_id, contact_id) if contact_id else ""
    shared = {"row": row, "where": where, "titles": lists.titles, "typed": typed, "wrong": wrong}
    shared["explained"] = EXPLANATIONS[where]
    offered = sum(len(found) for found in lists.suggestions.values())
    if where is MappingList.DEFAULT:
        return render_template(
            "mapping_defaults.html",
            **shared,
            offered=offered,
            defaults=_defaults(lists),
            contact_id=contact_id,
            contact=contact,
            accounts=lists.targets(MappingList.ACCOUNT).values(),
            taxes=lists.target_taxes.values(),
        )
    every = code_rows(lists, where, lists.suggestions.get(where, ()))
    open_rows = [each for each in every if each.state.needs_a_look]
    asked = looked_for(request.args, "show")
    faults = choice_faults("show", asked, (OPEN,), "choice")
    only_open = asked == OPEN and not wrong
    can_add = where in LISTS and bool(AccountMaking(the_hub(), actor()).types(row.id))
    targets = lists.targets(where).values()
    return render_template(
        "mappings.html",
        **shared,
        offered=offered,
        faults=faults,
        rows=[] if faults else open_rows if only_open else every,
        counts=(len(every), len(open_rows)),
        only_open=only_open,
        targets=targets,
        can_add=can_add,
    )


def _defaults(lists: Lists) -> list[tuple[str, str, str, str, str]]:
    """Each default that is a code: name, title, list, target, and how the target stands."""
    made = []
    for default, (title, where) in DEFAULTS.items():
        if where is not None:
            target = lists.mapped.get((MappingList.DEFAULT, default), ("", ""))[1]
            state, note = standing(lists, where, target) if target else ("not chosen", "")
            made.append((default.value, title, where.value, target, f"{state} {note}".strip()))
    return made


def _back(integration_id: int, where: MappingList) -> ResponseReturnValue:
    return redirect(url_for("mappings.show_list", integration_id=integration_id, where=where.value), 303)
