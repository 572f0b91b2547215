"""AdventureWorks purchase orders as purchases of Core; the README says what becomes of each status and
column.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from sim_cin7core import cards, chart, stamps
from sim_cin7core.records import (
    AUTHORISED,
    DRAFT,
    EMPTY_ID,
    EXCLUSIVE,
    PURCHASE,
    VOIDED,
    Card,
    Document,
    JournalLine,
    Line,
    Payment,
    Task,
    cents,
    first_delivery,
    identifier,
)
from sim_cin7core.retail import open_text

SIMPLE, ADVANCED, SERVICE = "Simple Purchase", "Advanced Purchase", "Service Purchase"
TAX_CHARGE, FREIGHT_CHARGE = "Sales tax charged by the supplier", "Freight"
ONE, FALLBACK_RATE = Decimal(1), Decimal("0.62")
_PENDING, _APPROVED, _REJECTED, _COMPLETE = "1", "2", "3", "4"
_FIRST_BILL_NUMBER = 1001
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """The tables of one directory: orders of the chosen month and what belongs to them."""

    orders: list[Row]
    lines: dict[str, list[Row]]
    vendors: dict[str, Row]
    products: dict[str, Row]
    rates: dict[str, Decimal]


def read(directory: Path, month: str) -> Source:
    """Read the .csv or .csv.xz tables; FileNotFoundError when one is missing."""
    orders = [row for row in _table(directory, "purchaseorderheader") if row["OrderDate"].startswith(month)]
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in _table(directory, "purchaseorderdetail"):
        lines[row["PurchaseOrderID"]].append(row)
    rates = {
        row["CurrencyRateDate"][:10]: Decimal(row["AverageRate"])
        for row in _table(directory, "currencyrate")
        if row["FromCurrencyCode"] == "USD" and row["ToCurrencyCode"] == "GBP"
    }
    return Source(
        orders,
        lines,
        {row["BusinessEntityID"]: row for row in _table(directory, "vendor")},
        {row["ProductID"]: row for row in _table(directory, "product")},
        rates,
    )


def _table(directory: Path, name: str) -> Iterator[Row]:
    path = directory / f"{name}.csv.xz"
    with open_text(path if path.exists() else directory / f"{name}.csv") as stream:
        yield from csv.DictReader(stream)


class PurchaseLoader:
    """Turns purchase orders into cards and purchases dated in another month."""

    def __init__(self, source: Source, moved_to: str, direction: str, varied_fractions: bool = True) -> None:
        self._source = source
        self._year, self._month = (int(part) for part in moved_to.split("-"))
        self._direction = direction
        self._varied = varied_fractions
        self._bills: dict[str, int] = defaultdict(lambda: _FIRST_BILL_NUMBER)
        self._completed = 0

    def suppliers(self) -> list[Card]:
        """One per vendor of the orders: even vendor numbers trade in pounds, odd ones in dollars."""
        used = dict.fromkeys(row["VendorID"] for row in self._source.orders)
        return [
            cards.supplier(
                vendor,
                self._source.vendors[vendor]["Name"],
                self._stamp(self._start(), position),
                _country(vendor),
                _currency(vendor),
            )
            for position, vendor in enumerate(used)
        ]

    def products(self) -> list[Card]:
        """One per part on the orders."""
        used = dict.fromkeys(
            row["ProductID"] for order in self._source.orders for row in self._source.lines[order["PurchaseOrderID"]]
        )
        parts = [(key, self._source.products[key]) for key in used]
        return [
            cards.product(
                _key(key),
                part["ProductNumber"],
                part["Name"],
                self._stamp(self._start(), position),
                cost=Decimal(part["StandardCost"]),
            )
            for position, (key, part) in enumerate(parts)
        ]

    def purchases(self, repeat: int = 1) -> list[Task]:
        """The purchases, each ``repeat`` times over under distinct numbers and IDs."""
        return [
            self._purchase(order, copy, position)
            for copy in range(1, repeat + 1)
            for position, order in enumerate(self._source.orders)
        ]

    def _purchase(self, order: Row, copy: int, position: int) -> Task:
        key, vendor, day = order["PurchaseOrderID"], order["VendorID"], self._moved(order["OrderDate"])
        currency, kind = _currency(vendor), _kind(int(key))
        rate = self._rate(order["OrderDate"], currency)
        lines, charges = self._parts(order, kind)
        task_id = identifier("purchase", copy, key)
        number = f"PO-{int(key):05d}" if copy == 1 else f"PO-{int(key):05d}-{copy}"
        stamp = self._stamp(datetime.combine(self._moved(order["ShipDate"], after=day), time(15), UTC), position)
        ordered = Document(
            EMPTY_ID,
            number,
            VOIDED if order["Status"] == _REJECTED else AUTHORISED,
            day,
            rate,
            lines,
            charges,
        ).reckon(EXCLUSIVE)
        task = Task(
            task_id,
            PURCHASE,
            number,
            kind,
            identifier("supplier", vendor),
            self._source.vendors[vendor]["Name"],
            currency,
            rate,
            chart.NO_VAT,
            EXCLUSIVE,
            chart.DEFAULT_TERMS,
            day,
            ordered,
            stamp,
            stamp,
            country=_country(vendor),
            void=order["Status"] == _REJECTED,
            deliveries=first_delivery(PURCHASE, task_id, ordered) if order["Status"] == _COMPLETE else [],
        )
        self._bill(task, order, vendor)
        return task

    def _parts(self, order: Row, kind: str) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
        """A service purchase has additional charges only; the supplier's sales tax is a cost, not VAT."""
        rows = self._source.lines[order["PurchaseOrderID"]]
        extra = (
            _charge(TAX_CHARGE, order["TaxAmt"], chart.COST_OF_GOODS),
            _charge(FREIGHT_CHARGE, order["Freight"], chart.FREIGHT),
        )
        lines = tuple(self._line(row, Decimal(row["OrderQty"])) for row in rows)
        if kind == SERVICE:
            return (), (
                *(
                    Line(
                        line.name,
                        line.quantity,
                        line.price,
                        line.total,
                        line.tax_rule,
                        chart.CONSUMABLES,
                        comment=line.sku,
                    )
                    for line in lines
                ),
                *extra,
            )
        return lines, extra

    def _line(self, row: Row, quantity: Decimal) -> Line:
        part, price = self._source.products[row["ProductID"]], Decimal(row["UnitPrice"])
        return Line(
            part["Name"],
            quantity,
            price,
            cents(quantity * price),
            chart.NO_VAT,
            chart.INVENTORY,
            identifier("product", _key(row["ProductID"])),
            part["ProductNumber"],
            average_cost=price,
        )

    def _bill(self, task: Task, order: Row, vendor: str) -> None:
        status = _bill_status(order)
        if status is None:
            return
        for position, (lines, charges) in enumerate(_shares(task), start=1):
            task_id = task.id if task.type == SIMPLE else identifier("bill", task.id, position)
            due = task.date + timedelta(days=30)
            task.invoices.append(
                Document(task_id, str(self._bills[vendor]), status, task.date, task.rate, lines, charges, due).reckon(
                    EXCLUSIVE
                )
            )
            self._bills[vendor] += 1
        if status == AUTHORISED:
            self._credit(task, order)
            self._pay(task)

    def _credit(self, task: Task, order: Row) -> None:
        """Rejected pieces are credited by the supplier; a service purchase has no pieces to reject."""
        rejected = [(row, Decimal(row["RejectedQty"])) for row in self._source.lines[order["PurchaseOrderID"]]]
        lines = tuple(self._line(row, quantity) for row, quantity in rejected if quantity > 0)
        if not lines or task.type == SERVICE:
            return
        number = f"CR-{task.number.removeprefix('PO-')}"
        task.credits.append(
            Document(
                identifier("supplier credit", task.id),
                number,
                AUTHORISED,
                task.date + timedelta(days=5),
                task.rate,
                lines,
                against=task.invoices[0].number,
            ).reckon(EXCLUSIVE)
        )

    def _pay(self, task: Task) -> None:
        """Every third complete order of a supplier in pounds is paid ten days later, less its credit note."""
        if task.currency != chart.CURRENCY:
            return
        self._completed += 1
        credited = sum((credit.total for credit in task.credits), Decimal(0))
        if self._completed % 3:
            return
        day = task.date + timedelta(days=10)
        created = self._stamp(datetime.combine(day, time(11), UTC), self._completed)
        for bill in task.invoices:
            amount = max(bill.total - credited, Decimal(0))
            credited -= min(bill.total, credited)
            if amount > 0:
                bill.payments.append(
                    Payment(identifier("payment", task.id, bill.number), amount, day, chart.BANK, ONE, created)
                )
        task.updated = max(task.updated, created)

    def _rate(self, day: str, currency: str) -> Decimal:
        if currency == chart.CURRENCY:
            return ONE
        base_per_foreign = self._source.rates.get(day[:10], FALLBACK_RATE)
        if self._direction == "base_per_foreign":
            return base_per_foreign
        return (1 / base_per_foreign).quantize(Decimal("0.00000001"))

    def _moved(self, text: str, after: date | None = None) -> date:
        day = date.fromisoformat(text[:10]).day
        moved = date(self._year, self._month, min(day, monthrange(self._year, self._month)[1]))
        if after is None or moved >= after:
            return moved
        return date(self._year + self._month // 12, self._month % 12 + 1, min(day, 28))

    def _start(self) -> datetime:
        return datetime(self._year, self._month, 1, 7, tzinfo=UTC)

    def _stamp(self, moment: datetime, seed: int) -> int:
        return stamps.with_fraction(stamps.ticks_of(moment), seed, self._varied)


def land(purchases: list[Task]) -> None:
    """Carriage that comes to the first simple and the first advanced purchase that was received, made up."""
    for kind, amount, days in ((SIMPLE, "36.40", 0), (ADVANCED, "58.15", 9)):
        task = next((task for task in purchases if task.type == kind and task.deliveries), None)
        if task is not None:
            day = task.date + timedelta(days=days)
            task.journals.append(
                JournalLine(chart.INVENTORY, chart.FREIGHT, Decimal(amount), day, "Landed cost", system=True)
            )


def _shares(task: Task) -> list[tuple[tuple[Line, ...], tuple[Line, ...]]]:
    """An advanced purchase of several lines is billed in two parts, the charges with the second."""
    lines, charges = task.order.lines, task.order.charges
    if task.type == ADVANCED and len(lines) > 1:
        return [(lines[:1], ()), (lines[1:], charges)]
    return [(lines, charges)]


def _bill_status(order: Row) -> str | None:
    """Complete: authorised; rejected: voided; otherwise a draft for even numbers, none for odd ones."""
    if order["Status"] == _COMPLETE:
        return AUTHORISED
    if order["Status"] == _REJECTED:
        return VOIDED
    return DRAFT if int(order["PurchaseOrderID"]) % 2 == 0 else None


def _kind(order_id: int) -> str:
    return {7: ADVANCED, 8: ADVANCED, 9: SERVICE}.get(order_id % 10, SIMPLE)


def _currency(vendor: str) -> str:
    return chart.CURRENCY if int(vendor) // 2 % 2 == 0 else "USD"


def _country(vendor: str) -> str:
    return "United Kingdom" if _currency(vendor) == chart.CURRENCY else "USA"


def _key(product: str) -> str:
    return f"part {product}"


def _charge(text: str, amount: str, account: str) -> Line:
    price = cents(Decimal(amount))
    return Line(text, ONE, price, price, chart.NO_VAT, account)
