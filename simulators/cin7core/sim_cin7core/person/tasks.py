"""Creating, voiding and touching sales and purchases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sim_cin7core import chart, purchase_view, sale_view
from sim_cin7core.account import Account
from sim_cin7core.exchange import Call, RefusedError
from sim_cin7core.person.action import ImpossibleError, card_of, day_of, fresh, lines_of, money, task_of
from sim_cin7core.records import (
    AUTHORISED,
    EMPTY_ID,
    EXCLUSIVE,
    PURCHASE,
    SALE,
    STANDALONE_CREDIT,
    VOIDED,
    Card,
    Delivery,
    Document,
    JsonObject,
    Task,
    first_delivery,
    identifier,
)

TERM_DAYS = 30


def shown(account: Account, task: Task) -> JsonObject:
    """The task as its detail page shows it."""
    if task.side == SALE:
        return sale_view.detail(task, account, sale_view.Options(transactions=True))
    return purchase_view.advanced(task, account, combine=False)


def changed(account: Account, task: Task) -> JsonObject:
    """Move the stamp and show the task."""
    account.store.touch(task)
    return shown(account, task)


def create_sale(account: Account, params: JsonObject) -> JsonObject:
    """``customer`` (name or ``customer_id``), ``lines``, ``charges``; optional number, type, date,
    currency, rate, tax_rule, tax_calculation, invoice (false: order only), invoice_number, invoice_status,
    reference, channel, external_id, note, fulfilled (false: nothing is shipped yet), delivered_on (the date of
    the shipment). Type "Credit Note" makes a stand-alone credit note, ``restock`` false without its goods."""
    card = card_of(account.store.customers, {"id": params.get("customer_id"), "name": params.get("customer")})
    task = _task(account, params, SALE, card, str(params.get("type", "Simple Sale")), "SO-")
    task.channel, task.external_id = params.get("channel"), params.get("external_id")
    if task.type == STANDALONE_CREDIT:
        task.credits.append(_billed(account, task, params, "credit", "CR-"))
        task.credits[-1].moves_stock = bool(params.get("restock", True))
    elif params.get("invoice", True):
        task.invoices.append(_billed(account, task, params, "invoice", "INV-"))
    account.store.add(task)
    return shown(account, task)


def create_purchase(account: Account, params: JsonObject) -> JsonObject:
    """As ``create_sale``, with ``supplier`` or ``supplier_id``; types Simple, Advanced and Service
    Purchase.
    """
    card = card_of(account.store.suppliers, {"id": params.get("supplier_id"), "name": params.get("supplier")})
    task = _task(account, params, PURCHASE, card, str(params.get("type", "Simple Purchase")), "PO-")
    if params.get("invoice", True):
        bill = _billed(account, task, params, "bill", "BILL-")
        bill.task_id = task.id if task.type == "Simple Purchase" else bill.task_id
        task.invoices.append(bill)
    account.store.add(task)
    return shown(account, task)


def _task(account: Account, params: JsonObject, side: str, card: Card, kind: str, prefix: str) -> Task:
    stamp, number = account.store.next_stamp(), str(params.get("number") or fresh(account, prefix))
    calculation, tax_rule = (
        str(params.get("tax_calculation", EXCLUSIVE)),
        str(params.get("tax_rule", card.fields["TaxRule"])),
    )
    currency, rate, day = (
        str(params.get("currency", card.fields["Currency"])),
        money(params.get("rate", 1)),
        day_of(params),
    )
    if currency == chart.CURRENCY and rate != 1:
        raise ImpossibleError("the rate of the base currency is 1", 400)
    own = chart.SALES if side == SALE else chart.INVENTORY
    lines = lines_of(account, params.get("lines", []), tax_rule, calculation, own)
    charges = lines_of(account, params.get("charges", []), tax_rule, calculation, own)
    order = Document(EMPTY_ID, number, AUTHORISED, day, rate, lines, charges).reckon(calculation)
    addresses = card.fields["Addresses"]
    task_id, deliveries = identifier(side, number, stamp), list[Delivery]()
    if params.get("fulfilled", True) and kind != STANDALONE_CREDIT:
        deliveries = first_delivery(side, task_id, order)
        for delivery in deliveries:
            delivery.date = day_of(params, "delivered_on", day)
    return Task(
        task_id,
        side,
        number,
        kind,
        card.id,
        card.name,
        currency,
        rate,
        tax_rule,
        calculation,
        str(params.get("terms", chart.DEFAULT_TERMS)),
        day,
        order,
        stamp,
        stamp,
        country=addresses[0]["Country"] if addresses else "",
        reference=str(params.get("reference", "")),
        note=str(params.get("note", "")),
        deliveries=deliveries,
        sales_rep=str(params.get("sales_rep", "")),
        location=str(params.get("location", "")),
        attributes=[str(value) for value in params.get("attributes", [])],
    )


def _billed(account: Account, task: Task, params: JsonObject, kind: str, prefix: str) -> Document:
    number = str(params.get("invoice_number") or fresh(account, prefix))
    day = day_of(params, "invoice_date", task.date)
    return Document(
        identifier(kind, task.id, number),
        number,
        str(params.get("invoice_status", AUTHORISED)),
        day,
        money(params.get("invoice_rate", task.rate)),
        task.order.lines,
        task.order.charges,
        day_of(params, "due", day + timedelta(days=TERM_DAYS)),
    ).reckon(task.calculation)


def edit_header(account: Account, params: JsonObject) -> JsonObject:
    """Change ``sales_rep``, ``location``, ``channel``, ``reference``, ``note`` or ``attributes`` (a list, the first is
    AdditionalAttribute1) of a sale or purchase."""
    task = task_of(account, params)
    for name in {"sales_rep", "location", "channel", "reference", "note"} & params.keys():
        setattr(task, name, params[name])
    if "attributes" in params:
        task.attributes = [str(value) for value in params["attributes"]]
    return changed(account, task)


def void_sale(account: Account, params: JsonObject) -> JsonObject:
    """Void a sale with all its documents; refused while it carries payments."""
    return _void(account, task_of(account, params, SALE))


def void_purchase(account: Account, params: JsonObject) -> JsonObject:
    """Void a purchase with all its documents; refused while it carries payments."""
    return _void(account, task_of(account, params, PURCHASE))


def _void(account: Account, task: Task) -> JsonObject:
    if sum((document.paid for document in (task.order, *task.documents())), Decimal(0)):
        raise ImpossibleError("remove the payments first")
    task.void = True
    for document in (task.order, *task.documents()):
        document.status = VOIDED
    return changed(account, task)


def void_over_api(account: Account, task: Task, call: Call) -> None:
    """What DELETE with Void=true does; what Core refuses is a 400."""
    if not call.flag("void"):
        raise RefusedError(400, "Void must be true")
    try:
        _void(account, task)
    except ImpossibleError as error:
        raise RefusedError(400, str(error)) from error
    account.settle()


def touch(account: Account, params: JsonObject) -> JsonObject:
    """Move the stamp of a task, or of a card of ``collection``; nothing else changes."""
    name = params.get("collection")
    if name in ("customers", "suppliers", "products"):
        card = card_of(getattr(account.store, str(name)), params)
        account.store.touch(card)
        return dict(card.fields)
    return changed(account, task_of(account, params, {"sales": SALE, "purchases": PURCHASE}.get(str(name))))
