"""The sync report: both numbers, dates and status, on the page and as a sheet."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, payment, put
from python_calamine import CalamineWorkbook
from visitors import Visitor, visitor

from hub.documents import Kind
from hub.models import FlowMode, Link, OperationRow, Snapshot, table
from hub.store import Store
from hub.vault import Vault


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Documents in every state that the report knows."""
    house = called(store, vault)
    put(house, contact())
    put(house, invoice("done", "SO-DONE"), invoice("noted", "SO-NOTED"), invoice("old", "SO-OLD", date="2025-01-01"))
    put(house, invoice("stuck", "SO-STUCK", lines=(line(account="999"),)))
    house.sync()
    noted = {"warnings": ["a cent was rounded"], "warned": True}
    rows = table(OperationRow)
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.source_id == "noted").values(noted))
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("waits", "SO-WAITS", date="2026-02-20"), invoice("no", "SO-NO"))
    house.sync()
    house.person.drop([house.operations(source_id="no")[0].id], "a sample")
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


NUMBERS = {
    "completed": "SO-DONE",
    "warning": "SO-NOTED",
    "failed": "SO-STUCK",
    "pending": "SO-WAITS",
    "skipped": "SO-NO",
    "not eligible": "SO-OLD",
}


def shown(seen: Visitor, query: str = "") -> set[str]:
    page = seen.get(f"/report{query}")
    assert (page.status, page.faults) == (200, [])
    return {number for number in NUMBERS.values() if number in page.text.split()}


def test_every_document_is_there_with_its_status_and_why(seen: Visitor) -> None:
    text = seen.get("/report").text
    assert shown(seen) == set(NUMBERS.values())
    assert "Completed" in text
    assert "Warning: a cent was rounded" in text
    assert "Failed: The account 999 is not mapped." in text
    assert "Skipped: a sample" in text
    assert "Not eligible: dated before the start date" in text
    assert "6 documents" in text


@pytest.mark.parametrize("status", NUMBERS)
def test_each_status_finds_its_own_and_nothing_else(seen: Visitor, status: str) -> None:
    assert shown(seen, f"?status={status}") == {NUMBERS[status]}
    assert "1 document," in seen.get(f"/report?status={status}").text


def test_the_list_says_the_order_it_has(seen: Visitor, house: House) -> None:
    put(house, invoice("waits-too", "SO-EARLIER", date="2026-02-10"))
    house.sync()
    waiting = seen.get("/report?status=pending")
    assert "1 to 2 shown, last planned first" in waiting.text
    assert waiting.text.index("SO-EARLIER") < waiting.text.index("SO-WAITS")
    everything = seen.get("/report")
    assert "shown, newest first" in everything.text
    assert everything.text.index("SO-WAITS") < everything.text.index("SO-EARLIER")


@pytest.mark.parametrize(
    ("status", "order"),
    [
        ("completed", "last posted or linked first"),
        ("not eligible", "last left out first"),
        ("failed", "last planned first"),
    ],
)
def test_no_status_claims_an_order_by_date(seen: Visitor, status: str, order: str) -> None:
    assert f"1 to 1 shown, {order}" in seen.get(f"/report?status={status}").text


def test_the_filter_finds_by_either_number_kind_and_date(seen: Visitor, house: House) -> None:
    target = next(link for link in house.links() if link.source_id == "done")
    assert shown(seen, "?text=so-st") == {"SO-STUCK"}
    assert "SO-DONE" in shown(seen, f"?text={target.target_number}")
    assert shown(seen, "?since=2026-02-15") == {"SO-WAITS"}
    assert shown(seen, "?until=2025-12-31&status=not+eligible") == {"SO-OLD"}
    assert "No document fits" in seen.get("/report?kind=bill").text


