"""The sync report: both numbers, dates and status, on the page and as a sheet."""

from __future__ import annotations

import csv
import io
import re

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, payment, put
from python_calamine import CalamineWorkbook
from statements import counting
from visitors import Visitor, visitor

from hub.documents import Kind
from hub.models import FlowMode, Link, OperationRow, Snapshot, table
from hub.store import Store
from hub.vault import Vault
from hub.web.queries.report_statements import Sort, statements
from hub.web.queries.report_status import SyncStatus


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


def test_a_number_of_the_ledger_in_capitals_is_found_by_small_letters_within_the_days(
    seen: Visitor, house: House
) -> None:
    rows = table(Link)
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.source_id == "done").values(target_number="LEDGER-7"))
    for text in ("LEDGER-", "ledger-", "Ledger-"):
        assert shown(seen, f"?text={text}") == {"SO-DONE"}
        assert shown(seen, f"?text={text}&since=2026-02-15") == set()


@pytest.mark.parametrize("text", ["so-", "SO-", "So-"])
def test_a_search_keeps_to_the_days_and_takes_capitals_for_small_letters(seen: Visitor, text: str) -> None:
    assert shown(seen, f"?text={text}") == set(NUMBERS.values())
    assert shown(seen, f"?text={text}&since=2026-02-15") == {"SO-WAITS"}
    assert shown(seen, f"?text={text}&until=2025-12-31") == {"SO-OLD"}
    assert shown(seen, f"?text={text}&since=2025-12-31&until=2026-01-01") == set()
    assert shown(seen, f"?text={text}&since=2026-02-15&status=pending&kind=invoice") == {"SO-WAITS"}
    assert shown(seen, f"?text={text}&until=2026-02-15&status=pending") == set()


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


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("text=so-more", 40),
        ("text=inv-", 2),
        ("text=SO-MORE&status=pending", 40),
        ("text=INV-&status=completed", 1),
        ("text=so-&status=warning", 1),
        ("text=so-&status=failed", 1),
        ("text=so-&status=skipped", 1),
        ("text=so-&status=not+eligible", 1),
        ("text=so-more&since=2026-02-10&until=2026-02-20", 4),
        ("text=zz", 0),
    ],
)
def test_a_text_finds_the_same_whatever_else_is_asked_and_its_pages_follow_each_other(
    seen: Visitor, house: House, query: str, count: int
) -> None:
    put(house, *(invoice(f"more-{n}", f"SO-MORE-{n:02}", date=f"2026-02-{1 + n // 4:02}") for n in range(40)))
    house.sync()
    links = table(Link)
    with house.hub.store.write() as db:
        numbered = sa.update(links).where(links.c.kind == "invoice")
        db.execute(numbered.values(target_number=sa.literal("INV-") + links.c.target_number))

    first, second, beyond = (seen.get(f"/report?{query}&page={number}") for number in (1, 2, 9))
    assert (f"{count} document" in first.text) == (count > 0)
    more = re.findall(r"SO-MORE-(\d\d)", first.text + second.text)
    if count == 40:
        newest_first = [f"{n:02}" for n in reversed(range(40))]
        assert (sorted(more, reverse=True) if "status" in query else more) == newest_first
    assert beyond.text == second.text


@pytest.mark.parametrize("query", ["text=so-", "text=so-&status=pending", "status=pending&since=2026-02-01"])
def test_what_a_filter_finds_is_found_once_while_nothing_changes(seen: Visitor, house: House, query: str) -> None:
    def asked() -> list[str]:
        with counting() as statements:
            found.append("SO-NEW" in seen.get(f"/report?{query}").text)
        return [each for each in statements if "document_date >=" in each or "natural_key >=" in each]

    found: list[bool] = []
    assert (len(asked()), len(asked())) == (1, 0)
    put(house, invoice("new", "SO-NEW"))
    house.sync()
    assert (len(asked()), len(asked())) == (1, 0)
    assert found == [False, False, True, True]


def test_further_pages_and_the_sheet_of_what_several_states_have_are_whole(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), *(invoice(f"s{n:02}", f"SO-{n:02}", lines=(line(account="999"),)) for n in range(60)))
    house.sync()
    put(house, invoice("fine", "SO-FINE"))
    house.sync()
    rows = table(OperationRow)
    with house.hub.store.write() as db:
        newer = sa.update(rows).where(rows.c.state == "held", rows.c.source_id >= "s30")
        db.execute(newer.values(state="failed"))
    seen = visitor(house)
    pages = " ".join(seen.get(f"/report?status=failed&page={number}").text for number in (1, 2, 3))
    held = [row.label for row in house.operations(kind="invoice") if row.state in ("held", "failed")]
    assert re.findall(r"SO-\d\d", pages) == held[::-1] and len(held) == 60
    sheet = seen.client.get(f"/integrations/{house.integration_id}/report?form=csv&status=failed").get_data(
        as_text=True
    )
    assert re.findall(r"SO-\w+", sheet) == held


def test_what_was_planned_and_planned_anew_is_told_by_the_newest_plan_that_counts(seen: Visitor, house: House) -> None:
    put(house, invoice("waits", "SO-WAITS", date="2025-02-20"))
    house.sync()
    assert {row.state for row in house.operations(source_id="waits")} == {"replaced"}
    assert "Not eligible: dated before" in seen.get("/report").text.partition("SO-WAITS")[2].partition("SO-")[0]
    found = seen.get("/search?text=so-waits").text
    assert "SO-WAITS Invoice, 2025-02-20, 12.00 GBP, not eligible: dated before the start date" in found


