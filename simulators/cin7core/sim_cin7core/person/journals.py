"""Journals of their own, manual journals of sales and purchases, and landed costs."""

from __future__ import annotations

from datetime import date

from sim_cin7core import chart
from sim_cin7core.account import Account
from sim_cin7core.journal_view import journal
from sim_cin7core.person.action import ImpossibleError, check_code, day_of, fresh, money, task_of
from sim_cin7core.person.tasks import changed
from sim_cin7core.records import DRAFT, PURCHASE, JournalLine, JsonObject, identifier
from sim_cin7core.stock_records import COMPLETED, Journal

LANDED = "Landed cost"


def add_manual_journal(account: Account, params: JsonObject) -> JsonObject:
    """``lines`` (``{"debit", "credit", "amount", "date", "reference"}``) on a sale or purchase; ``date`` for all that
    have none of their own."""
    task = task_of(account, params)
    if task.void:
        raise ImpossibleError("the task is voided")
    task.journals += _lines(account, params, day_of(params))
    return changed(account, task)


def add_landed_cost(account: Account, params: JsonObject) -> JsonObject:
    """A cost that comes to a purchase later: ``amount``, ``date``, ``account`` that it is taken from (freight), and
    ``reference``. Core shows it as a manual journal of its own (IsSystem)."""
    task, source = task_of(account, params, PURCHASE), str(params.get("account", chart.FREIGHT))
    if task.void:
        raise ImpossibleError("the task is voided")
    check_code(account, source)
    inventory = next((account.books.catalogue.inventory(line.product_id) for line in task.order.lines), chart.INVENTORY)
    reference = str(params.get("reference", LANDED))
    line = JournalLine(inventory, source, money(params["amount"]), day_of(params), reference, system=True)
    task.journals.append(line)
    return changed(account, task)


def remove_manual_journal(account: Account, params: JsonObject) -> JsonObject:
    """Take a manual journal line or landed cost away: ``line`` is its position, the last one without it."""
    task = task_of(account, params)
    position = int(params.get("line", len(task.journals) - 1))
    if not 0 <= position < len(task.journals):
        raise ImpossibleError(f"no journal line {position}", 404)
    del task.journals[position]
    return changed(account, task)


def create_journal(account: Account, params: JsonObject) -> JsonObject:
    """A journal of its own: ``lines`` as for ``add_manual_journal`` (without dates), ``date``, ``narration``,
    ``notes``, ``currency``, ``rate``, ``number``; a draft with ``complete`` false."""
    stamp, day = account.store.next_stamp(), day_of(params)
    number = str(params.get("number") or fresh(account, "JR-"))
    item = Journal(
        identifier("journal", number, stamp),
        number,
        COMPLETED if params.get("complete", True) else DRAFT,
        day,
        str(params.get("currency", chart.CURRENCY)),
        money(params.get("rate", 1)),
        stamp,
        stamp,
        tuple(_lines(account, params, day)),
        str(params.get("narration", "")),
        str(params.get("notes", "")),
    )
    account.store.add(item)
    return journal(item, account.switches)


def _lines(account: Account, params: JsonObject, day: date) -> list[JournalLine]:
    lines = []
    for given in params["lines"]:
        for side in ("debit", "credit"):
            check_code(account, str(given[side]))
        lines.append(
            JournalLine(
                str(given["debit"]),
                str(given["credit"]),
                money(given["amount"]),
                day_of(given, default=day),
                str(given.get("reference", "")),
            )
        )
    return lines
