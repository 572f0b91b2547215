"""What the hub wrote of contacts and items is known of the ledger before the ledger is read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from houses import contact, item, put
from statements import counting
from worlds import World, on_both

from hub.documents import Kind
from hub.engine.directory import entries
from hub.engine.linking import Linking
from hub.engine.suggesting import suggest
from hub.engine.written_cards import WrittenCard, save_written
from hub.models import FlowMode, Snapshot, table
from hub.providers import Action, Feed, Page, Record, TargetState, TargetStatus
from hub.testing import Fault, MemoryLedger, memory

snapshots = table(Snapshot)


def write(world: World, *documents: Any) -> None:
    """Have the ledger get these, and nobody read it since."""
    put(world.house, *documents)
    world.run_stock()
    world.run_ledger()


def target(world: World, source_id: str = "c1") -> str:
    (link,) = [one for one in world.house.links() if one.source_id == source_id]
    found: str = link.target_id
    return found


def unlink(world: World, *, plan_anew: bool) -> None:
    person = Linking(world.hub, "bookkeeper")
    assert person.unlink(world.house.integration_id, ["c1"], "by mistake", plan_anew=plan_anew).done == ["c1"]


def named(world: World) -> dict[str, str]:
    """The ledger's contacts and items as they are stored, by target, with a mark for those that are withdrawn."""
    with world.hub.store.read() as db:
        chosen = sa.select(snapshots).where(
            snapshots.c.connection_id == world.house.ledger_id, snapshots.c.kind.in_(["contact", "item"])
        )
        return {row.external_id: f"{'gone: ' * row.withdrawn}{row.label}" for row in db.execute(chosen)}


def found_by(world: World) -> dict[str, tuple[str, bool]]:
    """What the ledger's directory of contacts has: folded name and whether it is active."""
    with world.hub.store.read() as db:
        chosen = sa.select(entries).where(entries.c.connection_id == world.house.ledger_id)
        return {row.external_id: (row.name, row.active) for row in db.execute(chosen)}


def contacts_in_ledger(world: World) -> list[str]:
    return [entry.native["name"] for entry in world.books.live() if entry.kind is Kind.CONTACT]


@on_both
def test_a_contact_unlinked_before_the_next_read_is_linked_to_the_one_of_its_name_again(world: World) -> None:
    write(world, contact())
    before = target(world)
    unlink(world, plan_anew=True)
    world.run_stock()
    assert [(row.target_id, row.generation, row.origin) for row in world.house.links()] == [(before, 2, "adopted")]
    world.run_ledger()
    assert contacts_in_ledger(world) == ["Acme"]


@on_both
def test_a_contact_unlinked_before_the_next_read_is_suggested_and_can_be_linked(world: World) -> None:
    write(world, contact())
    before, integration_id = target(world), world.house.integration_id
    unlink(world, plan_anew=False)
    with world.hub.store.read() as db:
        suggested = suggest(db, world.hub.integration(integration_id), ["c1"])
    assert [each.target_id for each in suggested["c1"]] == [before]
    assert Linking(world.hub, "bookkeeper").link(integration_id, {"c1": before}).done == ["c1"]


@on_both
def test_a_new_name_is_known_as_soon_as_it_is_written(world: World) -> None:
    write(world, contact())
    write(world, contact(name="Apex"))
    id = target(world)
    assert (named(world), found_by(world)) == ({id: "Apex"}, {id: ("apex", True)})


@on_both
def test_items_are_known_as_soon_as_they_are_written_too(world: World) -> None:
    write(world, item(), contact())
    assert sorted(named(world).values()) == ["Acme", "TEA"]
    write(world, item(code="COFFEE"))
    assert sorted(named(world).values()) == ["Acme", "COFFEE"]