def test_a_text_is_counted_on_every_page_and_a_page_beyond_the_last_is_the_last(seen: Visitor, house: House) -> None:
    rows = table(Snapshot)
    with house.hub.store.write() as db:
        row = db.execute(sa.select(rows).where(rows.c.external_id == "done")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        copies = [{"external_id": f"n{n}", "number": f"N{n}", "natural_key": f"n{n}"} for n in range(30)]
        db.execute(sa.insert(rows), [values | copy for copy in copies])
    assert "30 documents" in seen.get("/report?text=n").text
    for page in (2, 9):
        assert "26 to 30 shown" in seen.get(f"/report?text=n&page={page}").text.replace("documents, ", "")
    assert "No document fits" in seen.get("/report?text=nothing&page=2").text


def test_a_filter_that_makes_no_sense_is_left_out(seen: Visitor) -> None:
    assert shown(seen, "?status=x&kind=y&integration=z&page=-3") == set(NUMBERS.values())


def test_a_date_that_can_not_be_read_is_said_at_its_field_and_nothing_is_listed_or_exported(
    seen: Visitor, house: House
) -> None:
    page = seen.get("/report?since=soon")
    assert "Dated from : soon is not a date such as 2025-07-01." in page.text
    [field] = [tag for tag in page.tags("input") if tag.get("id") == "since"]
    assert (field["type"], field["value"]) == ("text", "soon")
    assert shown(seen, "?since=soon") == set()
    sheet = seen.get(f"/integrations/{house.integration_id}/report?form=csv&since=soon")
    assert (sheet.status, sheet.location) == (302, f"/report?integration={house.integration_id}&since=soon")


def test_a_posted_document_whose_change_is_held_is_not_completed(seen: Visitor, house: House) -> None:
    put(house, invoice("done", "SO-DONE", lines=(line(account="999"),)))
    house.sync()
    assert shown(seen, "?status=completed") == set()
    assert "SO-DONE" in shown(seen, "?status=failed")


def test_the_sheets_have_what_the_filter_finds_and_both_numbers(seen: Visitor, house: House) -> None:
    answer = seen.client.get(f"/integrations/{house.integration_id}/report?form=csv&status=completed")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    target = next(link for link in house.links() if link.source_id == "done")
    assert [(row["Number in the stock system"], row["Number in the ledger"]) for row in rows] == [
        ("SO-DONE", target.target_number)
    ]
    assert (rows[0]["Status"], rows[0]["Amount"], rows[0]["Status in the ledger"]) == ("Completed", "12.00", "open")
    book = seen.client.get(f"/integrations/{house.integration_id}/report?form=xlsx").get_data()
    lines = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert {str(row[1]) for row in lines[1:]} == set(NUMBERS.values())


def test_a_payment_without_a_number_is_called_after_what_it_pays(seen: Visitor, house: House) -> None:
    put(house, payment("0084a931", "done", number=""))
    house.sync()
    page = seen.get("/report?kind=payment")
    assert page.faults == []
    assert "Payment of SO-DONE" in page.text
    assert "0084a931" not in page.text
    text = seen.get(f"/integrations/{house.integration_id}/report?form=csv&kind=payment").html
    assert [row["Number in the stock system"] for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))] == [
        "Payment of SO-DONE"
    ]
    [address] = {tag["href"] for tag in page.tags("a") if "/documents/" in tag.get("href", "")}
    assert "Payment of SO-DONE" in seen.get(address).text.partition("Skip to")[0]


def test_a_record_of_the_ledger_without_a_number_is_told_as_what_it_is_of(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        links = table(Link)
        db.execute(sa.update(links).where(links.c.source_id == "done").values(target_number="", target_id="99d8c375"))
    text = seen.get("/report?status=completed").text
    assert "Invoice SO-DONE" in text
    assert "99d8c375" not in text


def test_a_sheet_longer_than_a_portion_is_whole(seen: Visitor, house: House) -> None:
    rows = table(Snapshot)
    with house.hub.store.write() as db:
        row = db.execute(sa.select(rows).where(rows.c.external_id == "done")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        db.execute(sa.insert(rows), [values | {"external_id": f"n{n}", "number": f"N{n}"} for n in range(1200)])
    text = seen.client.get(f"/integrations/{house.integration_id}/report?form=csv").get_data(as_text=True)
    numbers = [line.split(",")[1] for line in text.splitlines()[1:]]
    assert len(numbers) == len(set(numbers)) == 1206
    last = seen.get("/report?page=999").text
    assert "1,206 documents" in last
    assert "to 1,206 shown" in last


def test_what_would_be_a_formula_is_none(seen: Visitor, house: House) -> None:
    put(house, invoice("evil", "=HYPERLINK(1)"))
    house.sync()
    text = seen.client.get(f"/integrations/{house.integration_id}/report?form=csv").get_data(as_text=True)
    assert "'=HYPERLINK(1)" in text


def test_an_integration_that_is_not_there_has_no_sheet(seen: Visitor) -> None:
    assert seen.get("/integrations/999999/report?form=csv").status == 404
