"""What changes stock beside sales and purchases, and journals of their own, each a task in Core's words.

Sources: Cin7 Core API v2 documentation, Stock adjustment, Stock take, Finished goods, Disassembly, Inventory write-off
and Journal. Adjustments and stocktakes share the numbers ST-, assemblies, disassemblies and write-offs the numbers FG-.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sim_cin7core.records import DRAFT, VOIDED, ZERO, JournalLine

ADJUSTMENT, STOCKTAKE, ASSEMBLY = "StockAdjustment", "StockTake", "FinishedGoods"
DISASSEMBLY, WRITE_OFF = "Disassembly", "InventoryWriteOff"
COMPLETED, IN_PROGRESS, WORK_IN_PROGRESS = "COMPLETED", "IN PROGRESS", "WORK IN PROGRESS"
KINDS = (ADJUSTMENT, STOCKTAKE, ASSEMBLY, DISASSEMBLY, WRITE_OFF)
STATUSES = {
    ADJUSTMENT: (DRAFT, COMPLETED, VOIDED),
    STOCKTAKE: (DRAFT, IN_PROGRESS, COMPLETED, VOIDED),
    ASSEMBLY: (DRAFT, "AUTHORISED", IN_PROGRESS, COMPLETED, VOIDED),
    DISASSEMBLY: (DRAFT, WORK_IN_PROGRESS, COMPLETED, VOIDED),
    WRITE_OFF: (DRAFT, COMPLETED, VOIDED),
}
PREFIXES = {ADJUSTMENT: "ST-", STOCKTAKE: "ST-", ASSEMBLY: "FG-", DISASSEMBLY: "FG-", WRITE_OFF: "FG-"}


@dataclass(frozen=True, slots=True)
class StockLine:
    """A product in a stock task.

    In adjustments and stocktakes ``quantity`` is the new quantity on hand and ``on_hand`` the one before; for new stock
    there was none. ``unit_cost`` is given for new stock only, in disassemblies it says what the part is worth.
    ``account`` is the line's own expense account or, without one, that of the task.
    """

    product_id: str
    sku: str
    name: str
    quantity: Decimal
    on_hand: Decimal = ZERO
    unit_cost: Decimal | None = None
    account: str = ""
    new: bool = False

    @property
    def change(self) -> Decimal:
        """By how much an adjustment or stocktake changes what is on hand."""
        return self.quantity - self.on_hand


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """Work that an assembly or disassembly adds to the cost of what it makes, out of an expense account."""

    name: str
    account: str
    amount: Decimal


@dataclass(slots=True)
class StockTask:
    """An adjustment, stocktake, assembly, disassembly or write-off.

    ``date`` is its effective or completion date, ``started`` the day on which it was entered. ``product_id`` and
    ``quantity`` are those of the assembled or taken apart product; the components are in ``lines``.
    """

    id: str
    kind: str
    number: str
    status: str
    date: dt.date
    account: str
    created: int
    updated: int
    started: dt.date
    lines: tuple[StockLine, ...] = ()
    services: tuple[ServiceLine, ...] = ()
    product_id: str = ""
    sku: str = ""
    name: str = ""
    quantity: Decimal = ZERO
    wip_account: str = ""
    wip_date: dt.date | None = None
    reference: str = ""
    comment: str = ""

    @property
    def completed(self) -> bool:
        """Whether it stands in the books with everything."""
        return self.status == COMPLETED

    @property
    def begun(self) -> bool:
        """Whether its components are taken from stock."""
        return self.status in (COMPLETED, IN_PROGRESS, WORK_IN_PROGRESS)


@dataclass(slots=True)
class Journal:
    """A journal of its own; amounts of ``lines`` are in ``currency``, ``rate`` as documents have it."""

    id: str
    number: str
    status: str
    date: dt.date
    currency: str
    rate: Decimal
    created: int
    updated: int
    lines: tuple[JournalLine, ...] = ()
    narration: str = ""
    notes: str = ""
