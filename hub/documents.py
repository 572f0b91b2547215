"""Business documents in the hub's own words: frozen, validated, exact.

Money is ``Decimal`` quantised to the currency's minor unit, prices and quantities to six decimals, rates to ten.
A document never holds a float. ``external_id`` is the source system's own id and, with the kind and the
connection, identifies the document for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

FINGERPRINT_VERSION = "1"
"""Raised when the canonical form changes, so that an upgrade never mistakes a new form for an edit."""

_MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


class Kind(StrEnum):
    """What sort of record a document is."""

    CONTACT = "contact"
    ITEM = "item"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    BILL = "bill"
    SUPPLIER_CREDIT = "supplier_credit"
    PAYMENT = "payment"
    REFUND = "refund"
    ALLOCATION = "allocation"
    JOURNAL = "journal"
    ACCOUNT = "account"
    TAX_RATE = "tax_rate"
    PAYMENT_TERM = "payment_term"
    PAYMENT_METHOD = "payment_method"
    BANK_ACCOUNT = "bank_account"
    TRACKING = "tracking"


class TaxMode(StrEnum):
    """Whether line amounts exclude tax, include it, or the document has none."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NO_TAX = "no_tax"


class Status(StrEnum):
    """Where a source document stands; a paid one is authorised and carries its payments beside it."""

    DRAFT = "draft"
    AUTHORISED = "authorised"
    VOIDED = "voided"


class AccountClass(StrEnum):
    """The five classes of the chart of accounts."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    REVENUE = "revenue"
    EXPENSE = "expense"


def minor_units(currency: str) -> int:
    """How many decimals the currency's amounts have (ISO 4217)."""
    return _MINOR_UNITS.get(currency, 2)


def money(value: Decimal | int | str, currency: str) -> Decimal:
    """Round to the currency's minor unit, half away from zero, as ledgers do."""
    return Decimal(value).quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP)


