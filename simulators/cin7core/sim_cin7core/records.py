"""What the simulator keeps: sale and purchase tasks with their documents, and cards of the lists.

Core calls a sale or a purchase a *task*; the accounting documents (invoices, credit notes, each with its own
TaskID) live inside it (Cin7 Core API v2 documentation, Sale, Purchase, Advanced purchase).
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

JsonObject = dict[str, Any]

EMPTY_ID = "00000000-0000-0000-0000-000000000000"
DRAFT, AUTHORISED, VOIDED, NOT_AVAILABLE = "DRAFT", "AUTHORISED", "VOIDED", "NOT AVAILABLE"
EXCLUSIVE, INCLUSIVE = "Exclusive", "Inclusive"
SALE, PURCHASE = "sale", "purchase"
STANDALONE_CREDIT = "Credit Note"

ZERO = Decimal(0)
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
_SPACE = uuid.UUID("6f2a4c1e-51b7-4b62-8f0c-3b9d7c0a7d10")


def identifier(*parts: object) -> str:
    """The GUID of a thing named by ``parts``; the same parts give the same GUID in every run."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, parts))))


def cents(amount: Decimal) -> Decimal:
    """Rounded half up (away from zero) to two places."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Line:
    """A product line or, without product and SKU, an additional charge (``name`` is then its description).

    ``total`` leaves the tax out when the task's TaxCalculation is Exclusive and contains it when Inclusive.
    ``discount`` is a percentage.
    """

    name: str
    quantity: Decimal
    price: Decimal
    total: Decimal
    tax_rule: str
    account: str
    product_id: str = EMPTY_ID
    sku: str = ""
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    comment: str = ""
    average_cost: Decimal = ZERO


@dataclass(slots=True)
class Payment:
    """A payment of an invoice, refund of a credit note or prepayment of an order, in document currency."""

    id: str
    amount: Decimal
    paid_on: dt.date
    account: str
    rate: Decimal
    created: int
    reference: str = ""


@dataclass(slots=True)
class Document:
    """An order, invoice, bill or credit note inside a task. ``rate`` is in the direction that Core shows."""

    task_id: str
    number: str
    status: str
    date: dt.date
    rate: Decimal
    lines: tuple[Line, ...] = ()
    charges: tuple[Line, ...] = ()
    due: dt.date | None = None
    against: str = ""
    memo: str = ""
    payments: list[Payment] = field(default_factory=list)
    before_tax: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    moves_stock: bool = True
    """Of a credit note: whether its goods come back (sale) or go back (purchase)."""

    def reckon(self, calculation: str) -> Document:
        """Add the totals up from lines and charges; returns itself."""
        everything = (*self.lines, *self.charges)
        summed = sum((line.total for line in everything), ZERO)
        self.tax = sum((line.tax for line in everything), ZERO)
        self.before_tax = summed if calculation == EXCLUSIVE else summed - self.tax
        self.total = self.before_tax + self.tax
        return self

    @property
    def paid(self) -> Decimal:
        """Sum of payments or refunds."""
        return sum((payment.amount for payment in self.payments), ZERO)

    @property
    def live(self) -> bool:
        """Authorised: it stands in Core's books."""
        return self.status == AUTHORISED


@dataclass(slots=True)
class Delivery:
    """Goods that left for a customer (a fulfilment, dated at its shipment) or came from a supplier (a receipt)."""

    task_id: str
    number: int
    date: dt.date
    lines: tuple[Line, ...]
    status: str = AUTHORISED


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One debit and one credit; ``system`` when Core made it itself (IsSystem, documentation, Purchase)."""

    debit: str
    credit: str
    amount: Decimal
    date: dt.date
    reference: str = ""
    system: bool = False


@dataclass(slots=True)
class Task:
    """A sale or a purchase. ``order.payments`` are the prepayments, ``journals`` its manual journals."""

    id: str
    side: str
    number: str
    type: str
    party_id: str
    party: str
    currency: str
    rate: Decimal
    tax_rule: str
    calculation: str
    terms: str
    date: dt.date
    order: Document
    created: int
    updated: int
    invoices: list[Document] = field(default_factory=list)
    credits: list[Document] = field(default_factory=list)
    country: str = ""
    reference: str = ""
    channel: str | None = None
    external_id: str | None = None
    note: str = ""
    sales_rep: str = ""
    location: str = ""
    attributes: list[str] = field(default_factory=list)
    """AdditionalAttribute1 and following."""
    void: bool = False
    deliveries: list[Delivery] = field(default_factory=list)
    journals: list[JournalLine] = field(default_factory=list)

    def documents(self) -> list[Document]:
        """Invoices and credit notes, whatever their status."""
        return [*self.invoices, *self.credits]

    @property
    def delivered(self) -> list[Delivery]:
        """The authorised deliveries, even of a task that was voided since."""
        return [delivery for delivery in self.deliveries if delivery.status == AUTHORISED]

    @property
    def fulfilled(self) -> bool:
        """Whether nothing of the order is still to be delivered."""
        if self.type == STANDALONE_CREDIT:
            return True
        return any(delivery.lines == self.order.lines for delivery in self.delivered) or not self.outstanding()

    def outstanding(self) -> tuple[Line, ...]:
        """The lines of the order as far as they are not delivered."""
        done: dict[str, Decimal] = {}
        for line in (line for delivery in self.delivered for line in delivery.lines):
            done[line.product_id] = done.get(line.product_id, ZERO) + line.quantity
        left = []
        for line in self.order.lines:
            low, high = min(line.quantity, ZERO), max(line.quantity, ZERO)
            taken = min(max(done.get(line.product_id, ZERO), low), high)
            done[line.product_id] = done.get(line.product_id, ZERO) - taken
            if taken != line.quantity:
                left.append(replace(line, quantity=line.quantity - taken))
        return tuple(left)


def delivery_id(side: str, task_id: str, number: int) -> str:
    """The TaskID of a fulfilment or receipt: the first receipt has that of the purchase, all others have their own."""
    if side == PURCHASE:
        return task_id if number == 1 else identifier("receipt", task_id, number)
    return identifier("fulfilment", task_id) if number == 1 else identifier("fulfilment", task_id, number)


def first_delivery(side: str, task_id: str, order: Document) -> list[Delivery]:
    """Everything on the order delivered on its day; nothing without product lines."""
    return [Delivery(delivery_id(side, task_id, 1), 1, order.date, order.lines)] if order.lines else []


@dataclass(slots=True)
class Card:
    """A customer, supplier or product: Core's own field names in ``fields``."""

    id: str
    fields: JsonObject
    created: int
    updated: int

    @property
    def name(self) -> str:
        """Its Name."""
        return str(self.fields["Name"])


def price_line(line: Line, percent: Decimal, calculation: str) -> Line:
    """The line with total and tax worked out from quantity, price, discount and tax percentage."""
    total = cents(line.quantity * line.price * (HUNDRED - line.discount) / HUNDRED)
    divisor = HUNDRED if calculation == EXCLUSIVE else HUNDRED + percent
    tax = cents(total * percent / divisor)
    return Line(
        line.name,
        line.quantity,
        line.price,
        total,
        line.tax_rule,
        line.account,
        line.product_id,
        line.sku,
        line.discount,
        tax,
        line.comment,
        line.average_cost,
    )
