"""What an account starts with: the extract in the package, files of the caller, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim_cin7core import adventure, retail, retail_money
from sim_cin7core.retail_sales import RetailLoader
from sim_cin7core.retail_stock import Extras, StockMaker
from sim_cin7core.store import Store
from sim_cin7core.switches import Switches

_DATA = Path(__file__).parent / "data"
_SHIPPED_MONTH, _SHIPPED_PURCHASES_MONTH = "2010-12", "2013-11"


@dataclass(frozen=True, slots=True)
class Sources:
    """Which data to load; with neither file nor directory the extract in the package.

    ``stock`` adds what the data lacks: opening stock, adjustments and all else that moves stock, landed costs.
    """

    data: Path | None = None
    month: str | None = None
    purchases: Path | None = None
    purchases_month: str = _SHIPPED_PURCHASES_MONTH
    purchases_as: str = _SHIPPED_MONTH
    repeat: int = 1
    empty: bool = False
    stock: bool = False


def load(store: Store, sources: Sources, switches: Switches) -> None:
    """Fill the store. ValueError or OSError say what is wrong with a file."""
    if sources.empty:
        return
    shipped = sources.data is None and sources.purchases is None
    varied = switches.on("varied_fractions")
    if shipped or sources.data is not None:
        papers = retail.read(sources.data or _DATA / "online_retail_2010-12.csv.xz", sources.month)
        books = RetailLoader(papers, varied).load(sources.repeat)
        retail_money.settle(books.sales, varied)
        extras = StockMaker(books).make() if sources.stock else Extras()
        store.add_all((*books.customers, *books.products, *extras.products, *books.sales))
        store.add_all((*extras.tasks, *extras.journals))
    if shipped or sources.purchases is not None:
        source = adventure.read(sources.purchases or _DATA / "purchases", sources.purchases_month)
        loader = adventure.PurchaseLoader(source, sources.purchases_as, switches["currency_rate"], varied)
        purchases = loader.purchases(sources.repeat)
        if sources.stock:
            adventure.land(purchases)
        store.add_all((*loader.suppliers(), *loader.products(), *purchases))
