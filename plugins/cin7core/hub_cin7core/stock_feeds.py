"""The feeds of stocktakes, adjustments, assemblies and the like, and of journals of their own.

Core lists them without a filter of changes and mostly without a stamp, so each sync walks the whole list, and the
content of a row says whether its document changed (Cin7 Core API v2 documentation, Stock, Finished Goods, Disassembly,
Inventory Write-Off, Journal). The list of stocktakes comes under the key of adjustments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hub import Feed, Kind
from hub_cin7core.native_stock import (
    ADJUSTMENT,
    ASSEMBLY,
    DISASSEMBLY,
    MANUAL,
    STOCKTAKE,
    WRITE_OFF,
    StockForm,
)

_A_MONTH = timedelta(days=31)
_A_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class StockList:
    """A list whose rows are summaries of details, or whole documents where ``detail`` is empty.

    ``afterthought`` is how long after the day in its row a document may be booked.
    """

    feed: Feed
    path: str
    key: str
    detail: str
    form: StockForm
    afterthought: timedelta = _A_MONTH


def _list(
    feed: str, path: str, key: str, detail: str, form: StockForm, afterthought: timedelta = _A_MONTH
) -> StockList:
    return StockList(Feed(feed, frozenset({Kind.JOURNAL})), path, key, detail, form, afterthought)


STOCK_LISTS = (
    _list("stock_adjustments", "stockadjustmentList", "StockAdjustmentList", "stockadjustment", ADJUSTMENT),
    _list("stocktakes", "stockTakeList", "StockAdjustmentList", "stocktake", STOCKTAKE),
    # The day in these two lists may be that of creation; the work may be completed much later.
    _list("assemblies", "finishedGoodsList", "FinishedGoods", "finishedGoods", ASSEMBLY, _A_YEAR),
    _list("disassemblies", "disassemblyList", "Disassemblies", "disassembly", DISASSEMBLY, _A_YEAR),
    _list("write_offs", "inventoryWriteOffList", "InventoryWriteOffs", "inventoryWriteOff", WRITE_OFF),
    _list("journals", "journal", "Journals", "", MANUAL),
)
