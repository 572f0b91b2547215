"""What Xero's documents do to the accounts of its own: what customers owe, and what is owed to suppliers. Pure.

No line names these accounts. A document moves its control account by its total, and what is paid on it, or refunded,
moves that back, at the rate of the document itself: Xero books what another rate makes of it as a currency gain. A
credit that is allocated to an invoice leaves the account as it enters it. Sources: Xero API documentation, Accounts
(SystemAccount), Invoices, Credit Notes, Overpayments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub import Kind, Posting
from hub_xero import marks
from hub_xero.dates import day_of
from hub_xero.exact import Json
from hub_xero.money import in_base
from hub_xero.postings import IN_BOOKS, Address

DEBTORS, CREDITORS = "DEBTORS", "CREDITORS"


@dataclass(frozen=True)
class Owed:
    """What one type of document does to which control account: 1 is a debit."""

    kind: Kind
    system: str
    sign: int
    paid_by: Kind = Kind.PAYMENT
    """What money on it is to the hub."""


@dataclass(frozen=True)
class Ledgers:
    """One of Xero's lists of documents that are owed."""

    path: str
    id_name: str
    number_name: str
    types: Mapping[str, Owed]


INVOICES = Ledgers(
    "Invoices",
    "InvoiceID",
    "InvoiceNumber",
    {"ACCREC": Owed(Kind.INVOICE, DEBTORS, 1), "ACCPAY": Owed(Kind.BILL, CREDITORS, -1)},
)
CREDITS = Ledgers(
    "CreditNotes",
    "CreditNoteID",
    "CreditNoteNumber",
    {
        "ACCRECCREDIT": Owed(Kind.CREDIT_NOTE, DEBTORS, -1, Kind.REFUND),
        "ACCPAYCREDIT": Owed(Kind.SUPPLIER_CREDIT, CREDITORS, 1, Kind.REFUND),
    },
)
OVERPAYMENTS = Ledgers(
    "Overpayments",
    "OverpaymentID",
    "",
    {
        "RECEIVE-OVERPAYMENT": Owed(Kind.PAYMENT, DEBTORS, -1, Kind.REFUND),
        "SPEND-OVERPAYMENT": Owed(Kind.PAYMENT, CREDITORS, 1, Kind.REFUND),
    },
)
"""Their bank transactions show the same money once more."""
BY_PATH: Mapping[str, Ledgers] = {each.path: each for each in (INVOICES, CREDITS, OVERPAYMENTS)}


@dataclass(frozen=True)
class Controls:
    """The codes of the control accounts that are asked for, by Xero's name of them, and where people see a record."""

    codes: Mapping[str, str]
    address: Address

    def postings(self, native: Json, ledgers: Ledgers, *, since: date, until: date) -> Iterator[Posting]:
        """What a document, and the money that moved on it, did to its control account in a period."""
        owed = ledgers.types.get(str(native.get("Type") or ""))
        if owed is None or owed.system not in self.codes or native.get("Status") not in IN_BOOKS:
            return
        posted = (self._document(native, ledgers, owed), *self._money(native, ledgers, owed))
        yield from (each for each in posted if each is not None and since <= each.date <= until)

    def _document(self, native: Json, ledgers: Ledgers, owed: Owed) -> Posting | None:
        day, target_id = day_of(native), str(native[ledgers.id_name])
        if day is None:
            return None
        return Posting(
            kind=owed.kind,
            target_id=target_id,
            date=day,
            account=self.codes[owed.system],
            amount=owed.sign * in_base(_decimal(native, "Total"), native.get("CurrencyRate")),
            number=native.get(ledgers.number_name) or "",
            description=_said(native),
            url=self.address(owed.kind, target_id),
            is_ours=bool(marks.carried_token(native)),
        )

    def _money(self, native: Json, ledgers: Ledgers, owed: Owed) -> Iterator[Posting]:
        number = native.get(ledgers.number_name) or ""
        for payment, amount in _relieved(native):
            day, payment_id = day_of(payment), payment.get("PaymentID")
            if day is not None and payment_id:
                yield Posting(
                    kind=owed.paid_by,
                    target_id=str(payment_id),
                    date=day,
                    account=self.codes[owed.system],
                    amount=-owed.sign * amount,
                    number=number,
                    description=payment.get("Reference") or (f"On {number}" if number else ""),
                    url=self.address(owed.paid_by, str(payment_id)),
                    is_ours=bool(marks.carried_token(payment)),
                )


def _relieved(native: Json) -> Iterator[tuple[Json, Decimal]]:
    """What each payment takes off the control account in the base currency, so that all of them take off the whole."""
    parts = [(each, _decimal(each, "Amount"), True) for each in native.get("Payments") or ()]
    for name in ("CreditNotes", "Prepayments", "Overpayments"):
        parts += [(each, _decimal(each, "AppliedAmount"), False) for each in native.get(name) or ()]
    parts += [(each, _decimal(each, "Amount"), False) for each in native.get("Allocations") or ()]
    rate, done = native.get("CurrencyRate"), Decimal(0)
    for each, amount, is_money in sorted(parts, key=lambda part: day_of(part[0]) or date.min):
        before, done = done, done + amount
        if is_money:
            yield each, in_base(done, rate) - in_base(before, rate)


def _decimal(native: Json, name: str) -> Decimal:
    return Decimal(native.get(name) or 0)


def _said(native: Json) -> str:
    """What it is known by: the first line that says something."""
    return next((line["Description"] for line in native.get("LineItems") or () if line.get("Description")), "")
