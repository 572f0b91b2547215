"""Fitted documents as the values of qbXML requests. Pure; money stays ``Decimal``.

Source: QuickBooks Desktop API reference, the Add and Mod requests. Receivable and payable accounts are named wherever
there is more than one: QuickBooks never chooses.
"""

from __future__ import annotations

from typing import Any, cast

from hub import (
    Action,
    Address,
    Contact,
    Facts,
    Item,
    Journal,
    JournalLine,
    Kind,
    Line,
    Operation,
    Status,
    TradeDocument,
)
from hub_qbdesktop import cards, currencies, ids, marks, refs, stand_ins, taxes
from hub_qbdesktop.qbxml import Ref

Body = dict[str, Any]


def customer(operation: Operation, facts: Facts) -> Body:
    """A customer."""
    return _contact(operation, facts, {"billing": "BillAddress", "shipping": "ShipAddress"}, {})


def vendor(operation: Operation, facts: Facts) -> Body:
    """A vendor."""
    tax = {"tax_number": {"VendorTaxIdent": cast(Contact, operation.document).tax_number}}
    return _contact(operation, facts, {"billing": "VendorAddress", "shipping": "ShipAddress"}, tax)


def _contact(operation: Operation, facts: Facts, addresses: dict[str, str], more: dict[str, Body]) -> Body:
    """What the source says, never a blank; an update says only what changed there, and never the currency."""
    document = cast(Contact, operation.document)
    parts: dict[str, Body] = {
        "name": {"Name": document.name, "CompanyName": cards.company_name(document.name)},
        "first_name": {"FirstName": document.first_name},
        "last_name": {"LastName": document.last_name},
        "email": {"Email": document.email},
        "phone": {"Phone": document.phone},
        "number": {"AccountNumber": document.number},
        "addresses": {addresses[each.type]: _address(each) for each in reversed(document.addresses)},
        **more,
    }
    several = len(facts.organisation.currencies) > 1 and currencies.is_foreign(document.currency, facts)
    if several and operation.action is Action.CREATE:
        parts["currency"] = {"CurrencyRef": Ref(name=currencies.NAMES.get(document.currency, document.currency))}
    return _said(_chosen(parts, operation.fields))


def _address(address: Address) -> Body:
    return _said(
        {
            "Addr1": address.line1,
            "Addr2": address.line2,
            "City": address.city,
            "State": address.region,
            "PostalCode": address.postcode,
            "Country": address.country,
        }
    )


def item(document: Item, facts: Facts, *, is_change: bool, fields: frozenset[str] | None = None) -> Body:
    """An item with one account, or with one for sales and another for purchases."""
    income, expense = refs.account(document.sale_account, facts), refs.account(document.purchase_account, facts)
    ending = "Mod" if is_change else ""
    if income and expense:
        accounts = {
            f"SalesAndPurchase{ending}": {
                "SalesDesc": document.description,
                "SalesPrice": document.sale_price,
                "IncomeAccountRef": income,
                "PurchaseDesc": document.description,
                "PurchaseCost": document.purchase_price,
                "ExpenseAccountRef": expense,
            }
        }
    else:
        price = document.sale_price if income else document.purchase_price
        only = {"Desc": document.description, "Price": price, "AccountRef": income or expense}
        accounts = {f"SalesOrPurchase{ending}": only}
    detail = {"description", "sale_price", "purchase_price", "sale_account", "purchase_account"}
    name = {"Name": document.code} if fields is None or "code" in fields else {}
    told = fields is None or not detail.isdisjoint(fields)
    return name | ({key: _said(value) for key, value in accounts.items()} if told else {})


def sale(operation: Operation, facts: Facts) -> Body:
    """The head of an invoice or a credit memo."""
    document = cast(TradeDocument, operation.document)
    taxed = taxes.items_of(document.lines)
    codes = [line.tax_code for line in document.lines if taxes.item_of(line.tax_code)]
    body: Body = {
        "CustomerRef": Ref(ids.native(facts.target(Kind.CONTACT, document.contact_id))),
        "ARAccountRef": refs.control(currencies.RECEIVABLE, document.currency, facts),
        "TxnDate": document.date,
        "RefNumber": document.number,
        "TermsRef": refs.terms(document),
        "DueDate": document.due_date,
        "ItemSalesTaxRef": Ref(name=taxed[0]) if taxed else None,
        "Memo": marks.memo(operation, document.reference),
        "CustomerSalesTaxCodeRef": Ref(name=taxes.sales_tax_code(codes[0])) if codes else None,
        "ExchangeRate": currencies.rate(document.currency, document.rate, facts),
    }
    if not operation.target_id:
        body["IsPending"] = document.status is Status.DRAFT
    return _said(body)


