"""Trade in chosen amounts: the first so many documents of the retail extract that comes with the Core simulator."""

from __future__ import annotations

import csv
import io
import lzma
from importlib.resources import files
from pathlib import Path

EXTRACT = "online_retail_2010-12.csv.xz"


def first_documents(count: int, folder: Path) -> Path:
    """Write a file with the first ``count`` documents (invoices and credit notes) of December 2010."""
    target = folder / f"retail-{count}.csv"
    packed = (files("sim_cin7core") / "data" / EXTRACT).read_bytes()
    with io.StringIO(lzma.decompress(packed).decode(), newline="") as stream:
        reader = csv.DictReader(stream)
        seen: set[str] = set()
        rows = []
        for row in reader:
            if row["invoice"] in seen or len(seen) < count:
                seen.add(row["invoice"])
                rows.append(row)
    if len(seen) < count:
        raise ValueError(f"The extract holds {len(seen)} documents, not {count}.")
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, reader.fieldnames or ())
        writer.writeheader()
        writer.writerows(rows)
    return target