def test_a_plan_that_was_replaced_hides_nothing_of_what_was_done_before(seen: Visitor, house: House) -> None:
    for lines in ((line("14.00"),), ()):  # changed, and back again
        put(house, invoice("noted", "SO-NOTED", lines=lines))
        house.sync()
    assert [row.state for row in house.operations(source_id="noted")] == ["done", "replaced"]
    assert shown(seen, "?status=warning") == {"SO-NOTED"}
    assert "Warning: a cent was rounded" in seen.get("/report").text


def test_a_zero_character_in_a_text_of_a_document_hides_nothing(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("odd", "SO-ODD", lines=(line(description="a\x00b"),)))
    house.sync()
    assert "SO-ODD" in visitor(house).get("/report").text


def test_a_page_that_makes_no_sense_is_left_out(seen: Visitor) -> None:
    assert shown(seen, "?page=-3") == set(NUMBERS.values())


@pytest.mark.parametrize("asked", ["z", "999", str(2**70)])
def test_no_other_integration_is_reported_on_in_place_of_one_that_is_not_there(seen: Visitor, asked: str) -> None:
    assert shown(seen, f"?integration={asked}") == set()
    assert f"There is no integration {asked}." in seen.get(f"/report?integration={asked}").text


@pytest.mark.parametrize(
    ("query", "told"),
    [("status=zzz", "Status : There is no status zzz."), ("kind=item", "Kind : There is no kind item.")],
)
def test_a_choice_that_there_is_none_of_is_said_and_nothing_is_listed_or_exported(
    seen: Visitor, house: House, query: str, told: str
) -> None:
    text = seen.get(f"/report?{query}").text
    assert told in text and "Nothing is listed until this is corrected." in text
    assert shown(seen, f"?{query}") == set()
    sheet = seen.get(f"/integrations/{house.integration_id}/report?form=csv&{query}")
    assert (sheet.status, sheet.location) == (302, f"/report?integration={house.integration_id}&{query}")


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


def test_days_that_are_turned_are_said_at_their_field_and_nothing_is_listed_or_exported(
    seen: Visitor, house: House
) -> None:
    query = "since=2026-02-20&until=2026-02-10"
    page = seen.get(f"/report?{query}")
    assert page.faults == []
    assert "Dated from : The first day, 2026-02-20, is after the last, 2026-02-10." in page.text
    assert (page.value("since"), page.value("until")) == ("2026-02-20", "2026-02-10")
    assert "No document fits" not in page.text
    assert seen.get(f"/integrations/{house.integration_id}/report?form=csv&{query}").status == 302
    assert "is after the last" not in seen.get("/report?since=2026-02-10&until=2026-02-10").text


def test_a_posted_document_whose_change_is_held_is_not_completed(seen: Visitor, house: House) -> None:
    put(house, invoice("done", "SO-DONE", lines=(line(account="999"),)))
    house.sync()
    assert shown(seen, "?status=completed") == set()
    assert "SO-DONE" in shown(seen, "?status=failed")


def test_what_waits_for_others_is_not_failed_on_the_page_or_in_the_sheet(seen: Visitor, house: House) -> None:
    put(house, payment("p1", "stuck"))
    house.sync()
    words = "Waits for others: The invoice SO-STUCK of a payment is not in the ledger"
    waiting, export = "status=waits+for+others", f"/integrations/{house.integration_id}/report?form=csv"
    told = seen.get(f"/report?{waiting}").text
    assert words in told and "1 document," in told
    assert words in seen.get("/report").text
    assert shown(seen, "?status=failed") == {"SO-STUCK"} and "1 document," in seen.get("/report?status=failed").text
    sheet = seen.client.get(f"{export}&{waiting}").get_data(as_text=True).lstrip("\ufeff")
    assert [row["Status"] for row in csv.DictReader(io.StringIO(sheet))] == ["Waits for others"]
    house.person.drop([house.operations(source_id="stuck", state="held")[0].id], "a sample")
    house.sync()
    assert "Payment of SO-STUCK" in seen.get("/report?status=failed").text, "nobody makes that invoice any more"
    assert "No document fits" in seen.get(f"/report?{waiting}").text


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
    assert "No document fits" in seen.get("/report?text=0084").text
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("status", "index"),
    [
        (SyncStatus.WARNING, "operation_warned"),
        (SyncStatus.WAITING, "operation_cause"),
        (SyncStatus.FAILED, "operation_listed"),
        (SyncStatus.PENDING, "operation_listed"),
        (SyncStatus.SKIPPED, "operation_listed"),
    ],
)
def test_what_few_documents_have_is_found_by_the_index_that_knows_them(
    store: Store, status: SyncStatus, index: str
) -> None:
    every = statements(Sort(status)).every.compile(store.engine)
    asked = every.construct_expanded_state({"integration": 1, "stock": 1, "kinds": ["invoice", "bill"]})
    with store.read() as db:
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.statement}", tuple(asked.positional_parameters)).all()
    assert any(f"INDEX {index}" in row[-1] for row in plan), plan
