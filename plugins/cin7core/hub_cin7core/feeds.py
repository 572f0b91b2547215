"""The feeds: which list each one walks and how its rows are read.

Sources: Cin7 Core API v2 documentation. Stand-alone credits are not part of a sale or purchase; they are
listed by the credit-note lists only (under the keys of the sale and purchase lists), with the type "Credit
Note". Those lists also repeat the credits of ordinary sales and purchases, which belong to their sale or
purchase and are left to its feed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hub import Document, Feed, Kind
from hub_cin7core import native_lists
from hub_cin7core.fields import Native, guid, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_purchases import read_purchase
from hub_cin7core.native_sales import read_sale
from hub_cin7core.native_task import Task
from hub_cin7core.stock_feeds import STOCK_LISTS

STANDALONE_CREDIT = "credit note"
"""The type, in lower case, of a credit that belongs to no sale or purchase."""


@dataclass(frozen=True)
class CardList:
    """A list whose rows are whole records. ``since`` names the parameter that asks for changed ones, if there
    is one.
    """

    feed: Feed
    path: str
    key: str
    id: str
    read: Callable[[Native, str], Document]
    since: str = ""
    stamp: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    identify: Callable[[Native, str], str] = guid


@dataclass(frozen=True)
class TaskList:
    """A list of sales or purchases whose documents are in a detail. ``details`` are its paths in order of
    preference.
    """

    feed: Feed
    path: str
    key: str
    id: str
    stamp: str
    read: Callable[[Native, str, Books | None], Task]
    details: tuple[str, ...]
    detail_params: Mapping[str, str]
    standalone_credits: bool = False
    since: str = "UpdatedSince"


ORGANISATION = Feed("organisation", frozenset(), full=True)

_SALE_KINDS = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION, Kind.JOURNAL})
_PURCHASE_KINDS = frozenset({Kind.BILL, Kind.SUPPLIER_CREDIT, Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION, Kind.JOURNAL})
_SALE_PARAMS = {
    "CombineAdditionalCharges": "false",
    "HideInventoryMovements": "true",
    "IncludeTransactions": "true",
}
_PURCHASE_PARAMS = {"CombineAdditionalCharges": "false"}
# Works for purchases of every type, the simple one's own path only for simple ones.
_PURCHASE_PATHS = ("advanced-purchase", "purchase")


def _changes(kind: Kind, name: str, key: str, read: Callable[[Native, str], Document]) -> CardList:
    return CardList(
        Feed(f"{name}s", frozenset({kind})),
        name,
        key,
        "ID",
        read,
        since="ModifiedSince",
        stamp="LastModifiedOn",
        params={"IncludeDeprecated": "true"},
    )


def _reference(
    name: str, kind: Kind, path: str, key: str, id: str, read: Callable[[Native, str], Document]
) -> CardList:
    identify = text if kind is Kind.ACCOUNT else guid  # an account's code is no GUID and keeps its letter case
    return CardList(Feed(name, frozenset({kind}), full=True), path, key, id, read, identify=identify)


CARD_LISTS = (
    _reference("accounts", Kind.ACCOUNT, "ref/account", "AccountsList", "Code", native_lists.read_account),
    _reference("tax_rules", Kind.TAX_RATE, "ref/tax", "TaxRuleList", "ID", native_lists.read_tax_rule),
    _reference(
        "payment_terms",
        Kind.PAYMENT_TERM,
        "ref/paymentterm",
        "PaymentTermList",
        "ID",
        native_lists.read_payment_term,
    ),
    _reference(
        "bank_accounts",
        Kind.BANK_ACCOUNT,
        "ref/account/bank",
        "BankAccountsList",
        "AccountID",
        native_lists.read_bank_account,
    ),
    _changes(Kind.CONTACT, "customer", "CustomerList", native_lists.read_customer),
    _changes(Kind.CONTACT, "supplier", "SupplierList", native_lists.read_supplier),
    _changes(Kind.ITEM, "product", "Products", native_lists.read_product),
)

TASK_LISTS = (
    TaskList(
        Feed("sales", _SALE_KINDS),
        "saleList",
        "SaleList",
        "SaleID",
        "Updated",
        read_sale,
        ("sale",),
        _SALE_PARAMS,
    ),
    TaskList(
        Feed("sale_credits", _SALE_KINDS & {Kind.CREDIT_NOTE, Kind.REFUND, Kind.JOURNAL}),
        "saleCreditNoteList",
        "SaleList",
        "SaleID",
        "Updated",
        read_sale,
        ("sale",),
        _SALE_PARAMS,
        standalone_credits=True,
    ),
    TaskList(
        Feed("purchases", _PURCHASE_KINDS),
        "purchaseList",
        "PurchaseList",
        "ID",
        "LastUpdatedDate",
        read_purchase,
        _PURCHASE_PATHS,
        _PURCHASE_PARAMS,
    ),
    TaskList(
        Feed("purchase_credits", _PURCHASE_KINDS & {Kind.SUPPLIER_CREDIT, Kind.REFUND, Kind.JOURNAL}),
        "purchaseCreditNoteList",
        "PurchaseList",
        "ID",
        "LastUpdatedDate",
        read_purchase,
        _PURCHASE_PATHS,
        _PURCHASE_PARAMS,
        standalone_credits=True,
    ),
)

FEEDS = (ORGANISATION, *(one.feed for one in (*CARD_LISTS, *TASK_LISTS, *STOCK_LISTS)))
