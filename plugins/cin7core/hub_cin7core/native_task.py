"""What a sale or purchase is made of: its header, where each sort of document keeps its fields, what came of
it: pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hub import Bill, CreditNote, Document, Invoice, Kind, Payment, Refund, SupplierCredit
from hub_cin7core.fields import ReadError
from hub_cin7core.native_attributes import Attributes


@dataclass(frozen=True)
class Header:
    """What every document of one sale or purchase inherits. ``rate`` is the task's own, used where a document
    has none.
    """

    id: str
    contact_id: str
    contact_name: str
    reference: str
    order_number: str
    currency: str
    base_currency: str
    rate: Decimal | None
    tax_calculation: str
    account: str
    tax_code: str
    source_url: str
    voided: bool
    attributes: Attributes
    payment_term: str = ""


def kind_of(of: type[Document]) -> Kind:
    """The kind that a class of documents stands for."""
    return Kind(of.model_fields["kind"].default)


@dataclass(frozen=True)
class Form:
    """Where one sort of document keeps its fields."""

    document: type[Invoice] | type[CreditNote] | type[Bill] | type[SupplierCredit]
    number: tuple[str, ...]
    date: str
    due_date: str
    rate: tuple[str, ...]
    settlements: str
    settlement: type[Payment] | type[Refund]

    @property
    def kind(self) -> Kind:
        """The kind of the document."""
        return kind_of(self.document)


SALE_INVOICE = Form(
    Invoice,
    ("InvoiceNumber",),
    "InvoiceDate",
    "InvoiceDueDate",
    ("CurrencyConversionRate",),
    "Payments",
    Payment,
)
SALE_CREDIT = Form(
    CreditNote, ("CreditNoteNumber",), "CreditNoteDate", "", ("CreditNoteConversionRate",), "Refunds", Refund
)
# The documentation spells the bill number of a simple purchase "InvocieNumber".
BILL = Form(
    Bill,
    ("InvoiceNumber", "InvocieNumber"),
    "InvoiceDate",
    "InvoiceDueDate",
    ("CurrencyConversionRate",),
    "Payments",
    Payment,
)
SUPPLIER_CREDIT = Form(
    SupplierCredit,
    ("CreditNoteNumber",),
    "CreditNoteDate",
    "",
    ("CreditNoteConversionRate", "CurrencyConversionRate"),
    "Refunds",
    Refund,
)


@dataclass
class Found:
    """What became of one native record: its documents, and what is not one with the rule that says why."""

    documents: list[Document] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, document: Document) -> None:
        """Take a document in; two documents of one kind may not share an id."""
        if any((document.kind, document.external_id) == (known.kind, known.external_id) for known in self.documents):
            raise ReadError(f"two documents ({document.kind}) carry the same id {document.external_id}")
        self.documents.append(document)

    def skip(self, what: str, id: str, rule: str) -> None:
        """Say why something is no document."""
        self.skipped[f"{what}:{id}"] = rule


@dataclass(kw_only=True)
class Task(Found):
    """What became of one sale or purchase."""

    header: Header

    def rule_of_nothing(self) -> None:
        """A task that came to neither documents nor rules gets one rule of its own, so that counts add up."""
        if not self.documents and not self.skipped:
            self.skip("task", self.header.id, "voided" if self.header.voided else "nothing invoiced yet")
