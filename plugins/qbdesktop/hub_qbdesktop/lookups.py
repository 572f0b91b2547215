"""Looking for targets: by id where one is known, else by number and mark, or by name.

The use of a credit is looked for at the credit, which says what it is linked to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from hub import Allocation, Contact, Item, Kind, Operation, Problem, TargetState, UnreachableError
from hub_qbdesktop import ids, marks, messages, qbxml, states, xmltext
from hub_qbdesktop.messages import Reply
from hub_qbdesktop.render import NAMES, PAYMENTS

_NUMBERS = "numbers-"
"""How the ids of queries for many numbers begin."""
_LISTS = {ids.CUSTOMER: "CustomerQuery", ids.VENDOR: "VendorQuery"}


def seek(operations: Sequence[Operation]) -> bytes:
    """The question that looks for each: by number for all of a kind at once."""
    numbers: dict[Kind, dict[str, None]] = {}
    for operation in operations:
        if _is_by_number(operation):
            numbers.setdefault(operation.kind, {})[_number(operation)] = None
    by_number = [_number_query(kind, list(each)) for kind, each in numbers.items()]
    return messages.document([*by_number, *(_query(each) for each in operations if not _is_by_number(each))])


def _is_by_number(operation: Operation) -> bool:
    return operation.kind in NAMES and not operation.target_id


def _number(operation: Operation) -> str:
    return str(cast(Any, operation.document).number)


def _number_query(kind: Kind, numbers: list[str]) -> str:
    return qbxml.query(f"{NAMES[kind]}Query", {"RefNumber": numbers, "IncludeLineItems": True}, f"{_NUMBERS}{kind}")


def _query(operation: Operation) -> str:
    if operation.kind is Kind.ALLOCATION:
        return _credit_query(operation)
    name, values = _asked(operation)
    if operation.target_id:
        own_id = "ListID" if operation.kind in (Kind.CONTACT, Kind.ITEM) else "TxnID"
        values = {own_id: [ids.native(operation.target_id)]}
    if operation.kind not in (Kind.CONTACT, Kind.ITEM):
        values["IncludeLineItems"] = True
    return qbxml.query(name, values, str(operation.id))


def _asked(operation: Operation) -> tuple[str, dict[str, Any]]:
    """The query that finds an operation's target, and what it is known by while there is no id."""
    document, kind = operation.document, operation.kind
    sort = ids.sort_of(operation.target_id, document)
    if kind is Kind.CONTACT:
        return _LISTS.get(sort, _LISTS[ids.CUSTOMER]), {"FullName": [xmltext.name(cast(Contact, document).name)]}
    if kind is Kind.ITEM:
        return "ItemQuery", {"FullName": [xmltext.name(cast(Item, document).code)]}
    if kind in (Kind.PAYMENT, Kind.REFUND):
        name = PAYMENTS.get(sort, PAYMENTS[ids.RECEIPT])
        return f"{name}Query", {"RefNumber": [marks.payment_number(operation)]}
    return f"{NAMES[kind]}Query", {}


_CREDITS = {ids.CREDIT_MEMO: "CreditMemoQuery", ids.VENDOR_CREDIT: "VendorCreditQuery"}


def _credit_query(operation: Operation) -> str:
    """Where the credit is not in QuickBooks, nothing used it: then a number is asked for that nobody has."""
    credit, _ = _used(operation)
    values: dict[str, Any] = {"TxnID": [credit]} if credit else {"RefNumber": [marks.payment_number(operation)]}
    name = _CREDITS[ids.sort_of(operation.target_id, operation.document)]
    return qbxml.query(name, {**values, "IncludeLinkedTxns": True}, str(operation.id))


def _used(operation: Operation) -> tuple[str, str]:
    """The ids of the credit and of what it is used for, as far as they are known."""
    if operation.target_id:
        return ids.used(operation.target_id)
    document, known = cast(Allocation, operation.document), operation.targets
    credit = known.get((document.credit_kind, document.credit_id), "")
    return credit, known.get((document.document_kind, document.document_id), "")


def found(operations: Sequence[Operation], answer: bytes) -> Mapping[int, Sequence[TargetState]]:
    """What the answer says of each operation: an empty list only where QuickBooks says that there is none."""
    told = messages.read(answer).by_id()
    result: dict[int, Sequence[TargetState]] = {}
    for operation in operations:
        reply = told.get(f"{_NUMBERS}{operation.kind}" if _is_by_number(operation) else str(operation.id))
        if reply is not None and (reply.is_done or reply.is_not_found):
            result[operation.id] = _states(operation, reply)
        elif reply is not None and operation.target_id and reply.code == 3000:
            result[operation.id] = []
        elif reply is not None:
            raise UnreachableError(_not_looked(operation, reply))
    return result


def _states(operation: Operation, reply: Reply) -> list[TargetState]:
    if operation.kind in (Kind.CONTACT, Kind.ITEM):
        return [states.listed(node) for node in reply.records]
    if operation.kind is Kind.ALLOCATION:
        sought = ids.use(ids.sort_of(operation.target_id, operation.document), *_used(operation))
        return [use for node in reply.records for use in states.uses(node) if use.target_id == sought]
    mark = "" if operation.target_id else marks.token(operation)
    transactions = [node for node in reply.records if xmltext.local(node) in states.KINDS]
    found = [states.transaction(node, mark) for node in transactions]
    if _is_by_number(operation):
        found = [state for state in found if state.number.casefold() == _number(operation).casefold()]
    return [state for state in found if state.ours or not _is_another_ones(operation, state)]


def _is_another_ones(operation: Operation, state: TargetState) -> bool:
    """Whether the same number says nothing: it is another supplier's, or another journal's of the same document."""
    if operation.kind is Kind.JOURNAL:
        return bool(marks.memo_token(state.reference))
    return _is_another_suppliers(operation, state)


def _is_another_suppliers(operation: Operation, state: TargetState) -> bool:
    """Two suppliers may use the same number: what is with another one is no matter of ours."""
    contact_id = getattr(operation.document, "contact_id", "")
    expected = operation.targets.get((Kind.CONTACT, contact_id), "")
    is_purchase = operation.kind in (Kind.BILL, Kind.SUPPLIER_CREDIT)
    return is_purchase and bool(expected) and bool(state.contact_id) and state.contact_id != expected


def _not_looked(operation: Operation, reply: Reply) -> Problem:
    return Problem(
        code="not_looked_for",
        what=f"QuickBooks did not say whether it has {operation.document.label}.",
        why=reply.message,
        fix="Let the Web Connector come again.",
        done="Nothing was written.",
        detail=f"status {reply.code}",
    )
