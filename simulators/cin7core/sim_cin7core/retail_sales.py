"""Retail documents as sales of Core, with credit notes put into the sale that they credit where one can be
found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sim_cin7core import cards, chart, stamps
from sim_cin7core.records import (
    AUTHORISED,
    EMPTY_ID,
    EXCLUSIVE,
    NOT_AVAILABLE,
    SALE,
    STANDALONE_CREDIT,
    Card,
    Document,
    Line,
    Task,
    cents,
    first_delivery,
    identifier,
)
from sim_cin7core.retail import Entry, Good, Paper, goods, service_account

ONE = Decimal(1)
TERM_DAYS = 30


@dataclass(slots=True)
class Books:
    """What was made of the data."""

    customers: list[Card]
    products: list[Card]
    sales: list[Task]


@dataclass(slots=True)
class _Open:
    """A loaded sale and what of it has not been credited yet, by product."""

    sale: Task
    remaining: Counter[str]

    def covers(self, wanted: Counter[str]) -> bool:
        return all(self.remaining[key] >= quantity for key, quantity in wanted.items())


class RetailLoader:
    """Turns documents into cards and sales; the same documents always give the same records."""

    def __init__(self, papers: list[Paper], varied_fractions: bool = True) -> None:
        self._papers = papers
        self._varied = varied_fractions
        self._goods = goods(papers)
        self._parts: dict[str, tuple[tuple[Line, ...], tuple[Line, ...]]] = {}

    def load(self, repeat: int = 1) -> Books:
        """The books, with every sale ``repeat`` times over under distinct numbers and IDs."""
        sales = [sale for copy in range(1, repeat + 1) for sale in self._sales(copy)]
        return Books(list(self._customers()), list(self._products()), sales)

    def _customers(self) -> Iterator[Card]:
        seen: set[str] = set()
        for position, paper in enumerate(self._papers):
            if paper.customer and paper.customer not in seen:
                seen.add(paper.customer)
                yield cards.customer(
                    paper.customer, f"Customer {paper.customer}", self._stamp(paper, position), paper.country
                )

    def _products(self) -> Iterator[Card]:
        for position, good in enumerate(self._goods.values()):
            stamp = stamps.with_fraction(stamps.ticks_of(stamps.london_to_utc(good.first_seen)), position, self._varied)
            account = service_account(good.sku)
            kind = cards.SERVICE if account else cards.STOCK
            yield cards.product(good.key, good.sku, good.name, stamp, kind, good.price, good.cost, account)

    def _sales(self, copy: int) -> Iterator[Task]:
        candidates: dict[str, list[_Open]] = defaultdict(list)
        for position, paper in enumerate(self._papers):
            sale = self._credited(paper, candidates[paper.customer], copy, position) if paper.credit else None
            if sale is None:
                sale = self._sale(paper, copy, position)
                yield sale
                if paper.customer and not paper.credit:
                    candidates[paper.customer].append(_Open(sale, _quantities(paper)))

    def _credited(self, paper: Paper, candidates: list[_Open], copy: int, position: int) -> Task | None:
        """Put a credit note into the latest earlier invoice of the customer that covers it, if there is
        one.
        """
        wanted = _quantities(paper, sign=-1)
        found = next((item for item in reversed(candidates) if item.covers(wanted)), None)
        if found is None:
            return None
        found.remaining.subtract(wanted)
        against = found.sale.invoices[0].number
        found.sale.credits.append(self._document(paper, copy, "credit", against))
        found.sale.updated = max(found.sale.updated, self._stamp(paper, position))
        return found.sale

    def _sale(self, paper: Paper, copy: int, position: int) -> Task:
        number = _numbered(paper.number, copy)
        document = self._document(paper, copy, "credit" if paper.credit else "invoice")
        stamp = self._stamp(paper, position)
        known = bool(paper.customer)
        order = Document(EMPTY_ID, f"SO-{number}", AUTHORISED, document.date, ONE, document.lines, document.charges)
        if paper.credit:
            order = Document(EMPTY_ID, f"SO-{number}", NOT_AVAILABLE, document.date, ONE)
        sale_id = identifier("sale", copy, paper.number)
        return Task(
            sale_id,
            SALE,
            order.number,
            _type(paper, document),
            identifier("customer", paper.customer) if known else EMPTY_ID,
            f"Customer {paper.customer}" if known else "",
            chart.CURRENCY,
            ONE,
            chart.NO_VAT,
            EXCLUSIVE,
            chart.DEFAULT_TERMS,
            document.date,
            order.reckon(EXCLUSIVE),
            stamp,
            stamp,
            [] if paper.credit else [document],
            [document] if paper.credit else [],
            country=paper.country,
            channel=None if known else "Web shop",
            deliveries=first_delivery(SALE, sale_id, order),
        )

    def _document(self, paper: Paper, copy: int, kind: str, against: str = "") -> Document:
        if paper.number not in self._parts:
            self._parts[paper.number] = self._split(paper)
        lines, charges = self._parts[paper.number]
        day = paper.when.date()
        due = day + timedelta(days=TERM_DAYS) if kind == "invoice" else None
        return Document(
            identifier(kind, copy, paper.number),
            _numbered(paper.number, copy),
            AUTHORISED,
            day,
            ONE,
            lines,
            charges,
            due,
            against,
        ).reckon(EXCLUSIVE)

    def _split(self, paper: Paper) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
        """Goods become product lines, services additional charges; quantities of credit notes change their
        sign.
        """
        sign = -1 if paper.credit else 1
        lines = tuple(
            _line(entry, self._goods[entry.code.casefold()], sign)
            for entry in paper.entries
            if not service_account(entry.code)
        )
        charges = tuple(
            _charge(entry, self._goods[entry.code.casefold()], sign)
            for entry in paper.entries
            if service_account(entry.code)
        )
        return lines, charges

    def _stamp(self, paper: Paper, position: int) -> int:
        return stamps.with_fraction(stamps.ticks_of(stamps.london_to_utc(paper.when)), position, self._varied)


def _numbered(number: str, copy: int) -> str:
    return number if copy == 1 else f"{number}-{copy}"


def _type(paper: Paper, document: Document) -> str:
    if paper.credit:
        return STANDALONE_CREDIT
    return "Simple Sale" if document.lines else "Service Sale"


def _quantities(paper: Paper, sign: int = 1) -> Counter[str]:
    quantities: Counter[str] = Counter()
    for entry in paper.entries:
        quantities[entry.code.casefold()] += int(entry.quantity) * sign
    return quantities


def _line(entry: Entry, good: Good, sign: int) -> Line:
    quantity = entry.quantity * sign
    return Line(
        entry.text or good.name,
        quantity,
        entry.price,
        cents(quantity * entry.price),
        chart.NO_VAT,
        chart.SALES,
        good.product_id,
        entry.code,
        average_cost=good.cost,
    )


def _charge(entry: Entry, good: Good, sign: int) -> Line:
    quantity = entry.quantity * sign
    return Line(
        entry.text or good.name,
        quantity,
        entry.price,
        cents(quantity * entry.price),
        chart.NO_VAT,
        service_account(entry.code) or chart.OTHER_REVENUE,
        comment=entry.code,
    )
