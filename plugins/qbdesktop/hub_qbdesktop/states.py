"""What QuickBooks' own records say of where they stand. Read leniently: an older or newer edition leaves fields out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

from hub import Kind, TargetState, TargetStatus
from hub_qbdesktop import ids, marks, xmltext

KINDS = {
    "InvoiceRet": Kind.INVOICE,
    "CreditMemoRet": Kind.CREDIT_NOTE,
    "BillRet": Kind.BILL,
    "VendorCreditRet": Kind.SUPPLIER_CREDIT,
    "JournalEntryRet": Kind.JOURNAL,
    "ReceivePaymentRet": Kind.PAYMENT,
    "BillPaymentCheckRet": Kind.PAYMENT,
    "CheckRet": Kind.REFUND,
}
CREDITS = {"CreditMemoRet": ids.CREDIT_MEMO, "VendorCreditRet": ids.VENDOR_CREDIT}
_USED_FOR = frozenset({"Invoice", "Bill"})
SORTS = {"ReceivePaymentRet": ids.RECEIPT, "BillPaymentCheckRet": ids.CHECK, "CheckRet": ids.REFUND}
LISTED = {"CustomerRet": ids.CUSTOMER, "VendorRet": ids.VENDOR, **ids.ITEM_SORTS}
_SALES = (Kind.INVOICE, Kind.CREDIT_NOTE)
_LINES = (
    "InvoiceLineRet",
    "CreditMemoLineRet",
    "ExpenseLineRet",
    "ItemLineRet",
    "JournalDebitLine",
    "JournalCreditLine",
)
_SORTED = frozenset({"ExpenseLineRet", "ItemLineRet", "JournalDebitLine", "JournalCreditLine"})
_HEAD = ("TxnDate", "DueDate", "RefNumber", "Memo", "ItemSalesTaxRef/FullName", "TermsRef/FullName")
_LINE = (
    *("ItemRef/ListID", "AccountRef/ListID", "Desc", "Memo", "Quantity", "Rate", "Cost", "Amount", "ClassRef/FullName"),
    *("SalesTaxCodeRef/FullName", "EntityRef/ListID"),
)


def text(node: etree._Element, path: str) -> str:
    """The text at a path, empty when it is not there."""
    return (node.findtext(path) or "").strip()


def amount(node: etree._Element, path: str) -> Decimal | None:
    """The amount at a path, None when there is none."""
    said = text(node, path)
    try:
        return Decimal(said) if said else None
    except InvalidOperation:
        return None


def flag(node: etree._Element, path: str) -> bool:
    """Whether it says so."""
    return text(node, path).lower() in ("true", "1")


def day(node: etree._Element, path: str) -> date | None:
    """The date at a path, None when there is none."""
    said = text(node, path)[:10]
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None


def transaction(node: etree._Element, mark: str = "") -> TargetState:
    """The state of a transaction. With ``mark`` it is ours only when its memo carries it."""
    name = xmltext.local(node)
    kind = KINDS[name]
    memo = _memo(node)
    total = _total(node, kind)
    due = _due(node, kind)
    sort = SORTS.get(name)
    native = text(node, "TxnID")
    party = ids.VENDOR if kind in (Kind.BILL, Kind.SUPPLIER_CREDIT) or sort == ids.CHECK else ids.CUSTOMER
    contact = next((text(node, f"{ref}/ListID") for ref in _PARTIES if text(node, f"{ref}/ListID")), "")
    return TargetState(
        kind=kind,
        target_id=ids.joined(sort, native) if sort else native,
        status=_status(node, kind, memo, total, due),
        number=text(node, "RefNumber"),
        reference=memo.removeprefix(marks.VOIDED).strip(),
        contact_id=ids.joined(party, contact) if contact else "",
        date=day(node, "TxnDate"),
        total=total,
        due=due,
        stamp=text(node, "EditSequence"),
        lines=tuple(_line_id(line) for line in _lines(node)),
        content=content(node),
        ours=not mark or marks.memo_token(memo) == mark,
    )


def _line_id(line: etree._Element) -> str:
    """A line's id; where a transaction has lines of two sorts, with its sort before it."""
    name, own = xmltext.local(line), text(line, "TxnLineID")
    return ids.joined(name, own) if name in _SORTED else own


def lines_of(target: TargetState | None, name: str) -> list[str]:
    """The ids of a target's lines of one sort, in their order."""
    sorted_ids = (line.partition(":") for line in (target.lines if target else ()))
    return [own for sort, _, own in sorted_ids if sort == name]


