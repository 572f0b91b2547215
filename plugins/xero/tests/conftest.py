"""A UK organisation's lists and small documents, from which each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub import (
    Account,
    AccountClass,
    Action,
    Bill,
    Contact,
    CreditNote,
    Document,
    Facts,
    Invoice,
    Item,
    Kind,
    Line,
    Operation,
    Organisation,
    Payment,
    SupplierCredit,
    TaxMode,
    TaxRate,
    TradeDocument,
)

pytest.register_assert_rewrite("hub.testing.contract")

CONTACT = "c0000000-0000-4000-8000-000000000001"
INVOICE = "a0000000-0000-4000-8000-000000000001"
CREDIT = "b0000000-0000-4000-8000-000000000001"
DAY = date(2026, 3, 31)


def _account(code: str, name: str, kind: AccountClass, **values: Any) -> Account:
    return Account(external_id=f"account-{code}", code=code, name=name, account_class=kind, **values)


def _tax(code: str, percent: str, *classes: AccountClass, **values: Any) -> TaxRate:
    return TaxRate(external_id=code, code=code, name=code, percent=Decimal(percent), classes=classes, **values)


@pytest.fixture
def facts() -> Facts:
    """A UK organisation locked up to the end of 2025, with one contact, invoice and credit linked."""
    asset, expense, revenue = AccountClass.ASSET, AccountClass.EXPENSE, AccountClass.REVENUE
    accounts = [
        _account("200", "Sales", revenue),
        _account("310", "Cost of goods sold", expense),
        _account("090", "Current account", asset, takes_payments=True, takes_documents=False),
        _account("091", "Dollar account", asset, takes_payments=True, takes_documents=False, currency="USD"),
        _account("610", "Debtors", asset, system="DEBTORS", takes_documents=False),
        _account("860", "Rounding", expense, system="ROUNDING"),
        _account("999", "Old sales", revenue, active=False),
    ]
    taxes = [
        _tax("OUTPUT2", "20", revenue, asset),
        _tax("INPUT2", "20", expense, asset),
        _tax("TAX15", "15"),
        _tax("NONE", "0", special=True),
        _tax("OLD", "17.5", active=False),
    ]
    return Facts(
        organisation=Organisation(id="t1", name="Demo", base_currency="GBP", lock_date=date(2025, 12, 31)),
        accounts={account.code: account for account in accounts},
        taxes={tax.code: tax for tax in taxes},
        targets={
            (Kind.CONTACT, "cust-1"): CONTACT,
            (Kind.INVOICE, "sale-1"): INVOICE,
            (Kind.CREDIT_NOTE, "credit-1"): CREDIT,
        },
        rounding_account="860",
    )


Trade = Callable[..., Any]
_CLASSES: dict[Kind, type[TradeDocument]] = {
    Kind.INVOICE: Invoice,
    Kind.BILL: Bill,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.SUPPLIER_CREDIT: SupplierCredit,
}


@pytest.fixture
def line() -> Callable[..., Line]:
    """A line of one at ten pounds and 20%, with other values as wanted."""

    def make(amount: str = "10.00", tax: str = "2.00", **values: Any) -> Line:
        given: dict[str, Any] = {
            "description": "Goods",
            "unit_price": Decimal(amount),
            "account": "200",
            "tax_code": "OUTPUT2",
        }
        return Line(**(given | {"amount": Decimal(amount), "tax_amount": Decimal(tax)} | values))

    return make


@pytest.fixture
def trade(line: Callable[..., Line]) -> Trade:
    """A trade document whose totals are those of its lines unless given."""

    def make(kind: Kind = Kind.INVOICE, lines: tuple[Line, ...] | None = None, **values: Any) -> TradeDocument:
        lines = (line(),) if lines is None else lines
        mode = values.get("tax_mode", TaxMode.EXCLUSIVE)
        tax = sum((one.tax_amount for one in lines), Decimal(0))
        net = sum((one.amount for one in lines), Decimal(0)) - (tax if mode is TaxMode.INCLUSIVE else 0)
        totals = {"subtotal": net, "tax": tax, "total": net + tax}
        given: dict[str, Any] = {
            "external_id": "sale-1",
            "number": "INV-1",
            "date": DAY,
            "due_date": date(2026, 4, 30),
            "contact_id": "cust-1",
            "contact_name": "Ridgeway",
            "currency": "GBP",
            "lines": lines,
            "source_url": "https://stock.example/Sale#abc",
        }
        return _CLASSES[kind](**(given | totals | values))

    return make


@pytest.fixture
def payment() -> Callable[..., Payment]:
    """A payment of ten pounds into the current account."""

    def make(**values: Any) -> Payment:
        given: dict[str, Any] = {
            "external_id": "pay-1",
            "document_kind": Kind.INVOICE,
            "document_id": "sale-1",
            "reference": "BACS",
            "date": DAY,
            "amount": Decimal("10.00"),
            "currency": "GBP",
            "account": "090",
        }
        return Payment(**(given | values))

    return make


@pytest.fixture
def contact() -> Callable[..., Contact]:
    """A customer."""

    def make(**values: Any) -> Contact:
        given: dict[str, Any] = {"external_id": "cust-1", "name": "Ridgeway", "is_customer": True}
        return Contact(**(given | values))

    return make


@pytest.fixture
def item() -> Callable[..., Item]:
    """A stock item."""

    def make(**values: Any) -> Item:
        given: dict[str, Any] = {"external_id": "item-1", "code": "WIDGET", "name": "Widget"}
        return Item(**(given | values))

    return make


@pytest.fixture
def operate() -> Callable[..., Operation]:
    """An operation on a document; a create unless said otherwise."""

    def make(document: Document, action: Action = Action.CREATE, id: int = 1, **values: Any) -> Operation:
        return Operation(id=id, kind=document.kind, action=action, document=document, key=f"b1-{id}", **values)

    return make
