"""What the demo prints at its end: whole on a narrow terminal, and the same as the README shows."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from houses import called, contact, put
from hub_demo.journey import Joined
from hub_demo.showing import show
from hub_demo.stock import StockSummary
from hub_demo.summary import KindSummary, Summary, Total, kinds_of
from rich.console import Console

from hub.models import Link, table
from hub.store import Store
from hub.vault import Vault

README = Path(__file__).parent.parent / "README.md"
KINDS = (
    KindSummary("contact", 1030, 1030),
    KindSummary("item", 2983, 2983),
    KindSummary("invoice", 1699, 1699),
    KindSummary("credit_note", 326, 326),
    KindSummary("bill", 247, 242, not_eligible=5),
    KindSummary("supplier_credit", 23, 23),
    KindSummary("payment", 675, 675),
    KindSummary("refund", 4, 4),
    KindSummary("allocation", 147, 143, not_eligible=4),
    KindSummary("journal", 2111, 16, summed=2089, not_eligible=6),
)
STOCK = StockSummary("2010-12-01 to 2010-12-31", "2724412.95", "2724412.96", "-0.01", {"rounding": "-0.01"})
TOTALS = (
    Total("invoice", "GBP", "823746.14", "823746.14", "0.00", "823746.14", "0.00"),
    Total("credit_note", "GBP", "74789.12", "74789.12", "0.00", "74789.12", "0.00"),
    Total("bill", "GBP", "1878496.30", "1878496.30", "0.00", "1878496.30", "0.00"),
    Total("bill", "USD", "1706111.74", "1706111.74", "0.00", "1706111.74", "0.00"),
    Total("supplier_credit", "GBP", "18206.07", "18206.07", "0.00", "18206.07", "0.00"),
    Total("supplier_credit", "USD", "19686.04", "19686.04", "0.00", "19686.04", "0.00"),
)


def printed() -> list[str]:
    told = io.StringIO()
    show(Summary(list(KINDS), list(TOTALS), stock=STOCK), Console(file=told, width=80))
    return [line.rstrip() for line in told.getvalue().splitlines()]


def test_every_heading_is_whole_on_eighty_columns() -> None:
    text = "\n".join(printed())
    assert "…" not in text
    for heading in (
        "in Core",
        "created",
        "summed",
        "held",
        "refused",
        "excluded",
        "waiting",
        "not posted",
        "difference",
    ):
        assert re.search(rf"(?<!\S){heading}(?!\S)", text), heading


def test_what_is_listed_as_excluded_adds_up_to_the_column_and_what_was_skipped_while_reading_is_apart() -> None:
    told = io.StringIO()
    rules, skipped = (
        {"bill: voided": 5, "allocation: no money": 4, "journal: too early": 6},
        {"nothing invoiced yet": 1},
    )
    show(Summary(list(KINDS), list(TOTALS), not_eligible=rules, left_there=skipped), Console(file=told, width=80))
    _, _, after = told.getvalue().partition("Excluded (not eligible), with the rule")
    listed, _, apart = after.partition("Skipped while reading: no documents to post, so not counted above")
    assert sum(map(int, re.findall(r"^ +(\d+) ", listed, re.M))) == sum(kind.not_eligible for kind in KINDS) == 15
    assert "    1  nothing invoiced yet" in apart


def test_the_readme_shows_the_tables_as_they_are_printed() -> None:
    shown = README.read_text().splitlines()
    rows = [line for line in printed() if re.search(r"\d,\d{3}|in Core|Xero|─|[a-z]  +\d", line)]
    assert len(rows) >= 14
    for line in rows:
        assert line in shown


def test_a_month_whose_stock_differs_without_a_reason_is_not_good() -> None:
    by_name = Summary(list(KINDS), list(TOTALS), stock=STOCK)
    unexplained = replace(STOCK, causes={"unexplained": "-0.01"})
    assert by_name.is_good and not Summary(list(KINDS), list(TOTALS), stock=unexplained).is_good


def test_what_was_adopted_has_a_column_where_there_is_any() -> None:
    told = io.StringIO()
    show(Summary([KindSummary("contact", 3, 1, adopted=2)], []), Console(file=told, width=80))
    assert "adopted" in told.getvalue() and "summed" not in told.getvalue()


def test_what_was_created_is_told_in_the_number_that_runs_show_and_what_the_table_lacks_in_words() -> None:
    told = io.StringIO()
    summary = Summary(list(KINDS), list(TOTALS), created_now=7142, of_several_now=1, seconds=138)
    show(summary, Console(file=told, width=80))
    words = "Created in this run: 7,142, of them 1 journal made of several, not counted above, in 138 seconds"
    assert words in told.getvalue()
    assert sum(kind.created for kind in KINDS) == 7141


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_contacts_that_a_person_linked_are_counted_beside_those_that_were_created(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, *(contact(f"c{number}", f"Contact {number}") for number in range(3)))
    house.sync()
    links = table(Link)
    with store.write() as db:
        db.execute(sa.update(links).where(links.c.source_id == "c1").values(origin="person"))
        db.execute(sa.update(links).where(links.c.source_id == "c2").values(origin="adopted"))
    with store.read() as db:
        found = kinds_of(db, Joined(house.stock_id, house.ledger_id, house.integration_id, is_new=False))
    assert (found["contact"].created, found["contact"].adopted, found["contact"].adds_up) == (1, 2, True)
