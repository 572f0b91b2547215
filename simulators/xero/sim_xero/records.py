"""What one organisation holds. Records are never changed in place: a change is `dataclasses.replace` and
`put`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)


@dataclass(slots=True)
class Organisation:
    organisation_id: str
    name: str
    base_currency: str
    timezone: str
    country_code: str
    created: dt.datetime
    period_lock_date: dt.date | None = None
    end_of_year_lock_date: dt.date | None = None
    next_numbers: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Account:
    account_id: str
    code: str
    name: str
    type: str
    tax_type: str
    updated: dt.datetime
    status: str = "ACTIVE"
    description: str = ""
    system_account: str = ""
    enable_payments: bool = False
    show_in_expense_claims: bool = False
    currency_code: str = ""
    bank_account_number: str = ""
    bank_account_type: str = ""


@dataclass(slots=True)
class TaxRate:
    tax_type: str
    name: str
    rate: Decimal
    components: list[dict[str, Any]]
    report_tax_type: str = ""
    applies_to: list[str] = field(default_factory=list)
    status: str = "ACTIVE"


@dataclass(slots=True)
class Currency:
    code: str
    description: str


@dataclass(slots=True)
class TrackingCategory:
    category_id: str
    name: str
    status: str = "ACTIVE"
    options: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Contact:
    contact_id: str
    name: str
    updated: dt.datetime
    status: str = "ACTIVE"
    contact_number: str = ""
    merged_to: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    persons: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[dict[str, str]] = field(default_factory=list)
    phones: list[dict[str, str]] = field(default_factory=list)
    payment_terms: dict[str, Any] = field(default_factory=dict)
    is_supplier: bool = False
    is_customer: bool = False


@dataclass(slots=True)
class Item:
    item_id: str
    code: str
    updated: dt.datetime
    name: str = ""
    description: str = ""
    purchase_description: str = ""
    is_sold: bool = True
    is_purchased: bool = True
    inventory_account: str = ""
    sales: dict[str, Any] = field(default_factory=dict)
    purchases: dict[str, Any] = field(default_factory=dict)

    @property
    def is_tracked(self) -> bool:
        return bool(self.inventory_account)


@dataclass(slots=True)
class Line:
    line_id: str
    description: str
    quantity: Decimal | None
    unit_amount: Decimal | None
    line_amount: Decimal
    tax_amount: Decimal
    tax_type: str = ""
    account_code: str = ""
    item_code: str = ""
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    tracking: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """An invoice, bill or credit note; `paid` are payments or refunds, `credited` are allocations."""

    document_id: str
    type: str
    number: str
    contact_id: str
    date: dt.date
    status: str
    currency: str
    rate: Decimal
    updated: dt.datetime
    reference: str = ""
    due_date: dt.date | None = None
    line_amount_types: str = "Exclusive"
    lines: list[Line] = field(default_factory=list)
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    payment_ids: list[str] = field(default_factory=list)
    allocation_ids: list[str] = field(default_factory=list)
    fully_paid_on: dt.date | None = None
    url: str = ""
    branding_theme_id: str = ""
    sent_to_contact: bool = False
    expected_payment_date: dt.date | None = None
    planned_payment_date: dt.date | None = None
    client_id: str = ""

    @property
    def open(self) -> Decimal:
        """What is still due on an invoice, or still to be used of a credit note."""
        return self.total - self.paid - self.credited

    @property
    def is_credit_note(self) -> bool:
        return self.type.endswith("CREDIT")

    @property
    def is_sale(self) -> bool:
        return self.type.startswith("ACCREC")


@dataclass(slots=True)
class JournalLine:
    """One line of a manual journal, debits positive; `account_id` is empty where a draft has lost its account."""

    account_id: str
    amount: Decimal
    tax_amount: Decimal = ZERO
    tax_type: str = ""
    description: str = ""
    tracking: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class ManualJournal:
    journal_id: str
    narration: str
    date: dt.date
    status: str
    updated: dt.datetime
    line_amount_types: str = "NoTax"
    lines: list[JournalLine] = field(default_factory=list)
    url: str = ""
    show_on_cash_basis: bool = True
    client_id: str = ""

    def net(self, line: JournalLine) -> Decimal:
        """What a line puts on its account, without tax."""
        return line.amount - line.tax_amount if self.line_amount_types == "Inclusive" else line.amount

    def gross(self, line: JournalLine) -> Decimal:
        return self.net(line) + line.tax_amount


@dataclass(slots=True)
class BankTransaction:
    """Money received or spent without an invoice: one side is the bank account, the other the lines."""

    transaction_id: str
    type: str
    account_id: str
    contact_id: str
    date: dt.date
    currency: str
    rate: Decimal
    updated: dt.datetime
    status: str = "AUTHORISED"
    reference: str = ""
    url: str = ""
    is_reconciled: bool = False
    line_amount_types: str = "Exclusive"
    lines: list[Line] = field(default_factory=list)
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO

    @property
    def is_received(self) -> bool:
        return self.type == "RECEIVE"


@dataclass(slots=True)
class OpeningBalance:
    """What an account stood at when the organisation began to use Xero, debits positive, in base currency."""

    account_id: str
    date: dt.date
    amount: Decimal


@dataclass(slots=True)
class Allocation:
    allocation_id: str
    credit_note_id: str
    invoice_id: str
    amount: Decimal
    date: dt.date
    updated: dt.datetime
    deleted: bool = False


@dataclass(slots=True)
class Payment:
    payment_id: str
    document_id: str
    is_refund: bool
    account_id: str
    date: dt.date
    amount: Decimal
    bank_amount: Decimal
    rate: Decimal
    payment_type: str
    updated: dt.datetime
    status: str = "AUTHORISED"
    reference: str = ""
    is_reconciled: bool = False
    batch_payment_id: str = ""
