"""Ready to sync: what is shown is what is approved."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, line, put
from visitors import Visitor, visitor

from hub.documents import Kind
from hub.models import FlowMode, OperationRow, table
from hub.store import Store
from hub.vault import Vault
from hub.web.queries.proposals import Filter, totals

operations = table(OperationRow)


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    """Three invoices wait for approval: 12, 24 and 36."""
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact())
    put(house, *(invoice(f"i{n}", f"SO-{n}", lines=(line(f"{n}0.00"),), contact_name="Acme") for n in (1, 2, 3)))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def states(house: House) -> dict[str, str]:
    return {row.label: row.state for row in house.operations(kind="invoice")}


def test_the_list_shows_what_waits_with_its_contact_and_amount(seen: Visitor) -> None:
    text = seen.get("/ready").text
    assert "3 documents ready" in text
    assert "SO-2" in text
    assert "Acme" in text
    assert "24.00 GBP" in text


def test_what_is_ticked_is_approved_and_nothing_else(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-2")[0]
    page = seen.follow("/ready/approve", {"pick": [f"{row.id}:{row.payload_hash}"]})
    assert "1 document approved" in page.text
    assert states(house) == {"SO-1": "proposed", "SO-2": "pending", "SO-3": "proposed"}
    assert house.operations(label="SO-2")[0].approved_by == "operator"


def test_what_changed_since_the_page_was_shown_is_not_approved(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-2")[0]
    page = seen.follow("/ready/approve", {"pick": [f"{row.id}:another hash"]})
    assert "1 changed meanwhile" in page.text
    assert states(house)["SO-2"] == "proposed"


def test_a_whole_page_is_approved_without_ticking(seen: Visitor, house: House) -> None:
    shown = [f"{row.id}:{row.payload_hash}" for row in house.operations(kind="invoice")]
    seen.follow("/ready/approve", {"scope": "page", "shown": shown})
    assert set(states(house).values()) == {"pending"}


def test_nothing_ticked_approves_nothing(seen: Visitor, house: House) -> None:
    assert "nothing was approved" in seen.follow("/ready/approve").text
    assert set(states(house).values()) == {"proposed"}


def test_the_filter_finds_by_text_kind_and_amount(seen: Visitor) -> None:
    assert "1 document ready" in seen.get("/ready?text=so-3").text
    assert "2 documents ready" in seen.get("/ready?least=20&kind=invoice").text
    assert "1 document ready" in seen.get("/ready?least=13&most=30.5").text
    assert "Nothing that is ready fits" in seen.get("/ready?kind=bill").text
    assert "Nothing that is ready fits" in seen.get("/ready?caught=yes").text
    assert "Nothing that is ready fits" in seen.get("/ready?text=%25").text


def test_a_filter_that_makes_no_sense_is_left_out(seen: Visitor) -> None:
    assert "3 documents ready" in seen.get("/ready?least=much&most=NaN&integration=x&page=-4").text


def test_everything_found_is_approved_after_it_was_shown_what_that_is(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all?least=20")
    assert "60.00 GBP" in asked.text
    seen.follow("/ready/approve-all", {"least": "20", "upto": asked.value("upto")})
    assert states(house) == {"SO-1": "proposed", "SO-2": "pending", "SO-3": "pending"}


def test_what_comes_in_after_the_question_is_not_approved(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all")
    put(house, invoice("i4", "SO-4"))
    house.sync()
    seen.follow("/ready/approve-all", {"upto": asked.value("upto")})
    assert states(house)["SO-4"] == "proposed"
    assert states(house)["SO-1"] == "pending"


def test_everything_is_not_approved_by_a_form_that_names_no_end(seen: Visitor, house: House) -> None:
    seen.follow("/ready/approve-all", {})
    assert set(states(house).values()) == {"proposed"}


def test_the_filter_is_kept_over_an_approval(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-2")[0]
    answer = seen.post("/ready/approve", {"pick": f"{row.id}:{row.payload_hash}", "least": "20"})
    assert answer.location.endswith("/ready?least=20")


def test_the_preview_shows_the_source_the_target_the_rules_and_the_payload(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    page = seen.get(f"/operations/{row.id}")
    assert page.faults == []
    assert "account 200 of the line becomes 200 Sales" in page.text
    assert '"number": "SO-1"' in page.text
    assert "Standard becomes STANDARD" in page.text
    assert '"mark": "i1#1"' in page.text


def test_one_document_is_approved_from_its_preview(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash})
    assert states(house)["SO-1"] == "pending"
    house.run_ledger()
    assert "Linked to SO-1" in seen.get(f"/operations/{row.id}").text


def test_a_skip_needs_a_reason_and_can_be_taken_back(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    assert "Say why" in seen.follow(f"/operations/{row.id}/drop", {"reason": "  "}).text
    assert states(house)["SO-1"] == "proposed"
    assert "by hand" in seen.follow(f"/operations/{row.id}/drop", {"reason": "posted by hand"}).text
    assert states(house)["SO-1"] == "dropped"
    assert "posted by hand" in seen.get("/attention/skipped").text
    seen.follow("/attention/undrop", {"pick": str(row.id)})
    house.sync()
    assert [one.state for one in house.operations(label="SO-1")] == ["replaced", "proposed"]


def test_what_the_safety_catch_keeps_back_is_marked(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    with house.hub.store.write() as db:
        caught = {"caught": True, "reason": "kept back by the safety catch"}
        db.execute(sa.update(operations).where(operations.c.id == row.id).values(caught))
    page = seen.get("/ready?caught=yes")
    assert "1 document ready" in page.text
    assert "kept back by the safety catch" in page.text


def test_long_lists_are_cut_in_the_database_and_can_be_paged(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.label == "SO-1")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        fakes = [{**values, "source_id": f"copy-{n}", "label": f"COPY-{n}"} for n in range(2500)]
        db.execute(sa.insert(operations), fakes)
    assert "2,500 documents ready" in seen.get("/ready?text=copy").text
    assert "Page 50 of 50" in seen.get("/ready?page=99999999999999999999&text=copy").text
    last = seen.get("/ready?page=50&text=copy")
    assert "Page 50 of 50" in last.text
    assert len(last.tags("input")) < 250


def test_totals_are_exact_however_many_cents_are_added(house: House) -> None:
    with house.hub.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.label == "SO-1")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        cents = [{**values, "source_id": f"c{n}", "label": "CENT", "amount": "0.01"} for n in range(1000)]
        db.execute(sa.insert(operations), [*cents, {**values, "source_id": "none", "label": "CENT", "amount": ""}])
    with house.hub.store.read() as db:
        (total,) = totals(db, Filter(text="CENT"))
    assert (total.count, total.amount) == (1001, Decimal("10.00"))
