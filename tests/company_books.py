"""A simulated company file of QuickBooks, read as the checks of the property tests read books."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from hub_qbdesktop import marks
from sim_qbdesktop import Simulator

from hub.documents import Kind
from hub.providers import Operation, TargetStatus
from hub.testing import Books
from hub.testing.books import DUE_KINDS, Entry

KINDS = {
    "Invoice": Kind.INVOICE,
    "CreditMemo": Kind.CREDIT_NOTE,
    "Bill": Kind.BILL,
    "VendorCredit": Kind.SUPPLIER_CREDIT,
    "JournalEntry": Kind.JOURNAL,
    "ReceivePayment": Kind.PAYMENT,
    "BillPaymentCheck": Kind.PAYMENT,
}
SORTS = {"ReceivePayment": "receipt:", "BillPaymentCheck": "check:", "Customer": "customer:", "Vendor": "vendor:"}
GENERATIONS = 40
"""No record of these small lives is posted anew more often."""
CENT = Decimal("0.01")
_IN_MEMO = re.compile(r"\[LP-([0-9a-f]{12})\]")
_NAMED = re.compile(r"\b([cs]\d+)\b")


@dataclass
class CompanyBooks(Books):
    """The company file that is open in the beginning; ``simulator`` has it."""

    simulator: Simulator = field(default_factory=Simulator)
    known: dict[str, str] = field(default_factory=dict)
    """The source ids that the marks in memos and numbers stand for."""

    def expect(self, kind: Kind, external_id: str) -> None:
        """A source document may turn up: learn the marks that its generations would have."""
        for generation in range(GENERATIONS):
            document = SimpleNamespace(kind=kind, external_id=external_id)
            told = cast(Operation, SimpleNamespace(document=document, generation=generation))
            self.known[marks.token(told)] = self.known[marks.payment_number(told)] = external_id

    def live(self) -> list[Entry]:
        """The records that count now."""
        self.read()
        return super().live()

    def read(self) -> None:
        """See every record of the company file, and what is left of those that were deleted."""
        self.entries = {entry.id: entry for entry in (*self._listed(), *self._transactions(), *self._deleted())}

    def _listed(self) -> Iterator[Entry]:
        for one in self.simulator.company.of_kinds(("Customer", "Vendor")):
            named = _NAMED.search(one.name)
            native = {"name": one.name, "mark": named[1] if named else ""}
            id, stamp = f"{SORTS[one.kind]}{one.list_id}", int(one.edit_sequence)
            yield Entry(Kind.CONTACT, id, native, TargetStatus.ACTIVE, stamp)

    def _transactions(self) -> Iterator[Entry]:
        company = self.simulator.company
        for one in company.transactions:
            kind, memo = KINDS[one.kind], str(one.fields.get("Memo", ""))
            number = str(one.fields.get("RefNumber", ""))
            native: dict[str, Any] = {"number": number, "total": str(one.total.quantize(CENT))}
            native["mark"] = self._source_of(memo, number if kind is Kind.PAYMENT else "")
            paid = Decimal(0)
            if kind is Kind.PAYMENT:
                native |= {"document": next((link.target for link in company.links.of(one.txn_id)), ""), "amount": "0"}
            elif kind in DUE_KINDS:
                is_credit = kind in (Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT)
                paid = (company.links.used if is_credit else company.links.paid)(one.txn_id)
            made = Entry(kind, self._id(one.kind, one.txn_id), native, TargetStatus.OPEN, int(one.edit_sequence), paid)
            made.status = _status(made, memo, is_pending=one.pending)
            yield made

    def _deleted(self) -> Iterator[Entry]:
        for gone in self.simulator.company.deleted:
            if gone.kind in KINDS:
                yield Entry(KINDS[gone.kind], self._id(gone.kind, gone.object_id), {}, TargetStatus.MISSING, 0)

    def _source_of(self, memo: str, number: str) -> str:
        found = _IN_MEMO.search(memo)
        return self.known.get(found[1] if found else number, "")

    @staticmethod
    def _id(kind: str, native: str) -> str:
        return f"{SORTS.get(kind, '')}{native}"


def _status(entry: Entry, memo: str, *, is_pending: bool) -> TargetStatus:
    total = entry.total or Decimal(0)
    if not total and memo.startswith("VOID:"):
        return TargetStatus.VOIDED
    if is_pending:
        return TargetStatus.DRAFT
    if entry.kind not in DUE_KINDS:
        return TargetStatus.OPEN
    if entry.paid >= total > 0:
        return TargetStatus.PAID
    return TargetStatus.PART_PAID if entry.paid else TargetStatus.OPEN
