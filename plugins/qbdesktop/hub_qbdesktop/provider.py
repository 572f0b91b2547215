"""QuickBooks Desktop as the hub sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from hub import (
    Action,
    Allocation,
    Allowed,
    Batch,
    BatchRule,
    Contact,
    Document,
    Facts,
    Fit,
    Item,
    Journal,
    Kind,
    Operation,
    Outcome,
    Page,
    Payload,
    Payment,
    Provider,
    Refund,
    Role,
    TargetState,
    TradeDocument,
    Visitor,
    Want,
)
from hub_qbdesktop import cards, feeds, ids, lifecycle, lookups, messages, money, outcomes, render, trade
from hub_qbdesktop.connectors import OWNER_ID
from hub_qbdesktop.settings import QuickBooksSettings

_NUMBERED = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT, Kind.JOURNAL)
_CARD = frozenset({Action.CREATE, Action.UPDATE})
_SALE = frozenset({Action.CREATE, Action.UPDATE, Action.VOID, Action.DELETE})
_PURCHASE = frozenset({Action.CREATE, Action.UPDATE, Action.VOID})
_BATCH = BatchRule(operations=50, bytes=1_000_000)
"""Sized by measurement: with fifty a session takes half the time that it takes with twenty, with a hundred hardly less
than with fifty; and until QuickBooks answers, nobody knows of any of them."""


class QuickBooksVisit:
    """The conversations as pairs of question and answer, each a message set of qbXML."""

    def ask(self, want: Want) -> bytes:
        """The question that brings the next page."""
        return feeds.ask(want, OWNER_ID)

    def hear(self, want: Want, answer: bytes) -> Page:
        """The page that the answer is."""
        return feeds.hear(want, answer, OWNER_ID)

    def question(self, batch: Batch) -> bytes:
        """The stored requests under the batch's id: QuickBooks carries out a set of one id once."""
        return messages.named(batch.payload.body, batch.id)

    def outcomes(self, batch: Batch, answer: bytes) -> Iterator[Outcome]:
        """What became of each request."""
        return outcomes.read(batch, answer)

    def seek(self, operations: Sequence[Operation]) -> bytes:
        """The question that looks for targets."""
        return lookups.seek(operations)

    def found(self, operations: Sequence[Operation], answer: bytes) -> Mapping[int, Sequence[TargetState]]:
        """What was found."""
        return lookups.found(operations, answer)


class QuickBooksProvider(Provider):
    """QuickBooks Desktop: its Web Connector visits the hub."""

    name = "qbdesktop"
    title = "QuickBooks Desktop"
    role = Role.LEDGER
    settings = QuickBooksSettings
    feeds = feeds.FEEDS
    writes = {
        Kind.CONTACT: _CARD,
        Kind.ITEM: _CARD,
        Kind.INVOICE: _SALE,
        Kind.CREDIT_NOTE: _SALE,
        Kind.BILL: _PURCHASE,
        Kind.SUPPLIER_CREDIT: _PURCHASE,
        Kind.PAYMENT: frozenset({Action.CREATE, Action.VOID, Action.DELETE}),
        Kind.REFUND: frozenset({Action.CREATE, Action.VOID}),
        Kind.ALLOCATION: frozenset({Action.CREATE}),
        Kind.JOURNAL: _PURCHASE,
    }
    batch_rules = dict.fromkeys(writes, _BATCH)
    asks_before_creating = frozenset(_NUMBERED)
    """QuickBooks takes every number as often as it comes."""
    skips: ClassVar[Mapping[str, str]] = {
        "test_a_known_record_is_spared": "QuickBooks' lists carry whole records, so a known one costs nothing that"
        " could be spared; what did not change is left out by the cursor."
    }
    settling_seconds = 45.0
    """What was in use or out of date is looked for and sent again with the next visit, not within this one."""
    resend_seconds = 30 * 86_400.0
    """QuickBooks keeps the answer to the last message set until the next one comes."""
    visit = QuickBooksVisit()
    visitor = Visitor("the Web Connector", "press Update Selected in the Web Connector on the Windows computer")
    drafts: ClassVar[Mapping[Kind, str]] = {
        Kind.INVOICE: "pending",
        Kind.CREDIT_NOTE: "pending",
        Kind.BILL: "",
        Kind.SUPPLIER_CREDIT: "",
        Kind.JOURNAL: "",
    }
    help_steps = (
        "Give the company file a friendly name and choose your edition. Nothing is entered in QuickBooks yet.",
        "Save; the next page has the .qwc file, the password and the steps on the Windows computer.",
    )

    def fit(self, document: Document, facts: Facts) -> Fit:
        """The document as QuickBooks will take it, or why it can not."""
        if isinstance(document, TradeDocument):
            return trade.fit(document, facts)
        if isinstance(document, Payment):
            return money.fit_payment(document, facts)
        if isinstance(document, Refund):
            return money.fit_refund(document, facts)
        if isinstance(document, Allocation):
            return money.fit_allocation(document, facts)
        if isinstance(document, Journal):
            return money.fit_journal(document, facts)
        if isinstance(document, Contact):
            return cards.fit_contact(document, facts)
        return cards.fit_item(document, facts) if isinstance(document, Item) else Fit(document)

    def render(self, operations: Sequence[Operation], facts: Facts) -> Payload:
        """Exactly what would be sent."""
        return render.render(operations, facts)

    def allowed(self, kind: Kind, state: TargetState) -> Allowed:
        """What the hub does to a record in this state."""
        return lifecycle.allowed(kind, state)

    def named_apart(self, document: Document) -> Document:
        """A supplier that is a customer, too, is called so: QuickBooks' lists of people share their names."""
        return cards.named_apart(document) if isinstance(document, Contact) else document

    def may_be(self, document: Document, target_id: str) -> bool:
        """A customer is never taken for a vendor."""
        if not isinstance(document, Contact):
            return True
        return ids.is_sort(target_id, ids.made_as(document))
