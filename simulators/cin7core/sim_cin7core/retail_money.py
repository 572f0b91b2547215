"""Payments and refunds for the retail sales. The data has none, so they follow a fixed rule.

Customers with an identity in the United Kingdom pay invoices with an even number seven days later from the
bank account 090, in full, or half when the number ends in 0, if that day is within fourteen days of the end
of the last loaded month. What a credit note took off before that day is not paid. When a credit note comes
after the payment, every second one is refunded three days later; a payment or refund never exceeds what is
due.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sim_cin7core import chart, stamps
from sim_cin7core.records import EMPTY_ID, ZERO, Document, Payment, Task, cents, identifier

_NUMBER = re.compile(r"\d+")
_PAID_AFTER, _REFUNDED_AFTER, _LATEST = timedelta(days=7), timedelta(days=3), timedelta(days=14)
_UK = "United Kingdom"


def settle(sales: Iterable[Task], varied_fractions: bool = True) -> None:
    """Add payments and refunds to freshly loaded sales; their stamps move on to the latest event."""
    everything = list(sales)
    if not everything:
        return
    last = max(sale.date for sale in everything)
    horizon = date(last.year, last.month, calendar.monthrange(last.year, last.month)[1]) + _LATEST
    refundable = 0
    for sale in everything:
        if sale.party_id == EMPTY_ID or sale.country != _UK or not sale.invoices:
            continue
        _pay(sale, sale.invoices[0], horizon, varied_fractions)
        for credit in sale.credits:
            if (over := _overpaid(sale, credit)) > 0:
                refundable += 1
                if refundable % 2 == 0:
                    _record(sale, credit, over, credit.date + _REFUNDED_AFTER, varied_fractions)


def _pay(sale: Task, invoice: Document, horizon: date, varied: bool) -> None:
    number = int(_digits(invoice.number))
    day = invoice.date + _PAID_AFTER
    earlier = sum((credit.total for credit in sale.credits if credit.date <= day), ZERO)
    due = invoice.total - earlier
    if number % 2 or day > horizon or due <= 0:
        return
    _record(sale, invoice, cents(due / 2) if number % 10 == 0 else due, day, varied)


def _overpaid(sale: Task, credit: Document) -> Decimal:
    """What a credit note gives back beyond what was still due, refunds so far taken into account."""
    invoiced = sum((invoice.total - invoice.paid for invoice in sale.invoices), ZERO)
    credited = sum((other.total - other.paid for other in sale.credits), ZERO)
    return min(credit.total, credited - invoiced)


def _record(sale: Task, document: Document, amount: Decimal, day: date, varied: bool) -> None:
    seed = int(_digits(document.number))
    noon = stamps.ticks_of(datetime(day.year, day.month, day.day, 12, seed % 60, seed // 60 % 60, tzinfo=UTC))
    created = stamps.with_fraction(noon, seed, varied)
    document.payments.append(
        Payment(identifier("payment", document.task_id), amount, day, chart.BANK, sale.rate, created)
    )
    sale.updated = max(sale.updated, created)


def _digits(number: str) -> str:
    found = _NUMBER.search(number)
    return found.group() if found else "1"
