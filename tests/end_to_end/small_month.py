"""A part of the demonstration's month: its first sales and orders, for simulators that start as processes."""

from __future__ import annotations

import csv
import lzma
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import sim_cin7core

DATA = Path(sim_cin7core.__file__).parent / "data"
MONTH_OF_ORDERS = "2013-11"
Row = dict[str, str]


def small_month(folder: Path, *, sales: int, orders: int) -> Sequence[str]:
    """Options that make Cin7 Core's simulator load the first so many sale documents and orders, with their stock."""
    retail, purchases = folder / "retail.csv", folder / "purchases"
    sold = list(_rows(DATA / "online_retail_2010-12.csv.xz"))
    _write(retail, sold, "invoice", set(islice(dict.fromkeys(row["invoice"] for row in sold), sales)))
    shutil.copytree(DATA / "purchases", purchases)
    ordered = list(_rows(purchases / "purchaseorderheader.csv.xz"))
    chosen = {row["PurchaseOrderID"] for row in islice((row for row in ordered if _is_of_month(row)), orders)}
    (purchases / "purchaseorderheader.csv.xz").unlink()
    _write(purchases / "purchaseorderheader.csv", ordered, "PurchaseOrderID", chosen)
    return ["--no-limits", "--stock", "--data", str(retail), "--purchases", str(purchases)]


def _is_of_month(row: Row) -> bool:
    return row["OrderDate"].startswith(MONTH_OF_ORDERS)


def _rows(path: Path) -> Iterator[Row]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as told:
        yield from csv.DictReader(told)


def _write(path: Path, rows: Sequence[Row], key: str, chosen: set[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(row for row in rows if row[key] in chosen)