def sale_line(line: Line, facts: Facts) -> Body:
    """A line of a sale: QuickBooks multiplies quantity and rate to the amount that the source says."""
    code = taxes.sales_tax_code(line.tax_code)
    return _said(
        {
            "ItemRef": _item_ref(line, facts),
            "Desc": line.description,
            "Quantity": line.quantity,
            "Rate": line.unit_price,
            "ClassRef": refs.class_ref(line.tracking),
            "SalesTaxCodeRef": Ref(name=code) if code else None,
            "OverrideItemAccountRef": refs.account(line.account, facts),
        }
    )


def purchase(operation: Operation, facts: Facts) -> Body:
    """The head of a bill or a vendor credit."""
    document = cast(TradeDocument, operation.document)
    return _said(
        {
            "VendorRef": Ref(ids.native(facts.target(Kind.CONTACT, document.contact_id))),
            "APAccountRef": refs.control(currencies.PAYABLE, document.currency, facts),
            "TxnDate": document.date,
            "DueDate": document.due_date if document.kind is Kind.BILL else None,
            "RefNumber": document.number,
            "TermsRef": refs.terms(document),
            "Memo": marks.memo(operation, document.reference),
            "ExchangeRate": currencies.rate(document.currency, document.rate, facts),
        }
    )


def expense_line(line: Line, facts: Facts) -> Body:
    """A line of a purchase that goes straight to an account."""
    return _said(
        {
            "AccountRef": refs.account(line.account, facts),
            "Amount": line.amount,
            "Memo": line.description,
            "ClassRef": refs.class_ref(line.tracking),
        }
    )


def bought_line(line: Line, facts: Facts) -> Body:
    """A line of a purchase that names an item."""
    return _said(
        {
            "ItemRef": Ref(refs.linked_item(line, facts)),
            "Desc": line.description,
            "Quantity": line.quantity,
            "Cost": line.unit_price,
            "ClassRef": refs.class_ref(line.tracking),
            "OverrideItemAccountRef": refs.account(line.account, facts),
        }
    )


def _item_ref(line: Line, facts: Facts) -> Ref:
    linked = refs.linked_item(line, facts)
    return Ref(linked) if linked else Ref(name=stand_ins.name_of(line.account, facts))


def journal(operation: Operation, facts: Facts) -> Body:
    """A new journal entry: QuickBooks lists its debits before its credits; the first line carries our mark."""
    debits, credits = journal_lines(operation, facts)
    return {**journal_head(operation), "JournalDebitLine": debits, "JournalCreditLine": credits}


def journal_head(operation: Operation) -> Body:
    """The date and number of a journal entry, new or changed."""
    document = cast(Journal, operation.document)
    return {"TxnDate": document.date, "RefNumber": document.number}


def journal_lines(operation: Operation, facts: Facts) -> tuple[list[Body], list[Body]]:
    """The debits and the credits of a journal entry."""
    document = cast(Journal, operation.document)
    debits = [_entry(line, facts) for line in document.lines if line.amount >= 0]
    credits = [_entry(line, facts) for line in document.lines if line.amount < 0]
    first = (debits or credits)[0]
    first["Memo"] = marks.memo(operation, " ".join(filter(None, (document.narration, first.get("Memo", "")))))
    return debits, credits


def _entry(line: JournalLine, facts: Facts) -> Body:
    return _said(
        {
            "AccountRef": refs.account(line.account, facts),
            "Amount": abs(line.amount),
            "Memo": line.description,
            "ClassRef": refs.class_ref(line.tracking),
        }
    )


def _chosen(parts: dict[str, Body], fields: frozenset[str] | None) -> Body:
    chosen: Body = {}
    for name, part in parts.items():
        if fields is None or name in fields:
            chosen |= part
    return chosen


def _said(body: Body) -> Body:
    """Without what has no value: an absent element says nothing, an empty one would clear the field."""
    return {name: value for name, value in body.items() if value is not None and value not in ("", {})}