def _no_float(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("money must be exact: give a Decimal, an int or text, never a float")
    return value


def _quantised(places: int) -> AfterValidator:
    step = Decimal(1).scaleb(-places)

    def quantise(value: Decimal) -> Decimal:
        if value and value.same_quantum(step):
            return value
        return value.quantize(step, ROUND_HALF_UP) + 0  # + 0 turns -0.00 into 0.00

    return AfterValidator(quantise)


_CENT = Decimal("0.01")


def _exact_amount(value: Decimal) -> Decimal:
    if value and value.same_quantum(_CENT):
        return value
    if value != value.quantize(Decimal("0.001")):
        raise ValueError(f"{value} has more decimals than any currency; round it with money() first")
    exact = value.quantize(Decimal("0.01"))
    return (exact if exact == value else value.quantize(Decimal("0.001"))) + 0


Amount = Annotated[Decimal, BeforeValidator(_no_float), AfterValidator(_exact_amount)]
Price = Annotated[Decimal, BeforeValidator(_no_float), _quantised(6)]
Quantity = Annotated[Decimal, BeforeValidator(_no_float), _quantised(6)]
Percent = Annotated[Decimal, BeforeValidator(_no_float), _quantised(4)]
Rate = Annotated[Decimal, BeforeValidator(_no_float), _quantised(10), Field(gt=0)]
"""Base units per one foreign unit."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Frozen(BaseModel):
    """A value that never changes once made and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Document(Frozen):
    """What every kind has in common."""

    kind: Kind
    external_id: Annotated[str, Field(min_length=1)]
    source_url: str | None = None

    _volatile: ClassVar[frozenset[str]] = frozenset({"source_url"})

    def fingerprint(self) -> str:
        """A versioned digest of everything that matters about the document."""
        canonical = self.model_dump_json(exclude=set(self._volatile))
        return f"{FINGERPRINT_VERSION}:{hashlib.sha256(canonical.encode()).hexdigest()[:32]}"

    @property
    def label(self) -> str:
        """What people call it."""
        return self.external_id


class Address(Frozen):
    """A postal address."""

    type: Literal["billing", "shipping"] = "billing"
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


class Contact(Document):
    """A customer, a supplier, or both. ``account`` and ``tax_code`` are the source's defaults for its documents."""

    kind: Literal[Kind.CONTACT] = Kind.CONTACT
    name: Annotated[str, Field(min_length=1)]
    is_customer: bool = False
    is_supplier: bool = False
    active: bool = True
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    tax_number: str = ""
    currency: str = ""
    account: str = ""
    tax_code: str = ""
    payment_term: str = ""
    number: str = ""
    addresses: tuple[Address, ...] = ()

    @property
    def label(self) -> str:
        return self.name


class Item(Document):
    """A product or service. Prices are per unit, before tax unless the price list says otherwise."""

    kind: Literal[Kind.ITEM] = Kind.ITEM
    code: Annotated[str, Field(min_length=1)]
    name: str = ""
    description: str = ""
    active: bool = True
    is_stock: bool = True
    sale_price: Price | None = None
    purchase_price: Price | None = None
    sale_account: str = ""
    purchase_account: str = ""
    sale_tax: str = ""
    purchase_tax: str = ""
    attributes: Attributes = ()

    @property
    def label(self) -> str:
        return self.code


class TrackingChoice(Frozen):
    """One option of one tracking category, by the ledger's own names."""

    category: Annotated[str, Field(min_length=1)]
    option: Annotated[str, Field(min_length=1)]


def _is_empty(value: object) -> bool:
    return not value


Attributes = Annotated[tuple[tuple[str, str], ...], Field(exclude_if=_is_empty)]
"""What a source record says beside its accounting, sorted pairs of name and value: ``("location", "Main")``.

The names every provider uses where its platform knows them: ``sales_rep``, ``location``, ``channel``, ``category``,
``brand``, ``attribute_1`` to ``attribute_10``. Empty values are left out; a tracking category may be fed from one.
"""
Choices = Annotated[tuple[TrackingChoice, ...], Field(exclude_if=_is_empty)]
"""The tracking options of a line, filled in when its document is mapped."""


class Line(Frozen):
    """One line. ``amount`` is after discount, without tax in an exclusive document and with it in an inclusive one."""

    description: str = ""
    item_id: str = ""
    item_code: str = ""
    quantity: Quantity = Decimal(1)
    unit_price: Price = Decimal(0)
    discount_percent: Percent = Decimal(0)
    amount: Amount
    tax_amount: Amount = Decimal(0)
    tax_code: str = ""
    account: str = ""
    purpose: Literal["goods", "charge", "rounding"] = "goods"
    tracking: Choices = ()


class TradeDocument(Document):
    """What invoices, bills and both sorts of credit share.

    ``rate`` is base units per one unit of ``currency``, and ``None`` when the source gives none. ``contact_id`` is
    empty for a document without a contact. ``account`` is the header's default account. ``payment_term`` is the
    source's name of the terms that an invoice or a bill is on; the due date counts, whatever they are called.
    """

    number: Annotated[str, Field(min_length=1)]
    reference: str = ""
    status: Status = Status.AUTHORISED
    date: Date
    due_date: Date | None = None
    payment_term: Annotated[str, Field(exclude_if=_is_empty)] = ""
    contact_id: str = ""
    contact_name: str = ""
    currency: Currency
    rate: Rate | None = None
    tax_mode: TaxMode = TaxMode.EXCLUSIVE
    account: str = ""
    tax_code: str = ""
    attributes: Attributes = ()
    lines: tuple[Line, ...] = ()
    subtotal: Amount
    tax: Amount = Decimal(0)
    total: Amount

    @property
    def label(self) -> str:
        return self.number

    def differences(self) -> Iterator[str]:
        """Say, in plain words, where lines, taxes and total do not add up to the cent."""
        amounts = sum((line.amount for line in self.lines), Decimal(0))
        taxes = sum((line.tax_amount for line in self.lines), Decimal(0))
        net = amounts - taxes if self.tax_mode is TaxMode.INCLUSIVE else amounts
        if net != self.subtotal:
            yield f"the lines add up to {net} before tax, the document says {self.subtotal}"
        if taxes != self.tax:
            yield f"the lines' tax adds up to {taxes}, the document says {self.tax}"
        if self.subtotal + self.tax != self.total:
            yield f"{self.subtotal} and {self.tax} tax make {self.subtotal + self.tax}, the document says {self.total}"


class Invoice(TradeDocument):
    """A sale invoice."""

    kind: Literal[Kind.INVOICE] = Kind.INVOICE


class Bill(TradeDocument):
    """A supplier's invoice. ``number`` is the supplier's; two suppliers may use the same one."""

    kind: Literal[Kind.BILL] = Kind.BILL


class CreditNote(TradeDocument):
    """A credit to a customer; amounts are positive. ``credits_id`` is the invoice it credits, if it names one."""

    kind: Literal[Kind.CREDIT_NOTE] = Kind.CREDIT_NOTE
    credits_id: str = ""


class SupplierCredit(TradeDocument):
    """A credit from a supplier; amounts are positive. ``credits_id`` is the bill it credits, if it names one."""

    kind: Literal[Kind.SUPPLIER_CREDIT] = Kind.SUPPLIER_CREDIT
    credits_id: str = ""


class Settlement(Document):
    """Money against one document: a payment of an invoice or bill, a refund of a credit."""

    document_kind: Kind
    document_id: str
    number: str = ""
    reference: str = ""
    status: Status = Status.AUTHORISED
    date: Date
    amount: Annotated[Amount, Field(gt=0)]
    currency: Currency
    rate: Rate | None = None
    account: str = ""

    @property
    def label(self) -> str:
        return self.number or self.reference or self.external_id


class Payment(Settlement):
    """A payment of an invoice or a bill.

    ``payment_method`` is the ledger's own word for how it was paid, filled in when the payment is mapped.
    """

    kind: Literal[Kind.PAYMENT] = Kind.PAYMENT
    payment_method: Annotated[str, Field(exclude_if=_is_empty)] = ""


class Refund(Settlement):
    """Money given back for a credit note, or got back for a supplier credit."""

    kind: Literal[Kind.REFUND] = Kind.REFUND


class Allocation(Document):
    """A credit used against an invoice or bill. ``amount`` is the most the source allows: credit total less refunds."""

    kind: Literal[Kind.ALLOCATION] = Kind.ALLOCATION
    status: Status = Status.AUTHORISED
    credit_kind: Kind
    credit_id: str
    document_kind: Kind
    document_id: str
    date: Date
    amount: Annotated[Amount, Field(gt=0)]
    currency: Currency
    number: str = ""

    @property
    def label(self) -> str:
        return self.number or self.external_id


class JournalReason(StrEnum):
    """Why a stock system posts to its general ledger beside its invoices, bills, credits and payments."""

    COST_OF_GOODS = "cost_of_goods"
    """The cost of what a fulfilment shipped; restocked returns with the sides swapped."""
    COST_CORRECTION = "cost_correction"
    """What an earlier cost of goods turned out to be too high or too low by."""
    ASSEMBLY = "assembly"
    DISASSEMBLY = "disassembly"
    ADJUSTMENT = "adjustment"
    STOCKTAKE = "stocktake"
    WRITE_OFF = "write_off"
    SALE_JOURNAL = "sale_journal"
    """Entered by a person on a sale."""
    PURCHASE_JOURNAL = "purchase_journal"
    """Entered by a person on a purchase."""
    GOODS_RECEIVED = "goods_received"
    """Received, not invoiced yet, and its reversal."""
    IN_TRANSIT = "in_transit"
    """Invoiced, not received yet, and its reversal."""
    LANDED_COST = "landed_cost"
    MANUAL = "manual"
    """A journal of its own, entered by a person."""


class JournalLine(Frozen):
    """One line of a journal: debits are positive, credits negative, in the journal's currency.

    ``attributes`` are what the line says beside its account; each goes before the journal's own of the same name.
    """

    account: str
    amount: Amount
    description: str = ""
    attributes: Attributes = ()
    tracking: Choices = ()


class Journal(Document):
    """What a stock system posted to its general ledger, always in its base currency.

    ``number`` is that of the document it belongs to (a sale, a stocktake ...), ``record_id`` the native record that
    owns it, and ``document_id`` the external id of the invoice, credit note or bill it goes with, if there is one. A
    summary made by the hub names the ``members`` it stands for by external id and has no record.
    """

    kind: Literal[Kind.JOURNAL] = Kind.JOURNAL
    reason: JournalReason
    number: Annotated[str, Field(min_length=1)]
    reference: str = ""
    status: Status = Status.AUTHORISED
    date: Date
    currency: Currency
    narration: str = ""
    record_id: str = ""
    document_id: str = ""
    lines: tuple[JournalLine, ...] = ()
    attributes: Attributes = ()
    on_cash_basis: bool = True
    """Whether it counts in reports on the cash basis, where the ledger has them."""
    members: Annotated[tuple[str, ...], Field(exclude_if=_is_empty)] = ()

    @property
    def label(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        """The sum of the debits."""
        return sum((line.amount for line in self.lines if line.amount > 0), Decimal(0))

    def differences(self) -> Iterator[str]:
        """Say, in plain words, where debits and credits do not balance to the cent."""
        debits = self.total
        credits = -sum((line.amount for line in self.lines if line.amount < 0), Decimal(0))
        if debits != credits:
            yield f"its debits add up to {debits}, its credits to {credits}"


class Account(Document):
    """One account of a chart. ``code`` is what documents name; ``external_id`` what the platform calls it."""

    kind: Literal[Kind.ACCOUNT] = Kind.ACCOUNT
    code: str
    name: str
    account_class: AccountClass
    type: str = ""
    system: str = ""
    active: bool = True
    takes_payments: bool = False
    takes_documents: bool = True
    takes_journals: bool = True
    """Whether journals may be posted to it: not to bank, receivable, payable or retained-earnings accounts."""
    currency: str = ""
    tax_code: str = ""

    @property
    def label(self) -> str:
        return f"{self.code} {self.name}"


class TaxRate(Document):
    """A tax code. ``percent`` is the effective rate (20 means 20%); ``classes`` the account classes it is for."""

    kind: Literal[Kind.TAX_RATE] = Kind.TAX_RATE
    code: str
    name: str
    percent: Percent
    active: bool = True
    on_sales: bool = True
    on_purchases: bool = True
    classes: tuple[AccountClass, ...] = ()
    special: bool = False
    """Zero-rated, exempt, outside scope, reverse charge or import: never to be suggested by rate alone."""
    parts: Annotated[tuple[Percent, ...], Field(exclude_if=_is_empty)] = ()
    """The rates that ``percent`` is the sum of, where the ledger rounds the tax of each by itself; else empty."""

    @property
    def label(self) -> str:
        return self.name


class PaymentTerm(Document):
    """How long a debtor has."""

    kind: Literal[Kind.PAYMENT_TERM] = Kind.PAYMENT_TERM
    name: str
    days: int = 0
    method: str = ""
    active: bool = True

    @property
    def label(self) -> str:
        return self.name


class PaymentMethod(Document):
    """How money comes, in a ledger that keeps a list of that: cash, a check, a card."""

    kind: Literal[Kind.PAYMENT_METHOD] = Kind.PAYMENT_METHOD
    name: Annotated[str, Field(min_length=1)]
    active: bool = True

    @property
    def code(self) -> str:
        """What a mapping names it by."""
        return self.name

    @property
    def label(self) -> str:
        return self.name


class BankAccount(Document):
    """A bank account as the stock system knows it; ``code`` is its account in the chart."""

    kind: Literal[Kind.BANK_ACCOUNT] = Kind.BANK_ACCOUNT
    code: str
    name: str
    currency: str = ""
    active: bool = True

    @property
    def label(self) -> str:
        return f"{self.code} {self.name}"


class Tracking(Document):
    """A tracking category and its options."""

    kind: Literal[Kind.TRACKING] = Kind.TRACKING
    name: str
    options: tuple[str, ...] = ()
    active: bool = True

    @property
    def label(self) -> str:
        return self.name


DOCUMENT_TYPES: dict[Kind, type[Document]] = {
    Kind.CONTACT: Contact,
    Kind.ITEM: Item,
    Kind.INVOICE: Invoice,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.BILL: Bill,
    Kind.SUPPLIER_CREDIT: SupplierCredit,
    Kind.PAYMENT: Payment,
    Kind.REFUND: Refund,
    Kind.ALLOCATION: Allocation,
    Kind.JOURNAL: Journal,
    Kind.ACCOUNT: Account,
    Kind.TAX_RATE: TaxRate,
    Kind.PAYMENT_TERM: PaymentTerm,
    Kind.PAYMENT_METHOD: PaymentMethod,
    Kind.BANK_ACCOUNT: BankAccount,
    Kind.TRACKING: Tracking,
}
REFERENCE_KINDS = frozenset(
    {Kind.ACCOUNT, Kind.TAX_RATE, Kind.PAYMENT_TERM, Kind.PAYMENT_METHOD, Kind.BANK_ACCOUNT, Kind.TRACKING}
)
TRADE_KINDS = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT})
CREDIT_KINDS = frozenset({Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT})


def parse_document(kind: Kind | str, text: str | bytes) -> Document:
    """Read back a stored document (its own JSON)."""
    return DOCUMENT_TYPES[Kind(kind)].model_validate_json(text)
