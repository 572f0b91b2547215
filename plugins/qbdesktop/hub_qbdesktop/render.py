"""Operations as the exact requests that leave, one for each operation. Pure: a preview shows what is sent.

Each request is known by the id of its operation, so that its answer finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from hub import Action, Facts, Item, Kind, Operation, Payload, TradeDocument
from hub_qbdesktop import bodies, ids, messages, qbxml, refs, settlements, stand_ins, states

Body = dict[str, Any]
Write = Callable[[Operation, Facts], Body]

NAMES = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.BILL: "Bill",
    Kind.SUPPLIER_CREDIT: "VendorCredit",
    Kind.JOURNAL: "JournalEntry",
}
"""What QuickBooks calls the transactions of one kind."""
PAYMENTS = {ids.RECEIPT: "ReceivePayment", ids.CHECK: "BillPaymentCheck", ids.REFUND: "Check"}
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


def _written(operation: Operation, facts: Facts) -> tuple[str, Body]:
    """The name of the request, without its ending, and its values."""
    sort = ids.sort_of(operation.target_id, operation.document)
    if operation.kind in NAMES:
        return NAMES[operation.kind], _TRANSACTIONS[operation.kind](operation, facts)
    name, write = _SORTS.get(sort, _SORTS[_USUAL[operation.kind]])
    return name, write(operation, facts)


def _item(operation: Operation, facts: Facts) -> Body:
    document, is_change = cast(Item, operation.document), operation.action is Action.UPDATE
    return bodies.item(document, facts, is_change=is_change, fields=operation.fields)


def _sale(operation: Operation, facts: Facts) -> Body:
    lines = [bodies.sale_line(line, facts) for line in cast(TradeDocument, operation.document).lines]
    name = f"{NAMES[operation.kind]}Line"
    if operation.action is Action.CREATE:
        return {**bodies.sale(operation, facts), f"{name}Add": lines}
    old = operation.target.lines if operation.target else ()
    return {**bodies.sale(operation, facts), f"{name}Mod": _kept(lines, old)}


def _purchase(operation: Operation, facts: Facts) -> Body:
    """QuickBooks takes a purchase's lines without items before those with items."""
    lines = cast(TradeDocument, operation.document).lines
    plain = [bodies.expense_line(line, facts) for line in lines if not refs.linked_item(line, facts)]
    bought = [bodies.bought_line(line, facts) for line in lines if refs.linked_item(line, facts)]
    body = bodies.purchase(operation, facts)
    if operation.action is Action.CREATE:
        return {**body, "ExpenseLineAdd": plain, "ItemLineAdd": bought}
    body |= {} if plain else {"ClearExpenseLines": True}
    body |= {} if bought else {"ClearItemLines": True}
    kept = {name: states.lines_of(operation.target, name) for name in ("ExpenseLineRet", "ItemLineRet")}
    return {
        **body,
        "ExpenseLineMod": _kept(plain, kept["ExpenseLineRet"]),
        "ItemLineMod": _kept(bought, kept["ItemLineRet"]),
    }


def _journal(operation: Operation, facts: Facts) -> Body:
    if operation.action is Action.CREATE:
        return bodies.journal(operation, facts)
    sides = zip(("Debit", "Credit"), bodies.journal_lines(operation, facts), strict=True)
    lines = [
        {**line, "JournalLineType": side}
        for side, entries in sides
        for line in _kept(entries, states.lines_of(operation.target, f"Journal{side}Line"))
    ]
    return {**bodies.journal_head(operation), "JournalLineMod": lines}


def _kept(lines: list[Body], old: Sequence[str]) -> list[Body]:
    """Lines of a change, each with the id of the line it replaces; a line that is not named any more goes."""
    names = [*old, *[NEW_LINE] * len(lines)]
    return [{"TxnLineID": name, **line} for name, line in zip(names, lines, strict=False)]


_TRANSACTIONS: Mapping[Kind, Write] = {
    Kind.INVOICE: _sale,
    Kind.CREDIT_NOTE: _sale,
    Kind.BILL: _purchase,
    Kind.SUPPLIER_CREDIT: _purchase,
    Kind.JOURNAL: _journal,
}
_SORTS: Mapping[str, tuple[str, Write]] = {
    ids.CUSTOMER: ("Customer", bodies.customer),
    ids.VENDOR: ("Vendor", bodies.vendor),
    ids.SERVICE: ("ItemService", _item),
    ids.NON_INVENTORY: ("ItemNonInventory", _item),
    ids.RECEIPT: (PAYMENTS[ids.RECEIPT], settlements.receipt),
    ids.CHECK: (PAYMENTS[ids.CHECK], settlements.check),
    ids.REFUND: (PAYMENTS[ids.REFUND], settlements.refund),
    ids.CREDIT_MEMO: (PAYMENTS[ids.RECEIPT], settlements.use_of_credit),
    ids.VENDOR_CREDIT: (PAYMENTS[ids.CHECK], settlements.use_of_credit),
}
_USUAL = {
    Kind.CONTACT: ids.CUSTOMER,
    Kind.ITEM: ids.SERVICE,
    Kind.PAYMENT: ids.RECEIPT,
    Kind.REFUND: ids.REFUND,
    Kind.ALLOCATION: ids.CREDIT_MEMO,
}
"""What a record of these kinds is where its id does not say."""


def _removal(operation: Operation) -> str:
    """Voided, or deleted where QuickBooks can't void: a customer's payment, and what was only pending."""
    sort = ids.sort_of(operation.target_id, operation.document)
    name = NAMES.get(operation.kind) or PAYMENTS.get(sort, PAYMENTS[ids.RECEIPT])
    native = ids.native(operation.target_id)
    if name == PAYMENTS[ids.RECEIPT] or operation.action is Action.DELETE:
        return qbxml.request("TxnDel", {"TxnDelType": name, "TxnID": native}, str(operation.id))
    return qbxml.request("TxnVoid", {"TxnVoidType": name, "TxnID": native}, str(operation.id))
