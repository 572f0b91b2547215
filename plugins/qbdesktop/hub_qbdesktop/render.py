"""Operations as the exact requests that leave, one for each operation. Pure: a preview shows what is sent.

Each request is known by the id of its operation, so that its answer finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from hub import Action, Contact, Facts, Item, Kind, Line, Operation, Payload, TradeDocument
from hub_qbdesktop import bodies, ids, messages, qbxml, refs, stand_ins

NAMES = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.BILL: "Bill",
    Kind.SUPPLIER_CREDIT: "VendorCredit",
    Kind.JOURNAL: "JournalEntry",
}
"""What QuickBooks calls the transactions of one kind."""
PAYMENTS = {ids.RECEIPT: "ReceivePayment", ids.CHECK: "BillPaymentCheck"}
_SALES = (Kind.INVOICE, Kind.CREDIT_NOTE)
_REMOVALS = (Action.VOID, Action.DELETE)
NEW_LINE = "-1"


def render(operations: Sequence[Operation], facts: Facts) -> Payload:
    """The requests for operations of one kind and action."""
    first = operations[0]
    requests = [_request(operation, facts) for operation in operations]
    if first.kind in _SALES and first.action not in _REMOVALS:
        requests = [*stand_ins.requests(operations, facts), *requests]
    return Payload(f"qbXML {first.action} {first.kind}", messages.document(requests))


def _request(operation: Operation, facts: Facts) -> str:
    if operation.action in _REMOVALS:
        return _removal(operation)
    name, values = _written(operation, facts)
    if operation.action is Action.UPDATE:
        own_id = "ListID" if operation.kind in (Kind.CONTACT, Kind.ITEM) else "TxnID"
        stamp = operation.target.stamp if operation.target else ""
        values = {own_id: ids.native(operation.target_id), "EditSequence": stamp or "0", **values}
    ending = "Mod" if operation.action is Action.UPDATE else "Add"
    return qbxml.request(f"{name}{ending}", values, str(operation.id))


def _written(operation: Operation, facts: Facts) -> tuple[str, dict[str, Any]]:
    """The name of the request, without its ending, and its values."""
    kind, is_change = operation.kind, operation.action is Action.UPDATE
    sort = ids.sort_of(operation.target_id, operation.document)
    if kind is Kind.CONTACT:
        contact = cast(Contact, operation.document)
        write = bodies.vendor if sort == ids.VENDOR else bodies.customer
        return ("Vendor" if sort == ids.VENDOR else "Customer"), write(contact, operation.fields)
    if kind is Kind.ITEM:
        name = "ItemNonInventory" if sort == ids.NON_INVENTORY else "ItemService"
        document = cast(Item, operation.document)
        return name, bodies.item(document, facts, is_change=is_change, fields=operation.fields)
    if kind is Kind.PAYMENT:
        return PAYMENTS.get(sort, PAYMENTS[ids.RECEIPT]), (bodies.check if sort == ids.CHECK else bodies.receipt)(
            operation, facts
        )
    if kind is Kind.JOURNAL:
        return NAMES[kind], bodies.journal(operation, facts)
    return NAMES[kind], _trade(operation, facts)


def _trade(operation: Operation, facts: Facts) -> dict[str, Any]:
    lines = cast(TradeDocument, operation.document).lines
    old = list(operation.target.lines) if operation.target and operation.action is Action.UPDATE else []
    ending = "Mod" if operation.action is Action.UPDATE else "Add"
    if operation.kind in _SALES:
        sold = [bodies.sale_line(line, facts) for line in lines]
        return {**bodies.sale(operation, facts), f"{NAMES[operation.kind]}Line{ending}": _kept(sold, old, ending)}
    # QuickBooks takes a purchase's lines without items before those with items.
    plain = [bodies.expense_line(line, facts) for line in lines if not _names_item(line, facts)]
    bought = [bodies.bought_line(line, facts) for line in lines if _names_item(line, facts)]
    body = bodies.purchase(operation, facts)
    if ending == "Mod":
        body |= {} if plain else {"ClearExpenseLines": True}
        body |= {} if bought else {"ClearItemLines": True}
    # What was an expense line can't become an item line, so a purchase's lines are made anew.
    return {**body, f"ExpenseLine{ending}": _kept(plain, [], ending), f"ItemLine{ending}": _kept(bought, [], ending)}


def _names_item(line: Line, facts: Facts) -> bool:
    return bool(refs.linked_item(line, facts))


def _kept(lines: list[dict[str, Any]], old: list[str], ending: str) -> list[dict[str, Any]]:
    """Lines of a change, each with the id of the line it replaces; a line that is not named any more goes."""
    if ending == "Add":
        return lines
    names = [*old, *[NEW_LINE] * len(lines)]
    return [{"TxnLineID": name, **line} for name, line in zip(names, lines, strict=False)]


def _removal(operation: Operation) -> str:
    """Voided, or deleted where QuickBooks can't void: a customer's payment, and what was only pending."""
    sort = ids.sort_of(operation.target_id, operation.document)
    name = PAYMENTS.get(sort, PAYMENTS[ids.RECEIPT]) if operation.kind is Kind.PAYMENT else NAMES[operation.kind]
    native = ids.native(operation.target_id)
    if name == PAYMENTS[ids.RECEIPT] or operation.action is Action.DELETE:
        return qbxml.request("TxnDel", {"TxnDelType": name, "TxnID": native}, str(operation.id))
    return qbxml.request("TxnVoid", {"TxnVoidType": name, "TxnID": native}, str(operation.id))