def uses(node: etree._Element) -> Iterator[TargetState]:
    """What a credit is used for: each invoice or bill that it is linked to, with all that is used there."""
    sort = CREDITS.get(xmltext.local(node), "")
    amounts: dict[str, Decimal] = {}
    for link in node.iterfind("LinkedTxn") if sort else ():
        if text(link, "TxnType") in _USED_FOR:
            id = text(link, "TxnID")
            amounts[id] = amounts.get(id, Decimal(0)) + abs(amount(link, "Amount") or Decimal(0))
    for id, used in amounts.items():
        target_id = ids.use(sort, text(node, "TxnID"), id)
        yield TargetState(kind=Kind.ALLOCATION, target_id=target_id, status=TargetStatus.OPEN, total=used)


def tells_every_use(node: etree._Element) -> bool:
    """Whether a credit names all that it is used for: then it is used for no more than its links come to."""
    name = xmltext.local(node)
    if name not in CREDITS:
        return False
    total, due = _total(node, KINDS[name]), _due(node, KINDS[name])
    linked = (abs(amount(link, "Amount") or Decimal(0)) for link in node.iterfind("LinkedTxn"))
    return total is not None and due is not None and total - due <= sum(linked, Decimal(0))


_PARTIES = ("CustomerRef", "VendorRef", "PayeeEntityRef")


def _memo(node: etree._Element) -> str:
    """The memo; a journal entry's is that of its first line."""
    first = next(_lines(node), None)
    own = text(node, "Memo")
    if xmltext.local(node) != "JournalEntryRet" or first is None:
        return own
    voided = f"{marks.VOIDED} " if own.startswith(marks.VOIDED) else ""
    return f"{voided}{text(first, 'Memo')}"


def _total(node: etree._Element, kind: Kind) -> Decimal | None:
    if kind in _SALES:
        whole = amount(node, "TotalAmount")
        net = amount(node, "Subtotal")
        return whole if whole is not None else None if net is None else net + (amount(node, "SalesTaxTotal") or 0)
    if kind is Kind.JOURNAL:
        debits = [amount(line, "Amount") or Decimal(0) for line in node.iterfind("JournalDebitLine")]
        return sum(debits, Decimal(0)) if debits else None
    names = ("AmountDue", "CreditAmount", "TotalAmount", "Amount")
    return next((value for value in (amount(node, name) for name in names) if value is not None), None)


def _due(node: etree._Element, kind: Kind) -> Decimal | None:
    if kind in _SALES:
        return amount(node, "BalanceRemaining" if kind is Kind.INVOICE else "CreditRemaining")
    if kind not in (Kind.BILL, Kind.SUPPLIER_CREDIT):
        return None
    open_amount = amount(node, "OpenAmount")
    return Decimal(0) if open_amount is None and flag(node, "IsPaid") else open_amount


def _status(node: etree._Element, kind: Kind, memo: str, total: Decimal | None, due: Decimal | None) -> TargetStatus:
    if not total and memo.startswith(marks.VOIDED):
        return TargetStatus.VOIDED
    if flag(node, "IsPending"):
        return TargetStatus.DRAFT
    if kind in (Kind.PAYMENT, Kind.REFUND, Kind.JOURNAL) or due is None or total is None:
        return TargetStatus.PAID if flag(node, "IsPaid") else TargetStatus.OPEN
    if due <= 0 and total > 0:
        return TargetStatus.PAID
    return TargetStatus.PART_PAID if due < total else TargetStatus.OPEN


def content(node: etree._Element) -> str:
    """A digest of all that a person can edit there; empty for a summary without lines."""
    lines = list(_lines(node))
    if not lines:
        return ""
    parts = [text(node, path) for path in _HEAD]
    parts += [text(line, path) for line in lines for path in _LINE]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _lines(node: etree._Element) -> Iterator[etree._Element]:
    return (each for each in node if xmltext.local(each) in _LINES)


def listed(node: etree._Element) -> TargetState:
    """The state of a customer, a vendor or an item."""
    name = xmltext.local(node)
    full = text(node, "FullName") or text(node, "Name")
    is_active = text(node, "IsActive").lower() not in ("false", "0")
    return TargetState(
        kind=Kind.CONTACT if name in ("CustomerRet", "VendorRet") else Kind.ITEM,
        target_id=ids.joined(LISTED.get(name, name), text(node, "ListID")),
        status=TargetStatus.ACTIVE if is_active else TargetStatus.ARCHIVED,
        number=full,
        reference=text(node, "Name"),
        stamp=text(node, "EditSequence"),
        ours=name in LISTED,
    )


def unnameable(node: etree._Element, sort: str) -> TargetState:
    """The state of an item that was of this sort and that no line can name any more."""
    own = {"target_id": ids.joined(sort, text(node, "ListID")), "status": TargetStatus.ARCHIVED, "ours": False}
    return listed(node).model_copy(update=own)


def gone(kind: Kind, target_id: str) -> TargetState:
    """The state of what was deleted."""
    return TargetState(kind=kind, target_id=target_id, status=TargetStatus.MISSING)
