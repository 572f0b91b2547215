"""Online Retail data (one row per document line) as documents; the README tells of its oddities."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TextIO, cast

from sim_cin7core import chart
from sim_cin7core.records import identifier

COLUMNS = (
    "invoice",
    "stockcode",
    "description",
    "quantity",
    "invoice_date",
    "unit_price",
    "customer_id",
    "country",
)
SERVICES = {
    "post": chart.OTHER_REVENUE,
    "dot": chart.OTHER_REVENUE,
    "c2": chart.OTHER_REVENUE,
    "m": chart.OTHER_REVENUE,
    "d": chart.SALES,
    "s": chart.SAMPLES,
    "bank charges": chart.BANK_FEES,
    "amazonfee": chart.BANK_FEES,
    "b": chart.OTHER_REVENUE,
    "cruk": chart.OTHER_REVENUE,
}
_VOUCHER = "gift_"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a document, as in the data."""

    code: str
    text: str
    quantity: Decimal
    price: Decimal


@dataclass(slots=True)
class Paper:
    """One document: an invoice or, with a number that begins with C, a credit note."""

    number: str
    when: datetime
    customer: str
    country: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def credit(self) -> bool:
        """Whether it is a credit note."""
        return self.number[:1] in "Cc"


def service_account(code: str) -> str | None:
    """The revenue account of a code that is no goods, None for goods."""
    folded = code.casefold()
    return chart.OTHER_REVENUE if folded.startswith(_VOUCHER) else SERVICES.get(folded)


def open_text(path: Path) -> TextIO:
    """A .csv or .csv.xz file for reading."""
    if path.suffix == ".xz":
        return cast(TextIO, lzma.open(path, "rt", encoding="utf-8", newline=""))
    return path.open(encoding="utf-8", newline="")


def read(path: Path, month: str | None = None) -> list[Paper]:
    """The documents of a file, or those whose first line is dated in ``month`` (YYYY-MM)."""
    with open_text(path) as stream:
        papers = list(_papers(csv.DictReader(stream)))
    return [paper for paper in papers if month is None or paper.when.strftime("%Y-%m") == month]


def _papers(rows: Iterable[dict[str, str]]) -> Iterable[Paper]:
    papers: dict[str, Paper] = {}
    for row in rows:
        if not papers and (missing := [name for name in COLUMNS if name not in row]):
            raise ValueError(f"missing columns: {', '.join(missing)}")
        number, when = row["invoice"], datetime.fromisoformat(row["invoice_date"])
        paper = papers.get(number)
        if paper is None:
            paper = papers[number] = Paper(number, when, row["customer_id"].removesuffix(".0"), row["country"])
        paper.when = min(paper.when, when)
        paper.entries.append(
            Entry(
                row["stockcode"],
                row["description"].strip(),
                Decimal(row["quantity"]),
                Decimal(row["unit_price"]),
            )
        )
    return papers.values()


@dataclass(frozen=True)
class Good:
    """What the lines of one stock code (letter case apart) say about the product."""

    key: str
    sku: str
    name: str
    price: Decimal
    first_seen: datetime

    @cached_property
    def product_id(self) -> str:
        """The ID of its product card."""
        return identifier("product", self.key)

    @cached_property
    def cost(self) -> Decimal:
        """Made up, since the data knows no costs: half the first price."""
        return Decimal(0) if service_account(self.sku) else (self.price / 2).quantize(Decimal("0.0001"))


def goods(papers: Iterable[Paper]) -> dict[str, Good]:
    """One product per stock code; spellings that differ by letter case only are one, named as first seen."""
    found: dict[str, Good] = {}
    for paper, entry in _entries(papers):
        key = entry.code.casefold()
        old = found.get(key)
        if old is None:
            found[key] = Good(key, entry.code, _name(entry) or entry.code, max(entry.price, Decimal(0)), paper.when)
        elif old.price == 0 and entry.price > 0:
            found[key] = Good(key, old.sku, _name(entry) or old.name, entry.price, old.first_seen)
    return found


def _entries(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Entry]]:
    return ((paper, entry) for paper in papers for entry in paper.entries)


def _name(entry: Entry) -> str:
    """Descriptions of lines without a price are notes such as "damaged", not names."""
    return entry.text if entry.price > 0 else ""
