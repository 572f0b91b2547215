"""Documents to post, each with the codes of the company of the ``facts`` fixture."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hub import (
    Action,
    Address,
    Allocation,
    Bill,
    Contact,
    CreditNote,
    Document,
    Invoice,
    Item,
    Journal,
    JournalLine,
    JournalReason,
    Kind,
    Line,
    Operation,
    Payment,
    Refund,
    SupplierCredit,
    TargetState,
    TrackingChoice,
)

DAY = date(2026, 2, 3)
_MODELS = {
    Kind.INVOICE: Invoice,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.BILL: Bill,
    Kind.SUPPLIER_CREDIT: SupplierCredit,
}


def contact(name: str = "Acme", **more: Any) -> Contact:
    values: dict[str, Any] = {
        "external_id": "c1",
        "name": name,
        "is_customer": True,
        "first_name": "Ann",
        "email": "ann@acme.example",
        "phone": "555 0100",
        "number": "C-1",
        "addresses": (Address(line1="1 Main St", city="San Mateo", region="CA", postcode="94401", country="USA"),),
    }
    return Contact(**{**values, **more})


def vendor(name: str = "Tea Imports", **more: Any) -> Contact:
    return contact(name, **{"external_id": "s1", "is_customer": False, "is_supplier": True, **more})


def item(code: str = "TEA", **more: Any) -> Item:
    values: dict[str, Any] = {
        "external_id": "p1",
        "code": code,
        "name": "Green tea",
        "sale_price": Decimal("12.50"),
        "purchase_price": Decimal("7.125"),
        "sale_account": "4000",
        "purchase_account": "5000",
    }
    return Item(**{**values, **more})


def line(net: str = "10.00", *, account: str = "4000", tax_code: str = "Non", tax: str = "0", **more: Any) -> Line:
    amount = Decimal(net)
    values: dict[str, Any] = {"amount": amount, "unit_price": amount, "tax_amount": Decimal(tax)}
    return Line(**{**values, "account": account, "tax_code": tax_code, "description": "Tea", **more})


def trade(kind: Kind = Kind.INVOICE, *lines: Line, **more: Any) -> Any:
    is_sale = kind in (Kind.INVOICE, Kind.CREDIT_NOTE)
    lines = lines or (line() if is_sale else line(account="5000", tax_code="In cost"),)
    net, tax = sum((each.amount for each in lines), Decimal(0)), sum((each.tax_amount for each in lines), Decimal(0))
    values: dict[str, Any] = {
        "external_id": f"{kind}-1",
        "number": "SO-0001",
        "date": DAY,
        "due_date": DAY,
        "contact_id": "c1" if is_sale else "s1",
        "currency": "USD",
        "lines": lines,
        "subtotal": net,
        "tax": tax,
        "total": net + tax,
    }
    return _MODELS[kind](**{**values, **more})


def payment(kind: Kind = Kind.INVOICE, amount: str = "10.00", **more: Any) -> Payment:
    values: dict[str, Any] = {
        "external_id": f"pay-{kind}",
        "document_kind": kind,
        "document_id": "i1" if kind is Kind.INVOICE else "b1",
        "date": DAY,
        "amount": Decimal(amount),
        "currency": "USD",
        "account": "1000",
    }
    return Payment(**{**values, **more})


def refund(kind: Kind = Kind.CREDIT_NOTE, amount: str = "4.00", **more: Any) -> Refund:
    values: dict[str, Any] = {
        "external_id": f"refund-{kind}",
        "document_kind": kind,
        "document_id": "cn1" if kind is Kind.CREDIT_NOTE else "sc1",
        "date": DAY,
        "amount": Decimal(amount),
        "currency": "USD",
        "account": "1000",
    }
    return Refund(**{**values, **more})


def allocation(kind: Kind = Kind.INVOICE, amount: str = "4.00", **more: Any) -> Allocation:
    is_sale = kind is Kind.INVOICE
    values: dict[str, Any] = {
        "external_id": f"use-{kind}",
        "credit_kind": Kind.CREDIT_NOTE if is_sale else Kind.SUPPLIER_CREDIT,
        "credit_id": "cn1" if is_sale else "sc1",
        "document_kind": kind,
        "document_id": "i1" if is_sale else "b1",
        "date": DAY,
        "amount": Decimal(amount),
        "currency": "USD",
        "number": "CN-1",
    }
    return Allocation(**{**values, **more})


def journal(**more: Any) -> Journal:
    values: dict[str, Any] = {
        "external_id": "j1",
        "reason": JournalReason.COST_OF_GOODS,
        "number": "SO-0001",
        "date": DAY,
        "currency": "USD",
        "narration": "Cost of goods",
        "lines": (
            JournalLine(account="5000", amount=Decimal("7.10"), tracking=(choice(),)),
            JournalLine(account="1200", amount=Decimal("-7.10")),
        ),
    }
    return Journal(**{**values, **more})


def choice(option: str = "West") -> TrackingChoice:
    return TrackingChoice(category="Class", option=option)


def operation(
    document: Document, action: Action = Action.CREATE, target: TargetState | None = None, id: int = 7, **more: Any
) -> Operation:
    return Operation(
        id=id,
        kind=document.kind,
        action=action,
        document=document,
        key=f"{'0' * 24}-{id}",
        target_id=target.target_id if target else "",
        target=target,
        **more,
    )


def every() -> list[Document]:
    """One of each that is written."""
    return [
        contact(),
        vendor(),
        item(),
        item(is_stock=False, purchase_account=""),
        trade(Kind.INVOICE, line(item_id="p1", item_code="TEA", tracking=(choice(),)), line(quantity=Decimal(3))),
        trade(Kind.INVOICE, line("100.00", tax_code="Tax:San Mateo", tax="8.25"), payment_term="Net 30"),
        trade(Kind.CREDIT_NOTE),
        trade(
            Kind.BILL,
            line(account="5000", item_id="p1", tax_code="In cost", tax="0.83"),
            line(account="1200"),
            payment_term="Net 30",
        ),
        trade(Kind.SUPPLIER_CREDIT),
        payment(payment_method="Cash"),
        payment(Kind.BILL),
        refund(),
        allocation(),
        allocation(Kind.BILL),
        journal(),
    ]
