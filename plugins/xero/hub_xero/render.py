"""Operations as the exact bytes that leave. Pure: a preview shows what a push sends.

A route is the method and path with its query. Payments are taken back one by one (Xero has no batch for it):
such a payload holds one body per line, sent in order to the path of the operation on the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from hub import Action, Allocation, Facts, Kind, Operation, Payload
from hub_xero import bodies, exact

COLLECTIONS = {
    Kind.INVOICE: "Invoices",
    Kind.BILL: "Invoices",
    Kind.CREDIT_NOTE: "CreditNotes",
    Kind.SUPPLIER_CREDIT: "CreditNotes",
    Kind.CONTACT: "Contacts",
    Kind.ITEM: "Items",
    Kind.PAYMENT: "Payments",
    Kind.REFUND: "Payments",
    Kind.ALLOCATION: "Allocations",
    Kind.JOURNAL: "ManualJournals",
}
"""Under which name Xero lists each kind, in paths and in bodies."""
EACH = "{PaymentID}"
"""Stands in a route for the id of each operation in turn."""
_TAKES_BACK = frozenset({Action.VOID, Action.DELETE})
_ELEMENTWISE = "summarizeErrors=false"
"""Each element is judged alone; without it one bad element refuses the batch."""
_WITH_UNIT_PRICES = f"{_ELEMENTWISE}&unitdp=4"
_PRICED = frozenset({"Invoices", "CreditNotes", "Items"})


def render(operations: Sequence[Operation], facts: Facts) -> Payload:
    """Exactly what would be sent for operations of one kind and action."""
    first = operations[0]
    if first.kind is Kind.ALLOCATION:
        return _allocation(first, facts)
    if first.kind in (Kind.PAYMENT, Kind.REFUND) and first.action in _TAKES_BACK:
        bodies_ = [exact.encode({"PaymentID": operation.target_id, "Status": "DELETED"}) for operation in operations]
        return Payload(f"POST Payments/{EACH}", b"\n".join(bodies_))
    collection = COLLECTIONS[first.kind]
    write = bodies.ended if first.action in _TAKES_BACK else bodies.WRITERS[first.kind]
    method = "PUT" if first.action is Action.CREATE else "POST"
    query = _WITH_UNIT_PRICES if collection in _PRICED else _ELEMENTWISE
    elements = [write(operation, facts) for operation in operations]
    return Payload(f"{method} {collection}?{query}", exact.encode({collection: elements}))


def _allocation(operation: Operation, facts: Facts) -> Payload:
    if operation.action in _TAKES_BACK:
        credit, _, own = operation.target_id.partition("/")
        return Payload(f"DELETE CreditNotes/{credit}/Allocations/{own}", b"")
    document = cast(Allocation, operation.document)
    credit = facts.target(document.credit_kind, document.credit_id)
    body = exact.encode({"Allocations": [bodies.allocation(operation, facts)]})
    return Payload(f"PUT CreditNotes/{credit}/Allocations?{_ELEMENTWISE}", body)
