"""Tracking: which attribute of the stock system feeds each category of the ledger, and what its values are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import Tracking
from hub.engine.facts import load_rules
from hub.engine.tracking import TrackingChoices, categories, sources, values
from hub.errors import SettingsError
from hub.mapping import ATTRIBUTES, MappingList, Rules, fold, option_code, suggest_options
from hub.web import wording
from hub.web.access import Right, needs
from hub.web.context import decisions, pair_of, tell, tell_error, the_hub
from hub.web.forms import Choice
from hub.web.queries.codes import CodeState, has_payment_methods, titles_of

pages = Blueprint("tracking", __name__, url_prefix="/integrations/<int:integration_id>/mappings/tracking")

EXPLAINED = (
    "A ledger can split its reports by tracking categories. A category is fed from an attribute of the stock system:"
    " what the item of a line says goes before what its document says. Lines of invoices, bills, credits and journals"
    " get the option that the value is mapped to.",
    "Example: the category Region is fed from the location, and the location Main Warehouse is the option North.",
)
FEEDS: tuple[Choice, ...] = (("", "Nothing"), *((name, wording.spoken(name)) for name in ATTRIBUTES))
UNMAPPED: tuple[Choice, ...] = (
    ("warn", "The document is posted without it, and a warning says so"),
    ("hold", "The document is held until it is mapped"),
)


@dataclass(frozen=True)
class ValueRow:
    """One value of the attribute that feeds a category, and the option that it is."""

    value: str
    option: str
    state: CodeState
    suggestion: str = ""


@dataclass(frozen=True)
class Fed:
    """One category of the ledger: what it is fed from, and the values that are known of that."""

    category: Tracking
    attribute: str
    rows: list[ValueRow]


@pages.get("")
def show(integration_id: int) -> ResponseReturnValue:
    """Every category, and the values of those that are fed."""
    row = pair_of(integration_id)
    with the_hub().store.read() as db:
        fed, titles = _fed(db, row), titles_of(has_payment_methods(db, row.ledger_id))
    return render_template(
        "tracking.html",
        row=row,
        where="tracking",
        titles=titles,
        explained=EXPLAINED,
        categories=fed,
        feeds=FEEDS,
        unmapped=UNMAPPED,
        offered=sum(bool(each.suggestion) for one in fed for each in one.rows),
    )


@pages.post("")
@needs(Right.MANAGE_ENTITIES)
def feed(integration_id: int) -> ResponseReturnValue:
    """Choose what feeds each category, and what becomes of values that are not mapped."""
    pair_of(integration_id)
    names, attributes = request.form.getlist("category"), request.form.getlist("attribute")
    chosen = dict(zip(names, attributes, strict=False))
    try:
        _choices().feed(integration_id, chosen, request.form.get("unmapped", ""))
    except SettingsError as error:
        tell_error(error)
    else:
        tell("Saved. What is not posted yet is planned again with it.")
    return _back(integration_id)


@pages.post("/options")
@needs(Right.MANAGE_ENTITIES)
def save_options(integration_id: int) -> ResponseReturnValue:
    """Say which option each value of one category is."""
    pair_of(integration_id)
    listed, options = request.form.getlist("value"), request.form.getlist("option")
    chosen = dict(zip(listed, options, strict=False))
    try:
        count = _choices().options(integration_id, request.form.get("category", ""), chosen)
    except SettingsError as error:
        tell_error(error)
    else:
        tell(f"{wording.counted(count, 'value')} changed. What waited for it is planned again.")
    return _back(integration_id)


@pages.post("/accept")
@needs(Right.MANAGE_ENTITIES)
def accept(integration_id: int) -> ResponseReturnValue:
    """Take every suggestion."""
    pair_of(integration_id)
    count = _choices().accept(integration_id)
    tell(f"{wording.counted(count, 'suggestion')} accepted.")
    return _back(integration_id)


def _fed(db: sa.Connection, row: sa.Row[Any]) -> list[Fed]:
    rules, fed = load_rules(db, row.id), sources(db, row.id)
    made = []
    for category in categories(db, row.ledger_id):
        attribute = fed.get(fold(category.name), "")
        rows = _rows(db, row, rules, category, attribute) if attribute else []
        made.append(Fed(category, attribute, rows))
    return made


def _rows(db: sa.Connection, row: sa.Row[Any], rules: Rules, category: Tracking, attribute: str) -> list[ValueRow]:
    seen = values(db, row.stock_id, attribute)
    suggested = {each.source_code: each.target_code for each in suggest_options(seen, category)}
    return [_row(rules, category, value, suggested.get(value, "")) for value in seen]


def _row(rules: Rules, category: Tracking, value: str, suggestion: str) -> ValueRow:
    option = rules.find(MappingList.OPTION, option_code(fold(category.name), value))
    if not option:
        return ValueRow(value, "", CodeState.SUGGESTED if suggestion else CodeState.UNMAPPED, suggestion)
    there = fold(option) in {fold(each) for each in category.options}
    return ValueRow(value, option, CodeState.MAPPED if there else CodeState.MISSING)


def _choices() -> TrackingChoices:
    return TrackingChoices(decisions())


def _back(integration_id: int) -> ResponseReturnValue:
    return redirect(url_for("tracking.show", integration_id=integration_id), 303)
