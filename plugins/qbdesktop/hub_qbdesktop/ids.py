"""The ids of records: QuickBooks' own, with the list or the sort before it where one kind has several.

A contact is a customer or a vendor, an item one of several sorts, a payment a receipt or a check: each of them is
changed and looked for by another request. The use of a credit is no record of its own: it is known by the sort and id
of the credit, and by the id of the invoice or bill (``creditmemo:1A-17/2B-17``).
"""

from __future__ import annotations

from hub import Allocation, Contact, Document, Item, Kind, Payment, Refund

CUSTOMER, VENDOR = "customer", "vendor"
RECEIPT, CHECK = "receipt", "check"
REFUND = "refund"
CREDIT_MEMO, VENDOR_CREDIT = "creditmemo", "vendorcredit"
SERVICE, NON_INVENTORY, OTHER_CHARGE = "service", "noninventory", "othercharge"
ITEM_SORTS = {
    "ItemServiceRet": SERVICE,
    "ItemNonInventoryRet": NON_INVENTORY,
    "ItemOtherChargeRet": OTHER_CHARGE,
}
"""The items that a line may name: QuickBooks keeps no stock of them."""


def joined(sort: str, native: str) -> str:
    """The id of a record of one sort."""
    return f"{sort}:{native}"


def native(target_id: str) -> str:
    """QuickBooks' own id; the symbol of a record that is still to come stays as it is."""
    return target_id if is_symbol(target_id) else target_id.rpartition(":")[2]


def is_symbol(target_id: str) -> bool:
    """Whether an id only stands for one that a preview does not know yet."""
    return target_id.startswith("<")


def sort_of(target_id: str, document: Document | None = None) -> str:
    """The sort that an id names, else the one that a new record of this document has."""
    sort, colon, _ = target_id.partition(":")
    return sort if colon else made_as(document)


def made_as(document: Document | None) -> str:
    """The sort of record that a document becomes."""
    if isinstance(document, Contact):
        return VENDOR if document.is_supplier and not document.is_customer else CUSTOMER
    if isinstance(document, Item):
        return NON_INVENTORY if document.is_stock else SERVICE
    if isinstance(document, Payment):
        return CHECK if document.document_kind is Kind.BILL else RECEIPT
    if isinstance(document, Refund):
        return REFUND
    if isinstance(document, Allocation):
        return VENDOR_CREDIT if document.credit_kind is Kind.SUPPLIER_CREDIT else CREDIT_MEMO
    return ""


def use(sort: str, credit: str, document: str) -> str:
    """The id of the use of a credit for an invoice or bill."""
    return joined(sort, f"{credit}/{document}")


def used(target_id: str) -> tuple[str, str]:
    """The credit, and the invoice or bill that it is used for."""
    credit, _, document = native(target_id).partition("/")
    return credit, document


def is_sort(target_id: str, *sorts: str) -> bool:
    """Whether an id is of one of these sorts."""
    return target_id.partition(":")[0] in sorts
