"""The dashboard: one sentence, and counts that add up."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, line, put
from visitors import visitor

from hub.documents import Kind
from hub.models import FlowMode, NativeRecord, Snapshot, table
from hub.store import Store
from hub.vault import Vault
from hub.web.dashboard import Standing
from hub.web.queries.tally import skipped_by_source, tallies


def test_every_source_document_is_counted_once(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("posted"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("waiting"), invoice("held", lines=(line(account="999"),)), invoice("skipped"))
    put(house, invoice("old", date="2025-01-01"))
    house.sync()
    skipped = house.operations(source_id="skipped")[0]
    house.person.drop([skipped.id], "no")
    with house.hub.store.write() as db:
        snapshots = table(Snapshot)
        row = db.execute(sa.select(snapshots).where(snapshots.c.external_id == "posted")).one()
        db.execute(sa.insert(snapshots).values(**{**row._mapping, "id": 10_000, "external_id": "new"}))
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert tally.documents == 6
    assert (tally.posted, tally.waiting, tally.held, tally.skipped) == (1, 1, 1, 1)
    assert tally.rules == {"dated before the start date 2026-01-01": 1}
    assert tally.unplanned == 1


def test_a_skipped_document_that_stopped_being_eligible_is_counted_once(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.person.drop([house.operations(source_id="i1")[0].id], "no")
    put(house, invoice("i1", date="2025-01-01"))
    house.sync()
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.skipped, tally.not_eligible, tally.unplanned) == (0, 1, 0)


def test_a_skipped_change_of_a_document_whose_link_ended_is_counted_as_skipped(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i1", lines=(line("99.00"),)))
    house.sync()
    house.person.drop([house.operations(action="update")[0].id], "no")
    house.person.unlink(house.integration_id, Kind.INVOICE, "i1", "voided there")
    house.sync()
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.documents, tally.posted, tally.skipped, tally.unplanned) == (1, 0, 1, 0)


def test_a_skipped_removal_of_a_document_whose_link_ended_is_counted_once(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    house.shelf.put("r-i1")
    house.sync()
    house.person.drop([house.operations(action="void")[0].id], "no")
    house.person.unlink(house.integration_id, Kind.INVOICE, "i1", "left as it is")
    house.sync()
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.documents, tally.posted, tally.skipped + tally.not_eligible, tally.unplanned) == (1, 0, 1, 0)


def test_an_open_update_of_a_posted_document_is_counted_as_posted(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i1", lines=(line("99.00"),)))
    house.sync()
    assert [row.state for row in house.operations(action="update")] == ["proposed"]
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.documents, tally.posted, tally.waiting, tally.unplanned) == (1, 1, 0, 0)


def test_what_the_stock_system_keeps_back_is_counted_by_rule(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    records = table(NativeRecord)
    with store.write() as db:
        for number, skipped in enumerate(({"a": "draft", "b": "voided"}, {"c": "draft"}, {})):
            shared = {"connection_id": house.stock_id, "feed": "records", "stamp": "", "label": "", "pull": 0}
            values = {"record_id": str(number), "skipped": skipped, "seen_at": house.clock()}
            db.execute(sa.insert(records).values(**shared, **values))
    with store.read() as db:
        assert skipped_by_source(db) == [("Shelf", "draft", 2), ("Shelf", "voided", 1)]
    assert "Left in Shelf draft 2" in visitor(house).get("/").text


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def test_the_sentence_says_what_counts() -> None:
    quiet = Standing(
        connections=2, integrations=1, flows_on=3, proposed=0, on_their_way=0, needing_a_person=0, failing=0
    )
    assert quiet.sentence() == "Everything is posted, nothing needs you."
    busy = Standing(
        connections=2, integrations=1, flows_on=3, proposed=1204, on_their_way=2, needing_a_person=1, failing=1
    )
    assert busy.sentence() == (
        "1 connection fails, 1 document needs you, 1,204 wait for your approval, 2 are on their way."
    )
    assert "not joined yet" in Standing(1, 0, 0, 0, 0, 0, 0).sentence()
    assert "switched off" in Standing(2, 1, 0, 0, 0, 0, 0).sentence()


def test_the_dashboard_leads_to_what_needs_a_person(house: House) -> None:
    put(house, contact(), invoice("i1", lines=(line(account="999"),)))
    house.sync()
    page = visitor(house).get("/")
    assert "1 document needs you." in page.text
    assert "The account 999 is not mapped." in page.text
    assert any(tag["href"].startswith("/attention/group?") for tag in page.tags("a"))
