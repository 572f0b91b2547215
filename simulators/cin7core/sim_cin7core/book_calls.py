"""The endpoints of the books: journals, the general ledger and what is on hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from sim_cin7core import chart, stamps
from sim_cin7core.account import Account
from sim_cin7core.books.rows import Row
from sim_cin7core.cards import STOCK, number
from sim_cin7core.exchange import Answer, Call, RefusedError
from sim_cin7core.journal_view import journal
from sim_cin7core.lines_view import encoded
from sim_cin7core.lists import Page, envelope, moment, reference
from sim_cin7core.person.action import ImpossibleError
from sim_cin7core.person.stages import undo, void
from sim_cin7core.records import PURCHASE, SALE, Card, JsonObject
from sim_cin7core.stamps import day_of


def journals(account: Account, call: Call) -> Answer:
    """GET journal: a list with the lines in it, by TaskID, Status and Search; nothing tells when one changed."""
    task_id, status, search = ((call.text(name) or "").casefold() for name in ("taskid", "status", "search"))
    found = [
        item
        for item in account.store.journals.in_order()
        if task_id in ("", item.id.lower())
        and status in ("", item.status.casefold())
        and (search in item.number.casefold() or search in item.status.casefold())
    ]
    return reference(call, account.switches, "Journals", [journal(item, account.switches) for item in found])


def end_journal(account: Account, call: Call) -> Answer:
    """DELETE journal by ID: Void=true voids, anything else undoes; answers the list with the one in it."""
    item = account.found(account.store.journals, call, "id", "Journal")
    try:
        (void if call.flag("void") else undo)(account, {"id": item.id})
    except ImpossibleError as error:
        raise RefusedError(400, str(error)) from error
    return Answer.json({"Total": 1, "Page": 1, "Journals": [journal(item, account.switches)]})


def transactions(account: Account, call: Call) -> Answer:
    """GET transactions: the general ledger by EffectiveDate and account (documentation, Transactions).

    There is no stamp in it: a row that was entered today for last month stands among those of last month.
    """
    page = Page.of(call, account.switches)
    since, until, code = moment(call, "fromdate"), moment(call, "todate"), call.text("account")
    rows = [
        row
        for row in account.books.rows()
        if _within(row.date, since, until, account.switches["transaction_dates"] == "inclusive")
        and (code is None or code.casefold() in (row.debit.casefold(), row.credit.casefold()))
    ]
    return envelope(page, len(rows), "Transactions", [encoded(_transaction(row)) for row in page.of_rows(rows)])


def _within(day: date, since: int | None, until: int | None, inclusive: bool) -> bool:
    ticks = day_of(day)
    if inclusive:
        return (since is None or ticks >= since) and (until is None or ticks <= until)
    return (since is None or ticks > since) and (until is None or ticks < until)


def _transaction(row: Row) -> JsonObject:
    return {
        "TaskID": row.task_id,
        "DebitAccountCode": row.debit,
        "CreditAccountCode": row.credit,
        "Amount": number(row.amount),
        "EffectiveDate": stamps.midnight(row.date),
        "Reference": row.reference,
        "Transaction": row.text,
        "Type": row.type,
    }


def availability(account: Account, call: Call) -> Answer:
    """GET ref/productavailability: a row for each product and location with anything on hand, allocated or on order.

    ``StockOnHand`` is money: what the pieces on hand are worth (seen live; documentation of the webhook).
    """
    wanted = {name: (call.text(name) or "").casefold() for name in ("id", "name", "sku", "location", "category")}
    allocated, ordered = _open(account, SALE), _open(account, PURCHASE)
    rows = []
    for card in account.store.products.in_order():
        if card.fields["Type"] == STOCK and _asked_for(card, wanted):
            row = _available(account, card, allocated[card.id], ordered[card.id])
            if any(row[name] for name in ("OnHand", "Allocated", "OnOrder", "StockOnHand")):
                rows.append(row)
    return reference(call, account.switches, "ProductAvailabilityList", rows)


def _asked_for(card: Card, wanted: dict[str, str]) -> bool:
    fields = card.fields
    return (
        wanted["id"] in ("", card.id.lower())
        and str(fields["Name"]).casefold().startswith(wanted["name"])
        and str(fields["SKU"]).casefold().startswith(wanted["sku"])
        and wanted["category"] in ("", str(fields["Category"]).casefold())
        and wanted["location"] in ("", chart.LOCATION.casefold())
    )


def _available(account: Account, card: Card, allocated: Decimal, ordered: Decimal) -> JsonObject:
    holding = account.books.holding(card.id)
    return {
        "ID": card.id,
        "SKU": card.fields["SKU"],
        "Name": card.fields["Name"],
        "Barcode": card.fields["Barcode"],
        "Location": chart.LOCATION,
        "Bin": None,
        "Batch": None,
        "ExpiryDate": None,
        "OnHand": number(holding.quantity),
        "Allocated": number(allocated),
        "Available": number(holding.quantity - allocated),
        "OnOrder": number(ordered),
        "StockOnHand": number(holding.value),
        "InTransit": 0,
        "NextDeliveryDate": None,
    }


def _open(account: Account, side: str) -> dict[str, Decimal]:
    """What is on authorised orders of one side and not delivered yet, by product."""
    pieces: dict[str, Decimal] = defaultdict(Decimal)
    for task in account.store.sales if side == SALE else account.store.purchases:
        if not task.void and task.order.live and not task.fulfilled:
            for line in task.outstanding():
                pieces[line.product_id] += line.quantity
    return pieces