@on_both
def test_the_next_read_replaces_what_was_written_and_takes_it_for_nobodys_change(world: World) -> None:
    write(world, contact(), item())
    write(world, contact(name="Apex"))
    before = named(world)
    world.settle_down()
    assert named(world) == before
    with world.hub.store.read() as db:
        kept = db.execute(sa.select(snapshots).where(snapshots.c.connection_id == world.house.ledger_id)).all()
    assert all(row.feed and row.fingerprint for row in kept)
    assert [row.edited for row in world.house.links()] == [False, False]
    assert {row.state for row in world.house.operations()} == {"done"}


def test_what_a_person_archived_since_is_archived_with_the_next_read(world: World) -> None:
    write(world, contact())
    id = target(world)
    world.books.archive(id)
    world.run_ledger()
    assert found_by(world) == {id: ("acme", False)}


@on_both
def test_what_was_deleted_before_anybody_read_it_is_withdrawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write(world, contact())
    id = target(world)
    told_deleted(monkeypatch)
    world.books.archive(id)
    world.run_ledger()
    assert named(world) == {id: "gone: Acme"}


def told_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the ledger tells that a record is gone by naming it without a document."""
    hear = memory.hear

    def heard(*asked: Any) -> Page:
        page = hear(*asked)
        bare = tuple(Record(record.id, "deleted") for record in page.records)
        return replace(page, records=bare) if asked[1].feed.name == "contacts" else page

    monkeypatch.setattr(memory, "hear", heard)


@on_both
def test_what_a_whole_list_leaves_out_is_withdrawn_with_the_list_after_the_one_that_was_under_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = [Feed(feed.name, feed.kinds, full=True) if feed.name == "contacts" else feed for feed in MemoryLedger.feeds]
    monkeypatch.setattr(MemoryLedger, "feeds", tuple(feeds))
    monkeypatch.setattr(memory, "hear", without_contacts(memory.hear))
    world.house.clock.at += timedelta(hours=1)
    write(world, contact())
    for shown in ("Acme", "gone: Acme"):
        world.house.clock.at += timedelta(hours=1)
        world.run_ledger()
        assert named(world) == {target(world): shown}


def without_contacts(hear: Callable[..., Page]) -> Callable[..., Page]:
    """The ledger lists no contacts at all."""
    return lambda books, want: Page(watermark="0") if want.feed.name == "contacts" else hear(books, want)


@on_both
def test_a_change_whose_answer_was_lost_is_known_once_it_was_found(world: World) -> None:
    write(world, contact())
    world.books.faults.append(Fault.LOST_ANSWER)
    write(world, contact(name="Apex"))
    world.settle_down()
    assert named(world) == {target(world): "Apex"}
    assert [row.edited for row in world.house.links()] == [False]


@on_both
def test_a_read_that_is_newer_than_what_was_sent_is_left_alone(world: World) -> None:
    write(world, contact())
    world.house.clock.at += timedelta(hours=1)
    world.run_ledger()
    (sent,) = world.house.operations()
    state = TargetState(kind=Kind.CONTACT, target_id=target(world), status=TargetStatus.ACTIVE)
    late = WrittenCard(Action.UPDATE, contact(name="Of an hour ago"), state, ["name"], sent.batch_id)
    with world.hub.store.write() as db:
        save_written(world.hub.store, db, world.house.ledger_id, [late], world.house.clock())
    assert named(world) == {target(world): "Acme"}


@on_both
def test_a_batch_is_kept_with_as_many_statements_as_one(world: World) -> None:
    write(world, contact("c0", "First"))
    counts = []
    for names in (["A"], ["B", "C", "D", "E", "F"]):
        put(world.house, *(contact(name, name) for name in names))
        world.run_stock()
        with counting() as asked:
            world.run_ledger()
        counts.append(sum("snapshot" in one or "contact_entry" in one for one in asked))
    assert counts[0] == counts[1]
    assert len(named(world)) == 7


def test_who_is_only_proposed_is_not_known_of_the_ledger(world: World) -> None:
    world.house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    write(world, contact())
    assert named(world) == {}
