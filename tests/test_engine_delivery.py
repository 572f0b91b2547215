"""What a pull leaves behind: snapshots, due notes, withdrawals, and facts that wake what waits for them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
import sqlalchemy as sa
from houses import contact, invoice, item, line, payment, put
from worlds import Died, FragileStore, World, on_both

from hub.documents import Account, AccountClass, Document, Kind
from hub.engine import conversation, delivery
from hub.engine.notes import note_due
from hub.mapping import MappingList
from hub.models import Cursor, Due, NativeRecord, Snapshot, table
from hub.providers import Facts, Fit, TargetStatus
from hub.testing import MemoryLedger, memory


def due(world: World) -> list[str]:
    with world.hub.store.read() as db:
        return sorted(db.execute(sa.select(table(Due).c.external_id)).scalars())


def snapshot(world: World, id: str) -> Any:
    with world.hub.store.read() as db:
        return db.execute(sa.select(table(Snapshot)).where(table(Snapshot).c.external_id == id)).first()


def sync(world: World, *documents: Any) -> None:
    put(world.house, *documents)
    world.house.sync()


# -- due notes --------------------


@on_both
def test_a_change_and_its_due_note_are_one_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Died

    put(world.house, contact())
    with monkeypatch.context() as broken:
        broken.setattr(delivery, "note_due", fail)
        with pytest.raises(Died):
            world.hub.run(world.house.stock_id)
    assert snapshot(world, "c1") is None, "without its note the change must not be stored either"


@on_both
def test_a_note_is_there_until_the_commit_that_saves_its_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise Died

    put(world.house, contact())
    with monkeypatch.context() as broken:
        broken.setattr(MemoryLedger, "fit", fail)
        with pytest.raises(Died):
            world.hub.run(world.house.stock_id)
    assert due(world) == ["c1"]
    world.reborn()
    world.run_stock()
    assert due(world) == []
    assert [row.source_id for row in world.house.operations()] == ["c1"]


@on_both
def test_a_note_raised_while_its_record_is_planned_survives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan clears only the note it saw: a second reason gives it a higher version."""
    flow_id = world.house.flow(Kind.CONTACT).id
    planned: list[str] = []

    def fit(_: MemoryLedger, document: Document, __: Facts) -> Fit:
        planned.append(document.external_id)
        if len(planned) == 1:
            store = cast(FragileStore, world.hub.store)
            assert store.db is not None
            note_due(store, store.db, [{"flow_id": flow_id, "external_id": "c1", "reason": "meanwhile"}])
        return Fit(document)

    monkeypatch.setattr(MemoryLedger, "fit", fit)
    put(world.house, contact())
    world.run_stock()
    assert planned == ["c1", "c1"]
    assert due(world) == []


