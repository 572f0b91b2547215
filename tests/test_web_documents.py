"""The page of one document: what became of it, from first seen to paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, payment, put, visiting
from visitors import Seen, Visitor, visitor

from hub.documents import Kind, Status
from hub.engine.visiting import Visits
from hub.models import BatchRow, Exchange, FlowMode, Link, Snapshot, table
from hub.store import Store
from hub.testing.visiting import reply
from hub.vault import Vault


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """An invoice and its payment, both posted."""
    house = called(store, vault)
    put(house, contact())
    house.shelf.put("sale", invoice("i1", "SO-1", source_url="https://stock.example/i1"), payment())
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def snapshot_id(house: House, external_id: str) -> int:
    rows = table(Snapshot)
    chosen = sa.select(rows.c.id).where(rows.c.external_id == external_id, rows.c.connection_id == house.stock_id)
    with house.hub.store.read() as db:
        return int(db.execute(chosen).scalar_one())


def page_of(seen: Visitor, house: House, external_id: str = "i1") -> Seen:
    page = seen.get(f"/integrations/{house.integration_id}/documents/{snapshot_id(house, external_id)}")
    assert (page.status, page.faults) == (200, [])
    return page


def exchange(house: House, **values: Any) -> None:
    made = {"connection_id": house.ledger_id, "method": "POST", "url": "/write", "status": 200, "run_id": 1}
    with house.hub.store.write() as db:
        house.hub.store.insert(db, Exchange, [made | values])


def test_the_time_line_tells_the_whole_life_in_order(seen: Visitor, house: House) -> None:
    house.clock.at += timedelta(days=1)
    house.shelf.put("sale", invoice("i1", "SO-1", reference="new"), payment())
    house.run_stock()
    text = page_of(seen, house).text
    told = [
        "First seen in the stock system",
        "Planned: create",
        "Approved by itself",
        "Sent to the ledger",
        "Posted",
        "In the ledger: paid 0.00 GBP is due",
        "Last changed there",
    ]
    places = [text.find(each) for each in told]
    assert -1 not in places, dict(zip(told, places, strict=True))
    assert places == sorted(places)


def test_what_was_sent_is_compared_with_the_source_as_it_is_now_and_says_so(seen: Visitor, house: House) -> None:
    [sent] = house.operations(source_id="i1")
    text = seen.get(f"/operations/{sent.id}").text
    assert "The document as it is in the source now, and as it was sent to the ledger Field Source now Was sent" in text


def test_what_was_voided_is_not_told_as_posted(seen: Visitor, house: House) -> None:
    put(house, invoice("i8", "SO-8"))
    house.sync()
    put(house, invoice("i8", "SO-8", status=Status.VOIDED))
    house.sync()
    house.person.approve([row.id for row in house.operations(source_id="i8", state="proposed")])
    house.sync()
    [voided] = house.operations(source_id="i8", action="void")
    assert voided.state == "done"
    told = page_of(seen, house, "i8").text.partition("Time line")[0]
    assert "Voided in Books, " in told and "Posted" not in told


def test_it_leads_to_both_systems_and_to_what_belongs_to_it(
    seen: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = house.hub.provider("memoryledger")
    monkeypatch.setattr(provider, "address_of", lambda kind, there, _: f"https://books.example/{kind}/{there}")
    page = page_of(seen, house)
    target = next(link.target_id for link in house.links() if link.kind == "invoice")
    hrefs = [tag.get("href") for tag in page.tags("a")]
    assert "https://stock.example/i1" in hrefs
    assert f"https://books.example/invoice/{target}" in hrefs
    assert f"/integrations/{house.integration_id}/documents/{snapshot_id(house, 'pay1')}" in hrefs


def test_an_address_that_is_no_address_of_the_web_is_no_link(seen: Visitor, house: House) -> None:
    house.shelf.put("sale", invoice("i1", "SO-1", source_url="javascript:alert(1)"), payment())
    house.run_stock()
    assert not any("javascript" in tag.get("href", "") for tag in page_of(seen, house).tags("a"))


def test_every_planned_form_is_a_version_with_what_changed(seen: Visitor, house: House) -> None:
    put(house, invoice("i2", "SO-2"))
    house.sync()
    put(house, invoice("i2", "SO-2", lines=(line("20.00"),)))
    house.sync()
    text = page_of(seen, house, "i2").text
    assert "Lines, Subtotal, Tax, Total" in text
    assert "24.00 GBP" in text


def test_what_is_held_says_why_and_what_to_do(seen: Visitor, house: House) -> None:
    put(house, invoice("i3", "SO-3", lines=(line(account="999"),)))
    house.sync()
    text = page_of(seen, house, "i3").text
    assert "Held: The account 999 is not mapped." in text
    assert "Decide about it" in text


def test_what_is_held_just_before_it_leaves_is_not_told_as_approved_by_itself(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    house.shelf.put("late", invoice("i4", "SO-4"), payment("pay4", "i4"))
    house.sync()
    text = page_of(seen, house, "pay4").text
    assert "Held: The invoice SO-4 of a payment is not in the ledger." in text
    assert "Approved" not in text


def test_what_a_person_approved_and_is_held_before_it_leaves_says_so_in_that_order(seen: Visitor, house: House) -> None:
    for kind in (Kind.INVOICE, Kind.PAYMENT):
        house.set_flow(kind, FlowMode.REVIEW)
    house.shelf.put("late", invoice("i4", "SO-4"), payment("pay4", "i4"))
    house.sync()
    house.clock.at += timedelta(minutes=1)
    house.person.approve([row.id for row in house.operations(source_id="pay4", state="proposed")])
    house.run_ledger()
    text = page_of(seen, house, "pay4").text
    _, told = text.split("Planned: create")
    assert 0 < told.find("Approved by bookkeeper") < told.find("Held: The invoice SO-4")


def test_only_the_calls_that_wrote_it_are_shown(seen: Visitor, house: House) -> None:
    batches = table(BatchRow)
    with house.hub.store.read() as db:
        batch = db.execute(sa.select(batches).where(batches.c.kind == "invoice")).one()
    exchange(house, run_id=batch.run_id, at=batch.sent_at, url="/mine", request='{"mark": "i1#1"}')
    exchange(house, run_id=batch.run_id, at=batch.sent_at, url="/beside", request='{"mark": "other"}')
    exchange(house, run_id=batch.run_id, at=batch.sent_at, url="/read", method="GET", request="i1")
    exchange(house, run_id=batch.run_id + 1, at=batch.sent_at, url="/another-run", request="i1")
    exchange(house, run_id=batch.run_id, at=batch.sent_at + timedelta(days=1), url="/later", request="i1")
    text = page_of(seen, house).text
    assert "/mine" in text
    assert [each for each in ("/beside", "/read", "/another-run", "/later") if each in text] == []


def test_a_payment_made_in_the_ledger_shows_on_the_time_line(seen: Visitor, house: House) -> None:
    put(house, invoice("i4", "SO-4"))
    house.sync()
    target = next(link.target_id for link in house.links() if link.source_id == "i4")
    house.books.add(Kind.PAYMENT, document=target, amount=str(Decimal("5.00")))
    house.run_ledger()
    assert "In the ledger: part paid 7.00 GBP is due" in page_of(seen, house, "i4").text


def test_a_plan_leads_to_its_document(seen: Visitor, house: House) -> None:
    row = house.operations(source_id="i1")[0]
    assert f"/operations/{row.id}/document" in [tag.get("href") for tag in seen.get(f"/operations/{row.id}").tags("a")]
    answer = seen.get(f"/operations/{row.id}/document")
    assert answer.location.endswith(f"/documents/{snapshot_id(house, 'i1')}")


def test_a_document_of_another_system_is_not_there(seen: Visitor, house: House) -> None:
    rows = table(Snapshot)
    with house.hub.store.read() as db:
        theirs = sa.select(rows.c.id).where(rows.c.connection_id == house.ledger_id).limit(1)
        other = db.execute(theirs).scalar_one()
    assert seen.get(f"/integrations/{house.integration_id}/documents/{other}").status == 404


def test_a_document_that_waits_or_is_left_out_says_so(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i5", "SO-5"), invoice("old", "SO-0", date="2025-01-01"))
    house.sync()
    assert "Waiting for approval" in page_of(seen, house, "i5").text
    assert "Not eligible: dated before the start date" in page_of(seen, house, "old").text


def test_what_went_with_a_visit_shows_that_visit_and_what_was_sent(store: Store, vault: Vault) -> None:
    house = visiting(store, vault)
    put(house, contact(), invoice("i1", "SO-1"))
    house.sync()
    seen = visitor(house)
    (row,) = house.operations(source_id="i1")
    page = page_of(seen, house)
    assert "Visits that wrote it It went with a visit, in questions and answers, which are no calls." in page.text
    assert "are kept until Books answers it, and no longer" in page.text
    (run_id,) = _runs_of(house, row.batch_id)
    leads = {tag.get("href") for tag in page.tags("a")}
    assert {f"/runs/{run_id}", f"/operations/{row.id}"} <= leads
    assert "not answered yet" not in page.text
    plan = seen.get(f"/operations/{row.id}")
    assert f"It was sent in a visit, run {run_id} , which has no calls." in plan.text
    assert "The exact bytes were kept until Books answered" in plan.text


def test_the_exact_bytes_of_a_question_are_shown_until_it_is_answered(store: Store, vault: Vault) -> None:
    house = visiting(store, vault)
    put(house, contact(), invoice("i1", "SO-1"))
    house.visit()
    house.run_stock()
    visits = Visits(house.hub)
    run_id = visits.open(house.ledger_id)
    assert run_id is not None
    while not house.operations(source_id="i1", state="sending"):
        question = visits.question(run_id)
        assert question is not None
        if not house.operations(source_id="i1", state="sending"):
            visits.answer(run_id, reply(house.books, question))
    (row,) = house.operations(source_id="i1")
    seen = visitor(house)
    page = page_of(seen, house)
    assert f"The exact bytes of run {run_id}, not answered yet" in page.text
    for told in (page, seen.get(f"/operations/{row.id}")):
        assert '"mark": "i1#1"' in told.text
        assert told.faults == []


def test_what_nothing_was_sent_for_does_not_speak_of_calls(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i5", "SO-5"))
    house.sync()
    assert "Nothing was sent for it." in page_of(seen, house, "i5").text
    assert "The log of the calls that sent it was cleared since." in page_of(seen, house).text


def _runs_of(house: House, batch_id: str) -> list[int]:
    batches = table(BatchRow)
    with house.hub.store.read() as db:
        return list(db.execute(sa.select(batches.c.run_id).where(batches.c.id == batch_id)).scalars())


def test_a_payment_and_a_journal_are_never_open_and_a_shortened_number_is_shown_whole(
    seen: Visitor, house: House
) -> None:
    assert ": recorded" in page_of(seen, house, "pay1").text
    assert "In Books as SO-1: paid" in page_of(seen, house).text
    links = table(Link)
    with house.hub.store.write() as db:
        db.execute(sa.update(links).where(links.c.source_id == "i1").values(target_number="1~7"))
    assert "In Books as 1~7 (in full SO-1)" in page_of(seen, house).text


def test_ids_are_not_shown_as_if_they_said_something_and_amounts_have_their_currency(
    seen: Visitor, house: House
) -> None:
    put(house, invoice("i2", "SO-2", lines=(line("64000.00"),)))
    house.sync()
    page = page_of(seen, house, "i2")
    assert "76,800.00 GBP is due" in page.text
    assert "Total 76,800.00" in page.text
    [row] = house.operations(source_id="i2")
    operation = seen.get(f"/operations/{row.id}").text
    assert "64,000.00" in operation and "by itself, since its flow is automatic" in operation
    assert "by automatic" not in operation
