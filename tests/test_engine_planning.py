"""What the plan makes of what is due: modes, the safety catch, exclusions, drops, mappings, both sides changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, item, line, payment, put, trade
from worlds import Died, World, on_both

from hub.documents import Allocation, Bill, CreditNote, Kind, Status
from hub.engine.linking import Linking
from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.models import AuditEvent, Due, Exclusion, FlowMode, Integration, Run, table
from hub.providers import Feed, Page, Record, TargetStatus, Want
from hub.store import Store
from hub.testing.books import Books, Entry
from hub.testing.memory import MemoryStock, StockSession
from hub.vault import Vault


def sync(world: World, *documents: Any) -> None:
    put(world.house, *documents)
    world.house.sync()


def only(world: World, **where: Any) -> Any:
    [row] = world.house.operations(**where)
    return row


def due(world: World) -> list[Any]:
    with world.hub.store.read() as db:
        return list(db.execute(sa.select(table(Due))))


def linked(world: World) -> list[str]:
    return [row.source_id for row in world.house.links()]


def entries(world: World, kind: Kind) -> list[Entry]:
    return [entry for entry in world.books.entries.values() if entry.kind is kind]


def set_integration(world: World, **values: Any) -> None:
    rows = table(Integration)
    with world.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == world.house.integration_id).values(**values))


def numbered(count: int, net: str = "10.00") -> list[Any]:
    return [invoice(f"i{number}", lines=(line(net),)) for number in range(count)]


# -- how far a flow goes by itself --------------------


@on_both
def test_an_automatic_flow_posts_and_a_reviewed_one_waits(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    sync(world, contact(), invoice())
    assert linked(world) == ["c1"]
    waiting = only(world, kind="invoice")
    assert waiting.state == "proposed"
    world.house.person.approve([waiting.id], hashes={waiting.id: waiting.payload_hash})
    world.house.run_ledger()
    assert linked(world) == ["c1", "i1"]
    assert only(world, kind="invoice").approved_by == "bookkeeper"


def test_a_flow_that_is_off_posts_nothing_and_says_nothing(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.OFF)
    sync(world, contact(), invoice())
    assert world.house.operations(kind="invoice") == []


def test_switching_a_flow_off_stops_what_was_about_to_go_even_updates(world: World) -> None:
    sync(world, contact(), invoice())
    put(world.house, invoice(lines=(line("20.00"),)), invoice("i2"))
    world.run_stock()
    assert {row.state for row in world.house.operations(kind="invoice")} == {"done", "pending"}
    world.house.set_flow(Kind.INVOICE, FlowMode.OFF)
    world.run_ledger()
    assert [entry.total for entry in entries(world, Kind.INVOICE)] == [Decimal("12.00")]


def test_switching_a_flow_to_review_takes_back_what_went_by_itself(world: World) -> None:
    put(world.house, contact(), invoice())
    world.run_stock()
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    world.run_ledger()
    assert entries(world, Kind.INVOICE) == []
    assert only(world, kind="invoice", state="proposed").approved_hash == ""


def test_switching_a_flow_on_brings_what_is_already_known(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.OFF)
    sync(world, contact(), invoice())
    world.house.set_flow(Kind.INVOICE)
    world.house.run_ledger()
    assert linked(world) == ["c1", "i1"]


def test_no_flow_can_be_switched_on_before_the_others_are_confirmed_off(world: World) -> None:
    set_integration(world, others_off_by="")
    with pytest.raises(SettingsError, match="other integration"):
        world.house.set_flow(Kind.INVOICE)
    world.house.set_flow(Kind.INVOICE, FlowMode.OFF)


def test_what_was_planned_when_the_process_died_is_let_go_by_the_next_run(world: World) -> None:
    put(world.house, contact(), invoice())
    for steps in range(1, 60):
        world.fuse.left = steps
        world.run_stock()
        if world.house.operations(state="proposed") and not due(world):
            break
    assert world.house.operations(state="proposed"), "one of the deaths falls between planning and releasing"
    world.house.sync()
    assert linked(world) == ["c1", "i1"]


def reading_by_pages(house: House, monkeypatch: pytest.MonkeyPatch, between: Callable[[], None]) -> None:
    """The stock side lists a contact, then its invoices one by one, a minute each; ``between`` is called after each."""

    def pull(_session: StockSession, want: Want) -> Iterator[Page]:
        if want.feed.name == "cards":
            yield Page(records=(Record("c1", "1", (contact(),)),), watermark="1")
        elif want.feed.name == "trade":
            for number in ("1", "2"):
                yield Page(records=(Record(f"i{number}", "1", (invoice(f"i{number}"),)),), progress=number)
                between()
                house.clock.at += timedelta(minutes=1)
            yield Page(watermark="1")
        else:
            yield Page(watermark="")

    cards = frozenset({Kind.CONTACT, Kind.ITEM})
    monkeypatch.setattr(MemoryStock, "feeds", (Feed("cards", cards), Feed("trade", frozenset({Kind.INVOICE}))))
    monkeypatch.setattr(StockSession, "pull", pull)


def test_contacts_are_planned_while_documents_are_still_read_and_leave_with_the_whole_plan_only(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = called(store, vault)
    between: list[list[tuple[str, str]]] = []
    reading_by_pages(house, monkeypatch, lambda: between.append([(row.kind, row.state) for row in house.operations()]))
    house.run_stock()
    assert between == [[("contact", "proposed")]] * 2
    house.run_ledger()
    assert {link.source_id for link in house.links()} == {"c1", "i1", "i2"}


def test_a_run_that_plans_contacts_meanwhile_is_shown_as_reading_at_its_pace(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = called(store, vault)
    shown: list[tuple[str, str]] = []
    begun = house.clock().isoformat()

    def look() -> None:
        with store.read() as db:
            row = db.execute(sa.select(table(Run)).where(table(Run).c.state == "open")).one()
        shown.append((row.phase, row.progress["since"]))

    reading_by_pages(house, monkeypatch, look)
    house.run_stock()
    assert shown == [("pull", begun)] * 2


# -- the safety catch --------------------


@on_both
@pytest.mark.parametrize("changed", [20, 21])
def test_more_than_twenty_changes_wait_for_a_person(world: World, changed: int) -> None:
    sync(world, contact(), *numbered(22))
    sync(world, *numbered(changed, "20.00"))
    caught = [row for row in world.house.operations(kind="invoice", state="proposed") if row.caught]
    assert len(caught) == (0 if changed == 20 else 21)
    world.house.person.approve([row.id for row in caught])
    world.house.sync()
    assert sum(entry.total == Decimal("24.00") for entry in entries(world, Kind.INVOICE)) == changed


def test_the_catch_gives_way_to_ten_per_cent_of_many(world: World) -> None:
    set_integration(world, safety_floor=1)
    sync(world, contact(), *numbered(20))
    sync(world, *numbered(2, "20.00"))
    assert world.house.operations(state="proposed") == []
    sync(world, *numbered(5, "30.00"))
    assert len(world.house.operations(state="proposed")) == 5


def test_new_documents_are_never_caught(world: World) -> None:
    sync(world, contact(), *numbered(30))
    assert len(entries(world, Kind.INVOICE)) == 30


def test_many_small_plans_are_no_way_around_the_catch(world: World) -> None:
    set_integration(world, safety_floor=3)
    sync(world, contact(), *numbered(10))
    for start in (0, 3):
        put(world.house, *numbered(10, "20.00")[start : start + 3])
        world.run_stock()
    assert sum(row.caught for row in world.house.operations(kind="invoice", state="proposed")) == 3


@on_both
def test_a_run_of_the_ledger_while_the_stock_side_is_read_is_no_way_around_the_catch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_integration(world, safety_floor=3)
    sync(world, contact(), *numbered(10))
    pull = StockSession.pull

    def visited(session: StockSession, want: Want) -> Iterator[Page]:
        for page in pull(session, want):
            yield page
            world.run_ledger()

    put(world.house, *numbered(6, "20.00"), invoice("new"))
    with monkeypatch.context() as reading:
        reading.setattr("hub.testing.memory.PAGE", 2)
        reading.setattr(StockSession, "pull", visited)
        world.run_stock()
    world.run_ledger()
    assert sum(row.caught for row in world.house.operations(kind="invoice", state="proposed")) == 6
    assert len(entries(world, Kind.INVOICE)) == 11, "what is new need not wait"


def test_changes_wait_for_no_run_of_the_stock_side_that_is_not_heard_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(world, contact(), invoice())
    put(world.house, invoice(lines=(line("20.00"),)))
    pull = StockSession.pull

    def updates() -> list[str]:
        return [row.state for row in world.house.operations(action="update")]

    def dying(session: StockSession, want: Want) -> Iterator[Page]:
        yield from pull(session, want)
        if want.feed.name == "records":
            world.run_ledger()
            assert updates() == ["proposed"]
            raise Died

    with monkeypatch.context() as reading:
        reading.setattr(StockSession, "pull", dying)
        world.run_stock()
    assert world.deaths == 1, "and a while went by"
    world.run_ledger()
    assert updates() == ["done"]


# -- what is not eligible --------------------


def test_an_excluded_document_is_counted_with_its_rule(world: World) -> None:
    sync(world, contact(), invoice("old", date=date(2025, 12, 31)), invoice("draft", status=Status.DRAFT))
    with world.hub.store.read() as db:
        rules = {row.external_id: row.rule for row in db.execute(sa.select(table(Exclusion)))}
    assert rules == {"old": "dated before the start date 2026-01-01", "draft": "draft in the source"}
    assert linked(world) == ["c1"]


def test_a_later_payment_of_an_excluded_invoice_is_held(world: World) -> None:
    sync(world, contact(), invoice(date=date(2025, 12, 31)), payment())
    assert only(world, kind="payment").problem_code == "invoice_not_linked"


def test_an_earlier_start_date_brings_what_it_excluded(world: World) -> None:
    sync(world, contact(), invoice(date=date(2025, 12, 31)))
    world.house.person.set_start_date(world.house.integration_id, date(2025, 12, 1))
    world.house.sync()
    assert linked(world) == ["c1", "i1"]
    with world.hub.store.read() as db:
        assert db.execute(sa.select(table(Exclusion))).all() == []


def test_a_document_authorised_later_is_posted_then(world: World) -> None:
    sync(world, contact(), invoice(status=Status.DRAFT))
    sync(world, invoice())
    assert linked(world) == ["c1", "i1"]


# -- edits, voids, undo --------------------


def test_an_edit_updates_and_a_void_voids(world: World) -> None:
    sync(world, contact(), invoice())
    sync(world, invoice(lines=(line("20.00"),)))
    [entry] = entries(world, Kind.INVOICE)
    assert entry.total == Decimal("24.00")
    sync(world, invoice(status=Status.VOIDED))
    assert entry.status is TargetStatus.VOIDED
    assert linked(world) == ["c1"]


@on_both
def test_an_undone_document_is_voided_only_when_a_person_says_so(world: World) -> None:
    sync(world, contact(), invoice())
    sync(world, invoice(status=Status.DRAFT))
    asked = only(world, state="proposed")
    assert (asked.action, asked.caught) == ("void", True)
    world.house.person.approve([asked.id])
    world.house.sync()
    sync(world, invoice())
    first, second = entries(world, Kind.INVOICE)
    assert (first.status, second.status) == (TargetStatus.VOIDED, TargetStatus.OPEN)
    assert second.native["number"] == "N-i1-v2", "the ledger may refuse to see a number again"


def test_a_reauthorised_document_needs_nobody(world: World) -> None:
    sync(world, contact(), invoice())
    sync(world, invoice(status=Status.DRAFT))
    sync(world, invoice())
    assert world.house.operations(state="proposed") == []
    assert len(entries(world, Kind.INVOICE)) == 1


def test_our_own_payments_are_withdrawn_before_the_invoice_is_voided(world: World) -> None:
    sync(world, contact())
    world.house.shelf.put("sale", invoice(), payment())
    world.house.sync()
    world.house.shelf.put("sale")
    world.house.sync()
    assert all(not entry.status.is_live for entry in entries(world, Kind.INVOICE) + entries(world, Kind.PAYMENT))


@on_both
def test_our_own_payments_are_withdrawn_when_only_their_invoice_was_voided(world: World) -> None:
    sync(world, contact(), invoice(), payment(amount="5.00"), payment("pay2", amount="7.00"))
    sync(world, invoice(status=Status.VOIDED))
    assert all(not entry.status.is_live for entry in entries(world, Kind.INVOICE) + entries(world, Kind.PAYMENT))
    assert {row.source_id for row in world.house.operations(state="held")} == {"pay1", "pay2"}, (
        "still there in the source"
    )
    writes = world.books.writes
    world.house.sync()
    assert world.books.writes == writes, "nothing goes to and fro"


def test_a_payment_comes_back_with_the_invoice_that_it_was_withdrawn_for(world: World) -> None:
    sync(world, contact(), invoice(), payment())
    sync(world, invoice(status=Status.VOIDED))
    sync(world, invoice())
    assert [entry.status.is_live for entry in entries(world, Kind.INVOICE)] == [False, True]
    assert [entry.status.is_live for entry in entries(world, Kind.PAYMENT)] == [False, True]
    assert world.house.operations(state="held") == []


def test_what_was_to_be_withdrawn_stays_when_the_invoice_is_authorised_again_in_time(world: World) -> None:
    sync(world, contact(), invoice(), payment())
    world.house.set_flow(Kind.PAYMENT, FlowMode.REVIEW)
    sync(world, invoice(status=Status.VOIDED))
    assert only(world, state="proposed").action == "void"
    assert only(world, state="held").problem_code == "target_has_payments"
    sync(world, invoice())
    assert world.house.operations(state="proposed") + world.house.operations(state="held") == []
    assert entries(world, Kind.PAYMENT)[0].status.is_live


def test_no_payment_of_ours_is_withdrawn_while_others_money_keeps_the_invoice(world: World) -> None:
    sync(world, contact(), invoice(), payment(amount="5.00"))
    theirs = world.books.add(Kind.PAYMENT, document=entries(world, Kind.INVOICE)[0].id, amount="7.00")
    sync(world, invoice(status=Status.VOIDED))
    assert all(entry.status.is_live for entry in entries(world, Kind.PAYMENT))
    assert only(world, state="held").problem_code == "target_has_payments"
    world.books.void(theirs)
    world.house.sync()
    assert not any(entry.status.is_live for entry in entries(world, Kind.INVOICE) + entries(world, Kind.PAYMENT))


def test_a_person_who_leaves_a_voided_invoice_in_the_books_leaves_its_payments_there(world: World) -> None:
    sync(world, contact(), invoice(), payment())
    world.house.set_flow(Kind.PAYMENT, FlowMode.REVIEW)
    sync(world, invoice(status=Status.VOIDED))
    world.house.person.drop([only(world, state="held").id], "It stays in the books")
    world.house.sync()
    assert world.house.operations(state="proposed") == []
    assert entries(world, Kind.PAYMENT)[0].status.is_live


def test_a_payment_made_in_the_ledger_keeps_the_invoice_from_being_voided(world: World) -> None:
    sync(world, contact(), invoice())
    world.books.add(Kind.PAYMENT, document=entries(world, Kind.INVOICE)[0].id, amount="12.00")
    sync(world, invoice(status=Status.VOIDED))
    assert only(world, state="held").problem_code == "target_has_payments"
    assert entries(world, Kind.INVOICE)[0].status is TargetStatus.PAID


def test_an_edited_payment_is_taken_back_and_posted_anew(world: World) -> None:
    sync(world, contact(), invoice(), payment())
    sync(world, payment(amount="5.00"))
    assert [(e.total, e.status.is_live) for e in entries(world, Kind.PAYMENT)] == [
        (Decimal("12.00"), False),
        (Decimal("5.00"), True),
    ]
    state = next(row.state for row in world.house.links() if row.source_id == "i1")
    assert (state["due"], state["status"]) == ("7.00", "part_paid"), "what comes back is what was written"


@on_both
def test_what_a_person_voided_in_the_ledger_is_not_made_again(world: World) -> None:
    sync(world, contact(), invoice())
    world.books.void(entries(world, Kind.INVOICE)[0].id)
    sync(world, invoice(lines=(line("20.00"),)))
    assert only(world, state="held").problem_code == "target_gone"
    assert len(entries(world, Kind.INVOICE)) == 1


def test_unlinking_posts_the_next_generation(world: World) -> None:
    sync(world, contact(), invoice())
    world.books.void(entries(world, Kind.INVOICE)[0].id)
    world.house.person.unlink(world.house.integration_id, Kind.INVOICE, "i1", "voided by mistake")
    world.house.sync()
    second = entries(world, Kind.INVOICE)[1]
    assert (second.native["mark"], second.native["number"]) == ("i1#2", "N-i1-v2")
    labels = {row.label for row in world.house.operations(kind="invoice")}
    assert labels == {"N-i1"}, "people know it by its own number, whatever the ledger's is"
    assert [row.ended_why for row in world.house.links(live=False)] == ["voided by mistake"]


# -- both sides changed --------------------


@pytest.mark.parametrize(
    ("policy", "number", "state"), [("ask", "theirs", "held"), ("stock", "N-i1", "done"), ("ledger", "theirs", "done")]
)
def test_when_both_sides_changed_the_policy_decides(world: World, policy: str, number: str, state: str) -> None:
    set_integration(world, conflict_policy=policy)
    sync(world, contact(), invoice())
    world.books.edit(entries(world, Kind.INVOICE)[0].id, number="theirs")
    sync(world, invoice(lines=(line("20.00"),)))
    assert entries(world, Kind.INVOICE)[0].native["number"] == number
    assert world.house.operations(kind="invoice")[-1].state == state


def test_an_edit_that_we_find_only_when_we_look_is_a_conflict_too(world: World) -> None:
    """The states were pulled before; a person edits while our update waits."""
    sync(world, contact(), invoice())
    put(world.house, invoice(lines=(line("20.00"),)))
    world.run_stock()
    world.books.edit(entries(world, Kind.INVOICE)[0].id, number="theirs")
    world.run_ledger()
    assert only(world, state="held").problem_code == "edited_on_both_sides"


# -- contacts and items --------------------


@on_both
def test_a_contact_is_adopted_by_exactly_one_active_match(world: World) -> None:
    theirs = world.books.add(Kind.CONTACT, name="acme")
    world.run_ledger()
    sync(world, contact(name="Acme"), invoice())
    assert [(row.target_id, row.origin) for row in world.house.links() if row.kind == "contact"] == [
        (theirs, "adopted")
    ]
    assert len(entries(world, Kind.CONTACT)) == 1
    assert entries(world, Kind.INVOICE)[0].native["contact"] == theirs


def test_two_contacts_of_that_name_in_the_ledger_are_for_a_person(world: World) -> None:
    for _ in range(2):
        last = world.books.add(Kind.CONTACT, name="Acme")
    world.run_ledger()
    sync(world, contact(name="Acme"))
    assert only(world, state="held").problem_code == "ambiguous_match"
    world.books.archive(last)
    world.house.sync()
    assert [row.origin for row in world.house.links()] == ["adopted"]


def test_an_archived_match_alone_is_held(world: World) -> None:
    world.books.archive(world.books.add(Kind.ITEM, code="TEA"))
    world.run_ledger()
    sync(world, item())
    assert only(world, state="held").problem_code == "only_archived_match"


def test_the_default_contact_takes_sales_without_one(world: World) -> None:
    walk_in = world.books.add(Kind.CONTACT, name="Walk-in")
    world.run_ledger()
    world.house.person.set_mapping(world.house.integration_id, MappingList.DEFAULT, {"sale_contact": walk_in})
    sync(world, invoice(contact_id=""))
    assert entries(world, Kind.INVOICE)[0].native["contact"] == walk_in


def test_an_update_of_a_contact_leaves_the_ledgers_own_fields_alone(world: World) -> None:
    sync(world, contact().model_copy(update={"email": "old@acme.example", "phone": "1"}))
    [entry] = entries(world, Kind.CONTACT)
    world.books.edit(entry.id, tax_number="GB1")
    sync(world, contact().model_copy(update={"email": "new@acme.example", "phone": ""}))
    assert [entry.native[name] for name in ("email", "phone", "tax_number")] == ["new@acme.example", "1", "GB1"]


def test_two_suppliers_may_use_the_same_bill_number(world: World) -> None:
    account = {"lines": (line(account="310"),)}
    bills = [trade(Bill, f"b{n}", "INV-1", contact_id=f"c{n}", **account) for n in (1, 2)]
    sync(world, contact("c1", "One"), contact("c2", "Two"), *bills)
    assert len(entries(world, Kind.BILL)) == 2


# -- mappings --------------------


@on_both
def test_a_mapping_change_replans_what_is_open_and_revokes_its_approval(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    sync(world, contact(), invoice())
    before = only(world, kind="invoice")
    world.house.person.approve([before.id])
    world.house.person.set_mapping(world.house.integration_id, MappingList.ACCOUNT, {"200": "310"})
    world.house.run_ledger()
    assert entries(world, Kind.INVOICE) == []
    after = only(world, kind="invoice", state="proposed")
    assert (after.approved_hash, after.payload_hash == before.payload_hash) == ("", False)


def test_a_mapping_change_changes_nothing_that_is_posted(world: World) -> None:
    sync(world, contact(), invoice())
    world.house.person.set_mapping(world.house.integration_id, MappingList.ACCOUNT, {"200": "310"})
    writes = world.books.writes
    world.house.sync()
    assert world.books.writes == writes
    assert entries(world, Kind.INVOICE)[0].native["lines"][0]["account"] == "200"


def test_mapping_an_account_releases_what_waited_for_it(world: World) -> None:
    sync(world, contact(), invoice(lines=(line(account="999"),)))
    assert only(world, state="held").problem_subject == "999"
    world.house.person.set_mapping(world.house.integration_id, MappingList.ACCOUNT, {"999": "200"})
    world.house.run_ledger()
    assert linked(world) == ["c1", "i1"]


# -- drops --------------------


def test_a_drop_needs_a_reason_and_keeps_it(world: World) -> None:
    sync(world, contact(), invoice(lines=(line(account="999"),)))
    held = only(world, state="held")
    with pytest.raises(SettingsError, match="Say why"):
        world.house.person.drop([held.id], "  ")
    world.house.person.drop([held.id], "entered by hand")
    assert only(world, id=held.id).reason == "entered by hand"
    with world.hub.store.read() as db:
        rows = db.execute(sa.select(table(AuditEvent)).where(table(AuditEvent).c.what == "dropped")).all()
    assert [(row.actor, row.reason) for row in rows] == [("bookkeeper", "entered by hand")]


@on_both
def test_a_dropped_document_stays_out_until_the_drop_is_undone(world: World) -> None:
    sync(world, contact(), invoice(lines=(line(account="999"),)))
    held = only(world, state="held")
    world.house.person.drop([held.id], "entered by hand")
    world.house.person.set_mapping(world.house.integration_id, MappingList.ACCOUNT, {"999": "200"})
    sync(world, invoice(lines=(line("20.00", account="999"),)))
    assert entries(world, Kind.INVOICE) == []
    world.house.person.undrop([held.id])
    world.house.run_ledger()
    assert [entry.total for entry in entries(world, Kind.INVOICE)] == [Decimal("24.00")]


def why_it_waits(world: World, **where: Any) -> str:
    return str(only(world, state="held", **where).problem["why"])


def held_payment(world: World) -> None:
    """Its invoice waits for approval, and it was let go before."""
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    sync(world, contact(), invoice(), payment())
    assert "waits for your approval" in why_it_waits(world, kind="payment")


@on_both
def test_a_payment_says_that_its_invoice_was_skipped_and_no_longer_when_that_is_taken_back(world: World) -> None:
    held_payment(world)
    create = only(world, kind="invoice", state="proposed")
    world.house.person.drop([create.id], "sample")
    world.run_stock()
    assert why_it_waits(world, kind="payment") == "Somebody skipped it."
    assert "The invoice N-i1 of a payment" in only(world, state="held", kind="payment").problem["what"]
    world.house.person.undrop([create.id])
    world.run_stock()
    assert "Somebody skipped it" not in str([row.problem for row in world.house.operations(state="held")])


def test_a_payment_about_to_go_is_held_once_its_invoice_is_skipped(world: World) -> None:
    for kind in (Kind.INVOICE, Kind.PAYMENT):
        world.house.set_flow(kind, FlowMode.REVIEW)
    sync(world, contact(), invoice(), payment())
    assert only(world, kind="payment").state == "proposed"
    world.house.person.drop([only(world, kind="invoice").id], "sample")
    world.run_stock()
    assert why_it_waits(world, kind="payment") == "Somebody skipped it."


def test_an_invoice_says_that_its_contact_was_ignored(world: World) -> None:
    world.house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    sync(world, contact(), invoice())
    assert "waits for your approval" in why_it_waits(world, kind="invoice")
    Linking(world.hub, "bookkeeper").ignore(world.house.integration_id, ["c1"], "a test of the stock system")
    world.run_stock()
    assert why_it_waits(world, kind="invoice") == "Somebody skipped it."


def test_skipping_thousands_of_documents_takes_statements_by_the_hundred(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    sync(world, contact(), *numbered(900))
    ids = [row.id for row in world.house.operations(kind="invoice")]
    asked: list[str] = []
    sa.event.listen(world.hub.store.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    world.house.person.drop(ids, "sample")
    assert len([statement for statement in asked if "operation_fact" in statement]) <= 3


def test_dropping_an_edit_does_not_keep_a_withdrawn_document_in_the_books(world: World) -> None:
    sync(world, contact(), invoice())
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    sync(world, invoice(lines=(line("20.00"),)))
    world.house.person.drop([only(world, state="proposed").id], "left as it was")
    world.house.shelf.put("r-i1")
    world.house.sync()
    assert only(world, state="proposed").action == "void"


def test_a_retry_plans_again_though_nothing_changed(world: World) -> None:
    sync(world, contact(), invoice(lines=(line(account="999"),)))
    held = only(world, state="held")
    assert world.house.person.retry([held.id]) == 1
    world.house.run_ledger()
    assert only(world, id=held.id).state == "replaced"
    assert only(world, state="held").problem_code == "account_not_mapped"


# -- credits --------------------


def test_a_credit_is_used_up_to_what_is_due_and_the_rest_stays_open(world: World) -> None:
    credit = trade(CreditNote, "k1", lines=(line("50.00"),))
    use = Allocation(
        external_id="a1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="k1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=date(2026, 2, 1),
        amount=Decimal("60.00"),
        currency="GBP",
    )
    sync(world, contact(), invoice(), payment(amount="5.00"), credit, use)
    [allocation] = entries(world, Kind.ALLOCATION)
    assert allocation.total == Decimal("7.00")
    assert entries(world, Kind.CREDIT_NOTE)[0].state.due == Decimal("53.00")
    assert due(world) == []


def test_two_payments_in_one_batch_never_exceed_what_is_due_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every ledger would refuse the second."""
    monkeypatch.setattr(Books, "_check_money", lambda *_: None)
    sync(world, contact(), invoice(), payment("pay1"), payment("pay2"))
    assert len(entries(world, Kind.PAYMENT)) == 1
    assert only(world, kind="payment", state="held").problem_code == "payment_exceeds_due"


def test_two_source_contacts_of_one_name_become_one_in_the_ledger(world: World) -> None:
    """A ledger has each name once: the second waits for the first and is linked to the same record."""
    sync(world, contact("c1", "Acme"), contact("c2", "ACME"), invoice("i1"), invoice("i2", contact_id="c2"))
    [entry] = entries(world, Kind.CONTACT)
    found = {row.source_id: (row.target_id, row.origin) for row in world.house.links() if row.kind == "contact"}
    assert found == {"c1": (entry.id, "created"), "c2": (entry.id, "adopted")}
    assert len(entries(world, Kind.INVOICE)) == 2


def test_a_namesake_that_was_dropped_keeps_nobody_waiting(world: World) -> None:
    world.house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(world.house, contact("c1", "Acme"))
    world.run_stock()
    world.house.person.drop([only(world, source_id="c1").id], "not ours")
    world.house.set_flow(Kind.CONTACT)
    sync(world, contact("c1", "Acme").model_copy(update={"phone": "1"}), contact("c2", "Acme"))
    assert linked(world) == ["c2"]