@on_both
def test_an_unchanged_sync_notes_nothing_and_plans_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held operations stay held without a call, a note or a plan until something they wait for changes."""
    sync(world, contact(), invoice(), invoice("i2", lines=(line(account="999"),)), payment("pay2", "nowhere"))
    assert {row.source_id: row.state for row in world.house.operations(state="held")} == {"i2": "held", "pay2": "held"}
    planned: list[Any] = []
    monkeypatch.setattr(MemoryLedger, "fit", lambda *args: planned.append(args))
    before = world.house.operations()
    world.house.sync()
    assert due(world) == []
    assert planned == []
    assert world.house.operations() == before


def test_a_record_saved_again_without_a_change_is_not_due(world: World) -> None:
    sync(world, contact(), invoice())
    put(world.house, invoice(source_url="https://stock.example/i1"))
    operations = world.house.operations()
    world.run_stock()
    assert world.house.operations() == operations


# -- the set of documents that a record owns --------------------


@on_both
def test_a_document_that_left_its_record_is_withdrawn_and_taken_back(world: World) -> None:
    put(world.house, contact())
    world.house.shelf.put("sale", invoice(), payment())
    world.house.sync()
    world.house.shelf.put("sale", invoice())
    world.house.sync()
    assert snapshot(world, "pay1").withdrawn
    assert [(e.kind, e.status) for e in world.books.entries.values()][-1] == (Kind.PAYMENT, TargetStatus.VOIDED)
    [link] = [link for link in world.house.links() if link.source_id == "i1"]
    assert (link.state["due"], link.state["status"]) == ("12.00", "open")


def test_a_document_that_moves_to_another_record_is_not_withdrawn(world: World) -> None:
    put(world.house, contact())
    world.house.shelf.put("a", invoice(), payment())
    world.house.sync()
    world.house.shelf.put("b", payment())
    world.house.shelf.put("a", invoice())
    world.house.sync()
    assert not snapshot(world, "pay1").withdrawn
    assert all(entry.status.is_live for entry in world.books.entries.values())


def test_an_unreadable_record_keeps_its_documents_and_is_read_again(world: World) -> None:
    put(world.house, contact())
    world.house.shelf.put("sale", invoice(), payment())
    world.house.sync()
    world.house.shelf.odd["sale"] = "the date is no date"
    world.house.shelf.put("sale")
    world.house.sync()
    assert not snapshot(world, "pay1").withdrawn
    assert all(entry.status.is_live for entry in world.books.entries.values())
    with world.hub.store.read() as db:
        row = db.execute(sa.select(table(NativeRecord)).where(table(NativeRecord).c.record_id == "sale")).one()
    assert row.problem["code"] == "unreadable_record"
    assert row.stamp == "", "without a stamp it is fetched again until it can be understood"


def test_one_odd_record_does_not_stop_the_others(world: World) -> None:
    world.house.shelf.odd["r-i1"] = "nonsense"
    sync(world, contact(), invoice(), invoice("i2"))
    assert [row.source_id for row in world.house.links()] == ["c1", "i2"]


@on_both
def test_a_full_list_withdraws_what_it_no_longer_shows(world: World) -> None:
    world.house.shelf.accounts = (*world.house.shelf.accounts, _account("777"))
    world.run_stock()
    assert not snapshot(world, "a777").withdrawn
    world.house.shelf.accounts = world.house.shelf.accounts[:-1]
    world.run_stock()
    assert snapshot(world, "a777").withdrawn
    assert not snapshot(world, "a1").withdrawn


def _account(code: str) -> Account:
    return Account(external_id=f"a{code}", code=code, name=code, account_class=AccountClass.REVENUE)


def test_a_pull_that_broke_off_goes_on_where_its_last_page_was_saved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = [contact(f"c{number}", f"Name {number}") for number in range(1, 46)]
    put(world.house, *contacts)
    delivered = delivery.deliver

    def die_on_the_third(store: Any, run: Any, feed: Any, page: Any, since: Any) -> Any:
        if page.watermark is not None and feed.name == "records":
            raise Died
        return delivered(store, run, feed, page, since)

    with monkeypatch.context() as broken:
        broken.setattr(conversation, "deliver", die_on_the_third)
        with pytest.raises(Died):
            world.hub.run(world.house.stock_id)
    with world.hub.store.read() as db:
        row = db.execute(sa.select(table(Cursor)).where(table(Cursor).c.feed == "records")).one()
        stored = db.execute(
            sa.select(sa.func.count()).select_from(table(Snapshot)).where(table(Snapshot).c.kind == "contact")
        )
        assert (row.progress, stored.scalar_one()) == ("40", 40)
    world.reborn()
    world.run_stock()
    assert len(world.house.operations()) == 45


# -- facts --------------------


@on_both
def test_a_document_held_for_its_contact_goes_when_the_contact_is_linked(world: World) -> None:
    sync(world, invoice())
    assert [row.problem_code for row in world.house.operations()] == ["contact_not_linked"]
    sync(world, contact())
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]


def test_a_payment_waits_until_a_person_approves_the_draft(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, post_as="draft")
    sync(world, contact(), invoice(), payment())
    assert [row.problem_code for row in world.house.operations(kind="payment", state="held")] == ["target_is_draft"]
    [draft] = [entry for entry in world.books.entries.values() if entry.status is TargetStatus.DRAFT]
    world.books.approve(draft.id)
    world.house.sync()
    assert draft.status is TargetStatus.PAID


def test_a_moved_lock_date_wakes_what_waits_for_it(world: World) -> None:
    world.books.lock_date = "2026-02-28"
    sync(world, contact(), invoice())
    assert [row.problem_code for row in world.house.operations(state="held")] == ["closed_period"]
    world.books.lock_date = "2026-01-31"
    world.house.sync()
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]


def test_a_payment_made_in_the_ledger_holds_ours_until_it_is_taken_back(world: World) -> None:
    sync(world, contact(), invoice())
    [entry] = [entry for entry in world.books.entries.values() if entry.kind is Kind.INVOICE]
    theirs = world.books.add(Kind.PAYMENT, document=entry.id, amount="12.00")
    sync(world, payment())
    [held] = world.house.operations(state="held")
    assert held.problem_code == "payment_exceeds_due"
    assert held.problem["what"].startswith("12.00 GBP is more than the 0.00 GBP still due on ")
    world.books.void(theirs)
    world.house.sync()
    assert (entry.paid, [row.source_id for row in world.house.links()]) == (Decimal("12.00"), ["c1", "i1", "pay1"])


def test_a_contact_that_turned_up_in_the_ledger_is_adopted_by_what_was_about_to_be_created(world: World) -> None:
    put(world.house, contact(name="Acme"))
    world.run_stock()
    assert [row.state for row in world.house.operations()] == ["pending"]
    theirs = world.books.add(Kind.CONTACT, name="ACME")
    world.run_ledger()
    assert [(row.target_id, row.origin) for row in world.house.links()] == [(theirs, "adopted")]
    assert len(world.books.entries) == 1, "linking writes nothing"


def test_a_new_account_wakes_what_was_mapped_to_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.house.person.set_mapping(world.house.integration_id, MappingList.ACCOUNT, {"500": "500"})
    sync(world, contact(), invoice(lines=(line(account="500"),)))
    assert [row.problem_code for row in world.house.operations(state="held")] == ["account_not_usable"]
    monkeypatch.setattr(memory, "ACCOUNTS", (*memory.ACCOUNTS, _account("500")))
    world.house.sync()
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]


def test_an_edited_item_replans_the_document_that_took_its_account_from_it(world: World) -> None:
    sync(
        world,
        contact(),
        item().model_copy(update={"sale_account": "999"}),
        invoice(lines=(line(account="", item_id="p1"),)),
    )
    assert [row.problem_code for row in world.house.operations(kind="invoice", state="held")] == ["account_not_mapped"]
    sync(world, item().model_copy(update={"sale_account": "200"}))
    assert "i1" in [row.source_id for row in world.house.links()]


def test_dates_are_kept_as_days(world: World) -> None:
    sync(world, contact(), invoice(date=date(2026, 2, 28)))
    assert snapshot(world, "i1").document_date == date(2026, 2, 28)
    assert [e.native["date"] for e in world.books.entries.values() if e.kind is Kind.INVOICE] == ["2026-02-28"]
