"""What people decide about contacts: link, unlink, upload, ignore, accept."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from houses import contact, invoice, put
from worlds import World, on_both

from hub.documents import Contact, Kind
from hub.engine import linking
from hub.engine.contact_list import Side, contact_list
from hub.engine.linking import Linking
from hub.engine.suggesting import suggest
from hub.errors import SettingsError
from hub.models import AuditEvent, FlowMode, OperationRow, table

TIMES_NEVER = "samples only"


def person(world: World) -> Linking:
    return Linking(world.hub, "bookkeeper")


def place(world: World) -> int:
    return world.house.integration_id


def supplier(id: str, name: str, **more: Any) -> Contact:
    return Contact(external_id=id, name=name, is_supplier=True, **more)


def listed(world: World, side: Side | None = None) -> dict[str, str]:
    every = contact_list(world.hub.integration(place(world))).subquery()
    with world.hub.store.read() as db:
        rows = db.execute(sa.select(every).order_by(every.c.source_id)).all()
    member = {Side.CUSTOMERS: "is_customer", Side.SUPPLIERS: "is_supplier"}
    return {row.source_id: row.state for row in rows if side is None or getattr(row, member[side])}


def audited(world: World, what: str) -> list[Any]:
    rows = table(AuditEvent)
    with world.hub.store.read() as db:
        return list(db.execute(sa.select(rows).where(rows.c.what == what).order_by(rows.c.id)))


def in_ledger(world: World) -> list[str]:
    return [entry.native["name"] for entry in world.books.entries.values() if entry.kind is Kind.CONTACT]


def set_contacts(world: World, mode: FlowMode) -> None:
    world.house.set_flow(Kind.CONTACT, mode)


# -- linking -------------------------------------------------------------------------------------------------------


@on_both
def test_linking_writes_nothing_and_lets_the_documents_go_that_waited(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    target = world.books.add(Kind.CONTACT, name="Acme Limited")
    put(world.house, contact(name="ACME"), invoice())
    world.house.sync()
    [held] = world.house.operations(kind="invoice", state="held")
    assert held.problem_code == "contact_not_linked"
    writes = world.books.writes
    outcome = person(world).link(place(world), {"c1": target})
    assert (outcome.done, outcome.refused, world.books.writes) == (["c1"], {}, writes)
    world.house.run_ledger()
    assert [entry.native["contact"] for entry in world.books.entries.values() if entry.kind is Kind.INVOICE] == [target]
    [link] = [row for row in world.house.links() if row.kind == "contact"]
    assert (link.origin, link.generation, link.target_id) == ("person", 1, target)
    assert link.written_fingerprint == contact(name="ACME").fingerprint()
    [event] = audited(world, "linked")
    assert (event.actor, event.subject, event.details["target"]) == ("bookkeeper", "contact ACME", target)


def test_a_linked_contact_is_not_written_until_the_stock_system_changes_it(world: World) -> None:
    set_contacts(world, FlowMode.REVIEW)
    target = world.books.add(Kind.CONTACT, name="Acme Limited")
    put(world.house, contact(name="ACME"))
    world.house.sync()
    person(world).link(place(world), {"c1": target})
    world.house.sync()
    assert [row.state for row in world.house.operations(kind="contact")] == ["replaced"]
    assert in_ledger(world) == ["Acme Limited"]
    put(world.house, contact(name="Acme Trading"))
    world.house.sync()
    assert [row.action for row in world.house.operations(state="proposed")] == ["update"]


def test_a_customer_and_a_supplier_may_be_one_contact_of_the_ledger(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    target = world.books.add(Kind.CONTACT, name="Both")
    put(world.house, contact("c1", "Buys"), supplier("s1", "Sells"))
    world.house.sync()
    person(world).link(place(world), {"c1": target, "s1": target})
    assert listed(world) == {"c1": "linked", "s1": "linked"}
    assert listed(world, Side.CUSTOMERS) == {"c1": "linked"}
    assert listed(world, Side.SUPPLIERS) == {"s1": "linked"}


def test_what_can_not_be_linked_says_why_and_the_others_are_linked(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    good = world.books.add(Kind.CONTACT, name="Good")
    archived = world.books.add(Kind.CONTACT, name="Archived")
    world.books.archive(archived)
    put(world.house, *(contact(f"c{n}", f"Name {n}") for n in range(4)))
    world.house.sync()
    pairs = {"c0": good, "c1": archived, "c2": "nowhere", "gone": good}
    outcome = person(world).link(place(world), pairs)
    assert outcome.done == ["c0"]
    assert outcome.refused == {
        "c1": linking.ARCHIVED,
        "c2": linking.NOT_IN_LEDGER,
        "gone": linking.NOT_THERE,
    }
    assert person(world).link(place(world), {"c0": good}).refused == {"c0": linking.ALREADY}


def test_a_contact_on_its_way_to_the_ledger_can_not_be_decided_about(world: World) -> None:
    set_contacts(world, FlowMode.REVIEW)
    target = world.books.add(Kind.CONTACT, name="Other")
    put(world.house, contact())
    world.house.sync()
    rows = table(OperationRow)
    with world.hub.store.write() as db:
        db.execute(sa.update(rows).values(state="sending"))
    for outcome in (
        person(world).link(place(world), {"c1": target}),
        person(world).ignore(place(world), ["c1"], TIMES_NEVER),
        person(world).upload(place(world), ["c1"]),
    ):
        assert (outcome.done, outcome.refused) == ([], {"c1": linking.MOVING})


def test_linking_to_another_ends_the_first_link_in_the_same_moment(world: World) -> None:
    put(world.house, contact(), invoice())
    world.house.sync()
    other = world.books.add(Kind.CONTACT, name="Other")
    world.house.run_ledger()
    person(world).link(place(world), {"c1": other})
    [ended] = world.house.links(live=False)
    assert ended.ended_why == "linked to another"
    live = {row.source_id: row for row in world.house.links()}
    assert (live["c1"].target_id, live["c1"].generation) == (other, 2)
    put(world.house, invoice("i2"))
    world.house.sync()
    assert [e.native["contact"] for e in world.books.entries.values() if e.kind is Kind.INVOICE][-1] == other


# -- unlinking and ignoring ----------------------------------------------------------------------------------------


def test_an_unlinked_contact_is_kept_back_until_a_person_decides(world: World) -> None:
    put(world.house, contact())
    world.house.sync()
    assert person(world).unlink(place(world), ["c1"], "wrong one", plan_anew=False).done == ["c1"]
    put(world.house, contact(name="ACME"), invoice())
    world.house.sync()
    assert listed(world) == {"c1": "ignored"}
    assert in_ledger(world) == ["Acme"]
    assert [row.problem_code for row in world.house.operations(state="held")] == ["contact_not_linked"]
    assert audited(world, "unlinked")[0].reason == "wrong one"
    assert person(world).unignore(place(world), ["c1"]) == 1
    world.house.sync()
    assert listed(world) == {"c1": "linked"}


def test_an_unlinked_contact_may_be_planned_anew_at_once(world: World) -> None:
    put(world.house, contact())
    world.house.sync()
    person(world).unlink(place(world), ["c1"], "by mistake", plan_anew=True)
    world.house.sync()
    assert [(row.generation, row.origin) for row in world.house.links()] == [(2, "adopted")]


def test_what_is_not_linked_can_not_be_unlinked(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    put(world.house, contact())
    world.house.sync()
    assert person(world).unlink(place(world), ["c1"], "why", plan_anew=False).refused == {"c1": linking.NOT_LINKED}


def test_an_ignored_contact_is_neither_created_nor_linked_unasked(world: World) -> None:
    set_contacts(world, FlowMode.REVIEW)
    put(world.house, contact())
    world.house.sync()
    with pytest.raises(SettingsError, match="Say why"):
        person(world).ignore(place(world), ["c1"], " ")
    person(world).ignore(place(world), ["c1"], TIMES_NEVER)
    set_contacts(world, FlowMode.AUTOMATIC)
    world.books.add(Kind.CONTACT, name="Acme")
    put(world.house, contact(name="acme"))
    world.house.sync()
    assert listed(world) == {"c1": "ignored"}
    assert audited(world, "ignored")[0].reason == TIMES_NEVER


def test_an_ignored_contact_can_still_be_linked_by_hand(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    target = world.books.add(Kind.CONTACT, name="Acme Limited")
    put(world.house, contact())
    world.house.sync()
    person(world).ignore(place(world), ["c1"], TIMES_NEVER)
    person(world).link(place(world), {"c1": target})
    assert listed(world) == {"c1": "linked"}
    assert person(world).ignore(place(world), ["c1"], TIMES_NEVER).refused == {"c1": linking.STILL_LINKED}


# -- uploading -----------------------------------------------------------------------------------------------------


def test_uploading_approves_what_is_proposed_and_plans_what_is_not(world: World) -> None:
    set_contacts(world, FlowMode.REVIEW)
    put(world.house, contact("c1", "One"))
    world.house.sync()
    put(world.house, contact("c2", "Two"), contact("c3", "Three"))
    world.run_stock()
    person(world).ignore(place(world), ["c3"], TIMES_NEVER)
    assert person(world).upload(place(world), ["c1", "c2", "c3"]).done == ["c1", "c2", "c3"]
    world.house.run_ledger()
    assert sorted(in_ledger(world)) == ["One", "Three", "Two"]
    assert set(listed(world).values()) == {"linked"}


def test_nothing_is_uploaded_while_the_flow_is_off(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    put(world.house, contact())
    world.house.sync()
    with pytest.raises(SettingsError, match="flow of contacts is off"):
        person(world).upload(place(world), ["c1"])


def test_a_contact_whose_name_is_in_the_ledger_is_not_created_a_second_time(world: World) -> None:
    set_contacts(world, FlowMode.REVIEW)
    put(world.house, contact())
    world.house.sync()
    person(world).ignore(place(world), ["c1"], TIMES_NEVER)
    world.books.add(Kind.CONTACT, name="ACME")
    world.house.run_ledger()
    outcome = person(world).upload(place(world), ["c1"])
    assert (outcome.done, outcome.refused) == ([], {"c1": linking.SAME_NAME})
    assert listed(world) == {"c1": "ignored"}


def test_a_changed_contact_is_sent_again_and_an_unchanged_one_is_not(world: World) -> None:
    put(world.house, contact("c1", "One"), contact("c2", "Two"))
    world.house.sync()
    set_contacts(world, FlowMode.REVIEW)
    put(world.house, contact("c1", "One Ltd"))
    world.run_stock()
    outcome = person(world).upload(place(world), ["c1", "c2"])
    assert outcome.done == ["c1"]
    assert "nothing to send" in outcome.refused["c2"]
    world.house.run_ledger()
    assert sorted(in_ledger(world)) == ["One Ltd", "Two"]


# -- broken links --------------------------------------------------------------------------------------------------


@on_both
def test_archived_merged_and_restored_contacts_are_told(world: World) -> None:
    put(world.house, contact("c1", "One"), contact("c2", "Two"), contact("c3", "Three"))
    world.house.sync()
    by_name = {entry.native["name"]: entry.id for entry in world.books.entries.values()}
    world.books.archive(by_name["One"])
    world.books.merge(by_name["Two"], by_name["Three"])
    world.house.run_ledger()
    assert listed(world) == {"c1": "broken", "c2": "broken", "c3": "linked"}
    every = contact_list(world.hub.integration(place(world))).subquery()
    with world.hub.store.read() as db:
        merged = db.execute(sa.select(every.c.merged_into).where(every.c.source_id == "c2")).scalar_one()
    assert merged == by_name["Three"]
    person(world).link(place(world), {"c2": merged})
    world.books.entries[by_name["One"]].status = type(world.books.entries[by_name["One"]].status)("active")
    world.books.edit(by_name["One"])
    world.house.run_ledger()
    assert set(listed(world).values()) == {"linked"}


# -- suggestions ---------------------------------------------------------------------------------------------------


@on_both
def test_suggestions_come_with_reasons_and_scores(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    by_mail = world.books.add(Kind.CONTACT, name="Ann's shop", email="ANN@acme.test")
    by_number = world.books.add(Kind.CONTACT, name="Zenith", tax_number="GB 123 4567 89")
    alike = world.books.add(Kind.CONTACT, name="Northern Lights Limited")
    archived = world.books.add(Kind.CONTACT, name="Zenith Group", tax_number="123456789")
    world.books.archive(archived)
    put(
        world.house,
        replaced_name("c1", "Acme", email="ann@acme.test"),
        replaced_name("c2", "Z Group", tax_number="123456789"),
        contact("c3", "Northern Lights Ltd"),
        contact("c4", "Nobody"),
    )
    world.house.sync()
    with world.hub.store.read() as db:
        found = suggest(db, world.hub.integration(place(world)), ["c1", "c2", "c3", "c4"])
    told = {id: [(each.target_id, each.reasons) for each in offered] for id, offered in found.items()}
    assert told == {
        "c1": [(by_mail, ("e-mail equal",))],
        "c2": [(by_number, ("VAT number equal",))],
        "c3": [(alike, ("name likeness 0.90",))],
        "c4": [],
    }
    assert listed(world) == {"c1": "suggested", "c2": "suggested", "c3": "unlinked", "c4": "unlinked"}


def replaced_name(id: str, name: str, **more: str) -> Contact:
    return contact(id, name).model_copy(update=more)


def test_only_clear_suggestions_are_accepted_unseen(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    clear = world.books.add(Kind.CONTACT, name="Clear")
    world.books.add(Kind.CONTACT, name="Twin")
    world.books.add(Kind.CONTACT, name="twin")
    world.books.add(Kind.CONTACT, name="Wanted")
    mail = world.books.add(Kind.CONTACT, name="Mail", email="m@x.test")
    put(world.house, contact("c1", "Clear"), contact("c2", "Twin"), contact("c3", "Wanted"), contact("c4", "wanted"))
    put(world.house, replaced_name("c5", "Post", email="m@x.test"), contact("c6", "Clearly"))
    world.house.sync()
    assert person(world).accept(place(world), 0.94).done == ["c1"]
    assert person(world).accept(place(world), 0.9).done == ["c5"]
    assert {row.source_id: row.target_id for row in world.house.links()} == {"c1": clear, "c5": mail}
    assert audited(world, "linked")[0].reason == "name equal: 0.95"


def test_a_contact_that_another_customer_has_is_not_accepted_unseen(world: World) -> None:
    set_contacts(world, FlowMode.OFF)
    target = world.books.add(Kind.CONTACT, name="Acme")
    put(world.house, contact("c1", "Acme Ltd"), contact("c2", "Acme"), supplier("s1", "Acme"))
    world.house.sync()
    person(world).link(place(world), {"c1": target})
    assert person(world).accept(place(world), 0.9).done == ["s1"]
