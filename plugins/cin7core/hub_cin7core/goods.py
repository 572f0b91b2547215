"""Reading the purchases whose goods and bill have not both come: the list, and the detail of each that may be one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from hub import UnmatchedGoods
from hub_cin7core.client import Client
from hub_cin7core.fields import Native, ReadError, single, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_goods import may_be_unmatched, read_unmatched

log = logging.getLogger("hub.cin7core")


def unmatched_goods(client: Client, books: Callable[[], Books], site: str) -> Iterator[UnmatchedGoods]:
    """One call for a thousand purchases, and one for each of which the list leaves it open.

    What one that can't be read does to a comparison stays unexplained there, and is in the log.
    """
    pages = client.pages("purchaseList", "PurchaseList", {})
    for row in [row for page in pages for row in page.rows if may_be_unmatched(row)]:
        goods = _read(client, row, books(), site)
        if goods is not None:
            yield goods


def _read(client: Client, row: Native, books: Books, site: str) -> UnmatchedGoods | None:
    params = {"ID": text(row, "ID"), "CombineAdditionalCharges": "false"}
    try:
        return read_unmatched(single(client.get("advanced-purchase", params)), site, books)
    except (ReadError, ValueError) as error:
        log.warning("purchase %s could not be read to be compared: %s", text(row, "OrderNumber"), error)
        return None
