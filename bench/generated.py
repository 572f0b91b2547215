"""A stock system whose trade is made up as it is read, so that it takes no memory whatever there is of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hub.documents import Contact, Invoice, Line
from hub.providers import Organisation, Page, Record, Want
from hub.testing import MemoryStock
from hub.testing.memory import StockSession

PAGE = 100
CUSTOMERS = 50
LINES = 3
FIRST_DAY = date(2026, 1, 5)
ACCOUNT, TAX_CODE = "200", "NONE"


def customer(number: int) -> Contact:
    """A customer."""
    return Contact(external_id=f"c{number}", name=f"Customer {number:03d}", is_customer=True)


def invoice(number: int) -> Invoice:
    """An invoice with three lines; its customer and amounts follow from its number."""
    prices = [Decimal(100 + (number * 7 + position * 13) % 900) / 10 for position in range(LINES)]
    lines = tuple(
        Line(
            description=f"Article {(number + position) % 97:02d} of the spring catalogue, boxed",
            quantity=Decimal(position + 1),
            unit_price=price,
            amount=(price * (position + 1)).quantize(Decimal("0.01")),
            account=ACCOUNT,
            tax_code=TAX_CODE,
        )
        for position, price in enumerate(prices)
    )
    total = sum((line.amount for line in lines), Decimal(0))
    day = FIRST_DAY + timedelta(days=number % 28)
    return Invoice(
        external_id=f"i{number}",
        number=f"SO-{number:06d}",
        date=day,
        due_date=day + timedelta(days=30),
        contact_id=f"c{number % CUSTOMERS}",
        currency="USD",
        lines=lines,
        subtotal=total,
        tax=Decimal(0),
        total=total,
    )


class GeneratedStock(MemoryStock):
    """The stock system; ``invoices`` is how many there are by now."""

    def __init__(self) -> None:
        super().__init__()
        self.invoices = 0

    def open(self, connection: Any, http: Any) -> GeneratedSession:
        """A conversation."""
        return GeneratedSession(self.shelf, self)


@dataclass
class GeneratedSession(StockSession):
    """A conversation about generated trade."""

    stock: GeneratedStock

    def check(self) -> Organisation:
        """The company."""
        return Organisation(id="generated", name="Generated Inc", base_currency="USD")

    def _records(self, want: Want) -> Iterator[Page]:
        """Customers the first time, then the invoices that were not read yet, page by page."""
        done = int(want.progress or want.cursor or -1)
        if done < 0:
            documents = tuple(Record(f"c{n}", "1", (customer(n),)) for n in range(CUSTOMERS))
            yield Page(records=documents, progress="0", watermark=None if self.stock.invoices else "0")
            done = 0
        while done < self.stock.invoices:
            until = min(done + PAGE, self.stock.invoices)
            records = tuple(Record(f"i{n}", "1", (invoice(n),)) for n in range(done, until))
            last = str(until) if until == self.stock.invoices else None
            yield Page(records=records, progress=str(until), watermark=last)
            done = until
            if last:
                return
        if done and done == int(want.cursor or 0):
            yield Page(watermark=str(done))
