"""The general ledger of one organisation, worked out from its own documents whenever it is asked for.

Debits are positive and credits negative, in base currency. Only what is approved counts: AUTHORISED and PAID documents,
payments and allocations not deleted, POSTED (and archived) manual journals, AUTHORISED bank transactions, opening
balances. A document is translated at its own rate (foreign units for one base unit); money and credits against it at
theirs, and the difference goes to the realised currency gains. Source: Xero API documentation, Journals (source types)
and Accounts (system accounts); the double entry itself is bookkeeping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .books import Books
from .money import ZERO, rounded
from .records import Allocation, BankTransaction, Document, ManualJournal, Payment

_APPROVED = ("AUTHORISED", "PAID")
# An archived journal is one taken off the list of posted journals, not out of the books.
_IN_FORCE = ("POSTED", "ARCHIVED")


@dataclass(frozen=True, slots=True)
class Posting:
    """One amount on one account; `source` is Xero's word for the sort of document."""

    date: date
    account_id: str
    amount: Decimal
    source: str
    document_id: str


Amounts = list[tuple[str, Decimal]]


class Ledger:
    """A reading of the books; system accounts and account codes are looked up once."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._system = {a.system_account: a.account_id for a in books.accounts if a.system_account}
        self._codes = {a.code: a.account_id for a in books.accounts if a.code and a.status != "DELETED"}

    def postings(self) -> Iterator[Posting]:
        """Every posting, in no particular order; those of one document add up to zero."""
        books = self._books
        for document in (*books.invoices, *books.credit_notes):
            if document.status in _APPROVED:
                yield from self._trade(document)
        for payment in books.payments:
            if payment.status == "AUTHORISED":
                yield from self._payment(payment)
        for allocation in books.allocations:
            if not allocation.deleted:
                yield from self._allocation(allocation)
        for journal in books.manual_journals:
            if journal.status in _IN_FORCE:
                yield from self._journal(journal)
        for transaction in books.bank_transactions:
            if transaction.status == "AUTHORISED":
                yield from self._bank(transaction)
        yield from self._opening()

    def _trade(self, document: Document) -> Iterator[Posting]:
        """Invoice, bill or credit note: its control account against the accounts of its lines and the tax."""
        sign = _sign(document)
        amounts = [
            (self._control(document), sign * _base(document.total, document.rate)),
            *self._lines(document, -sign),
        ]
        yield from self._closed(document.date, amounts, document.type, document.document_id, "ROUNDING")

    def _lines(self, of: Document | BankTransaction, sign: int) -> Amounts:
        """The lines without their tax, each on its account, and the tax of all on the tax account."""
        inclusive = of.line_amount_types == "Inclusive"
        nets = ((line, line.line_amount - (line.tax_amount if inclusive else ZERO)) for line in of.lines)
        amounts = [(self._codes[line.account_code], sign * _base(net, of.rate)) for line, net in nets if net]
        return [*amounts, (self._system["GST"], sign * _base(of.total_tax, of.rate))]

    def _payment(self, payment: Payment) -> Iterator[Posting]:
        document = self._document(payment.document_id, payment.is_refund)
        sign = _sign(document)
        amounts: Amounts = [
            (payment.account_id, sign * _base(payment.amount, payment.rate)),
            (self._control(document), -sign * self._relief(document, payment.payment_id)),
        ]
        source, key = payment.payment_type, payment.payment_id
        yield from self._closed(payment.date, amounts, source, key, "REALISEDCURRENCYGAIN")

    def _allocation(self, allocation: Allocation) -> Iterator[Posting]:
        """Both sides leave the same control account, each at the rate of its own document."""
        note = self._document(allocation.credit_note_id, True)
        sides = (note, self._document(allocation.invoice_id, False))
        key = allocation.allocation_id
        amounts: Amounts = [(self._control(side), -_sign(side) * self._relief(side, key)) for side in sides]
        yield from self._closed(allocation.date, amounts, note.type, key, "REALISEDCURRENCYGAIN")

    def _journal(self, journal: ManualJournal) -> Iterator[Posting]:
        amounts: Amounts = [(line.account_id, journal.net(line)) for line in journal.lines]
        amounts.append((self._system["GST"], sum((line.tax_amount for line in journal.lines), ZERO)))
        yield from self._closed(journal.date, amounts, "MANJOURNAL", journal.journal_id, "ROUNDING")

    def _bank(self, transaction: BankTransaction) -> Iterator[Posting]:
        sign, source = (1, "CASHREC") if transaction.is_received else (-1, "CASHPAID")
        moved = (transaction.account_id, sign * _base(transaction.total, transaction.rate))
        amounts = [moved, *self._lines(transaction, -sign)]
        yield from self._closed(transaction.date, amounts, source, transaction.transaction_id, "ROUNDING")

    def _opening(self) -> Iterator[Posting]:
        """Opening balances; what they lack to balance is the historical adjustment."""
        by_day: dict[date, Amounts] = defaultdict(list)
        for opening in self._books.opening_balances:
            by_day[opening.date].append((opening.account_id, opening.amount))
        for day, amounts in by_day.items():
            yield from self._closed(day, amounts, "CONVERSION", "", "HISTORICAL")

    def _closed(self, on: date, amounts: Amounts, source: str, key: str, rest_to: str) -> Iterator[Posting]:
        """The postings of one document, closed by what is left over on a system account."""
        rest = -sum((amount for _, amount in amounts), ZERO)
        for account_id, amount in [*amounts, (self._system[rest_to], rest)]:
            if amount:
                yield Posting(on, account_id, amount, source, key)

    def _control(self, document: Document) -> str:
        return self._system["DEBTORS" if document.is_sale else "CREDITORS"]

    def _document(self, key: str, is_credit_note: bool) -> Document:
        return (self._books.credit_notes if is_credit_note else self._books.invoices)[key]

    def _relief(self, document: Document, key: str) -> Decimal:
        """What one payment or allocation takes off the control account, so that all of them take off the whole."""
        books = self._books
        parts = [(p.date, p.payment_id, p.amount) for p in map(books.payments.get, document.payment_ids) if p]
        parts += [(a.date, a.allocation_id, a.amount) for a in map(books.allocations.get, document.allocation_ids) if a]
        done = ZERO
        for _, part, amount in sorted(parts):
            before, done = done, done + amount
            if part == key:
                return _base(done, document.rate) - _base(before, document.rate)
        raise KeyError(key)


def _sign(document: Document) -> int:
    """1 where the control account is debited: sales invoices and credits from suppliers."""
    return 1 if document.is_sale != document.is_credit_note else -1


def _base(amount: Decimal, rate: Decimal) -> Decimal:
    return amount if rate == 1 else rounded(amount / rate)


def balances(postings: Iterable[Posting], since: date | None, until: date) -> dict[str, Decimal]:
    """What each account moved by from `since` (None: ever) to `until`, both included, by account id."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for posting in postings:
        if posting.date <= until and (since is None or posting.date >= since):
            sums[posting.account_id] += posting.amount
    return dict(sums)
