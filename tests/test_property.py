"""The engine against everything that may happen at once: people on both sides, lost answers, dying processes."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from books_check import faults_in, mark_of, unjustified
from houses import START, contact, invoice, journal, line, make_perpetual, payment, trade
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from worlds import STALE, FragileLedger, Models, World, another

from hub.documents import (
    Allocation,
    Bill,
    CreditNote,
    Document,
    Invoice,
    Journal,
    JournalReason,
    Kind,
    Payment,
    Refund,
    Status,
    TradeDocument,
)
from hub.engine import looking
from hub.engine.correcting import can_correct, correct
from hub.engine.methods import Methods
from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.models import FlowMode
from hub.providers import TargetStatus
from hub.reconcile import JournalMode, Look
from hub.testing import Fault

PROFILE = os.environ.get("HUB_PROPERTY_PROFILE", "quick")
"""How many lives are lived: ``quick`` with every test run, ``thorough`` and ``night`` when asked."""
EXAMPLES, STEPS = {"quick": (8, 14), "thorough": (150, 25), "night": (1500, 40)}[PROFILE]

AMOUNTS = st.sampled_from(["10.00", "20.00", "35.10", "0.01"])
DAYS = st.sampled_from([date(2026, 2, 1), date(2026, 2, 20), date(2025, 12, 31)])
NUMBERS = st.integers(0, 5)
LATER_DAYS = st.sampled_from([date(2026, 2, 1), date(2026, 2, 20), date(2026, 3, 2)])
REASONS = st.sampled_from([JournalReason.COST_OF_GOODS, JournalReason.COST_CORRECTION, JournalReason.STOCKTAKE])
FUSE = st.integers(1, 60)
FAULTS = st.lists(st.sampled_from(Fault), min_size=1, max_size=4)


class Sync(RuleBasedStateMachine):
    """Random lives of one integration; in the end the books must be right."""

    visits = False
    world: World
    closing: AbstractContextManager[World]
    perpetual = False

    @initialize(
        synced=st.booleans(),
        draft=st.sampled_from([False, False, True]),
        journals=st.sampled_from([None, *JournalMode]),
    )
    def begin(self, synced: bool, draft: bool, journals: JournalMode | None) -> None:
        self.world = self.make_world()
        self.count = 0
        self.perpetual = journals is not None
        if journals is not None:
            make_perpetual(self.world.house).post_journals(self.world.house.integration_id, journals)
            self.add_cost("20.00", START, JournalReason.COST_OF_GOODS)
        self.put(contact("c1", "Name c1"))
        self.add_sale("20.00", START, True, "c1")
        self.add_sale("35.10", START, False, "c1")
        self.add_credit(1, "10.00", "10.00")
        if draft:
            self.world.house.set_flow(Kind.INVOICE, post_as="draft")
        if synced:
            self.world.run_stock()
            self.world.run_ledger()

    def make_world(self) -> World:
        raise NotImplementedError

    # -- people in the stock system ------------------------------------------------------------------------------

    def put(self, *documents: Document, record: str = "") -> None:
        name = record or f"r-{documents[0].external_id}"
        self.world.records.setdefault(name, {}).update({d.external_id: d for d in documents})
        self.world.save(name)

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def pick(self, model: type[Document], number: int) -> tuple[str, Document] | None:
        """One of the source's documents of a type, with the record that owns it."""
        found = [
            (name, d) for name, record in self.world.records.items() for d in record.values() if isinstance(d, model)
        ]
        return found[number % len(found)] if found else None

    @rule()
    def add_contact(self) -> None:
        id = self.fresh("c")
        self.put(contact(id, f"Name {id}"))

    @rule(number=NUMBERS)
    def rename_contact(self, number: int) -> None:
        id = f"c{number % 2 + 1}"
        if f"r-{id}" in self.world.records:
            self.put(contact(id, f"Name {self.fresh(f'{id}-')}"))

    @rule(net=AMOUNTS, day=DAYS, paid=st.booleans(), owner=st.sampled_from(["c1", "c1", "c1", "c2"]))
    def add_sale(self, net: str, day: date, paid: bool, owner: str) -> None:
        id = self.fresh("i")
        document = invoice(id, lines=(line(net),), date=day, contact_id=owner)
        more = [payment(self.fresh("pay"), id, str(document.total))] if paid else []
        self.put(document, *more)

    @rule(number=NUMBERS, net=AMOUNTS)
    def edit_sale(self, number: int, net: str) -> None:
        picked = self.pick(Invoice, number)
        if picked:
            record, before = picked
            assert isinstance(before, Invoice)
            values: dict[str, Any] = {"date": before.date, "contact_id": before.contact_id, "status": before.status}
            self.put(invoice(before.external_id, lines=(line(net),), **values), record=record)

    @rule(number=NUMBERS, status=st.sampled_from(Status))
    def set_status(self, number: int, status: Status) -> None:
        picked = self.pick(TradeDocument, number)
        if picked:
            self.put(picked[1].model_copy(update={"status": status}), record=picked[0])

    @rule(number=NUMBERS, amount=AMOUNTS)
    def add_payment(self, number: int, amount: str) -> None:
        picked = self.pick(Invoice, number)
        if picked:
            self.put(payment(self.fresh("pay"), picked[1].external_id, amount), record=picked[0])

    @rule(number=NUMBERS, amount=AMOUNTS)
    def edit_payment(self, number: int, amount: str) -> None:
        picked = self.pick(Payment, number)
        if picked:
            self.put(picked[1].model_copy(update={"amount": Decimal(amount)}), record=picked[0])

    @rule(number=NUMBERS, net=AMOUNTS, amount=AMOUNTS)
    def add_credit(self, number: int, net: str, amount: str) -> None:
        picked = self.pick(Invoice, number)
        if not picked:
            return
        record, sale = picked
        assert isinstance(sale, Invoice)
        credit = trade(CreditNote, self.fresh("k"), lines=(line(net),), contact_id=sale.contact_id)
        use = Allocation(
            external_id=self.fresh("a"),
            credit_kind=Kind.CREDIT_NOTE,
            credit_id=credit.external_id,
            document_kind=Kind.INVOICE,
            document_id=sale.external_id,
            date=credit.date,
            amount=min(Decimal(amount), credit.total),
            currency="GBP",
        )
        self.put(credit, use, record=record)

    @rule(number=NUMBERS, amount=AMOUNTS)
    def add_refund(self, number: int, amount: str) -> None:
        picked = self.pick(CreditNote, number)
        if picked:
            values = payment(self.fresh("f"), picked[1].external_id, amount).model_dump(exclude={"kind"})
            self.put(Refund(**{**values, "document_kind": Kind.CREDIT_NOTE}), record=picked[0])

    @precondition(lambda self: self.perpetual)
    @rule(net=AMOUNTS, day=DAYS, reason=REASONS)
    def add_cost(self, net: str, day: date, reason: JournalReason) -> None:
        self.put(journal(self.fresh("j"), net, day, reason=reason))

    @precondition(lambda self: self.perpetual)
    @rule(number=NUMBERS, net=st.sampled_from(["10.00", "-3.00", "0.00"]), day=LATER_DAYS)
    def edit_cost(self, number: int, net: str, day: date) -> None:
        picked = self.pick(Journal, number)
        if picked:
            self.put(journal(picked[1].external_id, net, day), record=picked[0])

    @rule(number=NUMBERS, model=st.sampled_from([Payment, Allocation, Refund, CreditNote, Invoice, Journal]))
    def remove_document(self, number: int, model: type[Document]) -> None:
        picked = self.pick(model, number)
        if picked:
            del self.world.records[picked[0]][picked[1].external_id]
            self.world.save(picked[0])

    @rule(number=NUMBERS)
    def break_record(self, number: int) -> None:
        picked = self.pick(Invoice, number)
        if picked:
            self.world.house.shelf.odd[picked[0]] = "a date could not be read"
            self.world.save(picked[0])

    @precondition(lambda self: self.perpetual)
    @rule(day=st.sampled_from([None, "2026-02-10", "2026-02-28"]))
    def close_the_books(self, day: str | None) -> None:
        self.world.books.lock_date = day

    # -- people in the ledger ------------------------------------------------------------------------------------

    def target(self, number: int, *kinds: Kind) -> str | None:
        found = [e.id for e in self.world.books.live() if e.kind in kinds and mark_of(e)]
        return found[number % len(found)] if found else None

    @rule(number=NUMBERS)
    def ledger_edits(self, number: int) -> None:
        id = self.target(number, Kind.INVOICE, Kind.JOURNAL)
        if id:
            self.world.books.edit(id, number=f"theirs-{id}")
            self.world.edited.add(mark_of(self.world.books.entries[id]))

    @rule(number=NUMBERS)
    def ledger_voids(self, number: int) -> None:
        id = self.target(number, Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT_NOTE, Kind.ALLOCATION, Kind.JOURNAL)
        if id and not self.world.books.entries[id].paid:
            self.world.books.void(id)
            self.world.voided.add(mark_of(self.world.books.entries[id]))

    @rule(number=NUMBERS)
    def ledger_pays(self, number: int) -> None:
        id = self.target(number, Kind.INVOICE)
        entry = self.world.books.entries[id] if id else None
        if entry and entry.status is not TargetStatus.DRAFT and entry.state.due:
            self.world.books.add(Kind.PAYMENT, document=entry.id, amount=str(entry.state.due))
            self.world.paid.add(mark_of(entry))

    @rule(number=NUMBERS)
    def ledger_approves(self, number: int) -> None:
        drafts = [e.id for e in self.world.books.live() if e.status is TargetStatus.DRAFT]
        if drafts:
            self.world.books.approve(drafts[number % len(drafts)])

    # -- people in the hub ---------------------------------------------------------------------------------------

    @rule()
    def approve_all(self) -> None:
        self.world.house.person.approve([row.id for row in self.world.house.operations(state="proposed")])

    @rule(number=NUMBERS)
    def drop_one(self, number: int) -> None:
        waiting = self.world.house.operations(state="held") or self.world.house.operations(state="proposed")
        if waiting:
            self.world.house.person.drop([waiting[number % len(waiting)].id], "not ours")

    @rule()
    def undrop_all(self) -> None:
        self.world.house.person.undrop([row.id for row in self.world.house.operations(state="dropped")])

    @rule()
    def retry_all(self) -> None:
        for state in ("held", "failed"):
            rows = self.world.house.operations(state=state)
            self.world.told_twice |= {row.source_id for row in rows if row.problem_code == "posted_twice"}
            self.world.house.person.retry([row.id for row in rows])

    @precondition(lambda self: self.perpetual)
    @rule(mode=st.sampled_from(JournalMode))
    def post_journals(self, mode: JournalMode) -> None:
        Methods(self.world.house.person).post_journals(self.world.house.integration_id, mode)

    @precondition(lambda self: self.perpetual)
    @rule()
    def correct_all(self) -> None:
        """The books are open from March on."""
        for row in self.world.house.operations(state="held"):
            if can_correct(row) and ":correction:" not in row.source_id:
                try:
                    correct(self.world.house.person, row.id, date(2026, 3, 5))
                except SettingsError as refusal:
                    assert "nothing to correct" in str(refusal)

    @rule(target_code=st.sampled_from(["200", "310", ""]))
    def map_account(self, target_code: str) -> None:
        self.world.house.person.set_mapping(self.world.house.integration_id, MappingList.ACCOUNT, {"200": target_code})

    @precondition(lambda self: not self.visits)
    @rule(kind=st.sampled_from([Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT_NOTE]))
    def switch_off_and_on(self, kind: Kind) -> None:
        """What is switched off does not leave; what was sent before, and got no answer, may yet be there."""
        house = self.world.house
        post_as = house.flow(kind).post_as
        house.set_flow(kind, FlowMode.OFF, post_as=post_as)
        open_before = any(row.state in ("sending", "unsure") for row in house.operations(kind=kind.value))
        there = self.written(kind)
        self.world.run_stock()
        self.world.run_ledger()
        assert open_before or self.written(kind) == there, f"{kind} was switched off, but went on"
        house.set_flow(kind, post_as=post_as)

    def written(self, kind: Kind) -> int:
        """How many of a kind we ever made in the books."""
        return sum(entry.kind is kind and bool(mark_of(entry)) for entry in self.world.books.entries.values())

    # -- runs, and what fate does to them ------------------------------------------------------------------------

    @rule()
    def run_stock(self) -> None:
        self.world.run_stock()

    @rule()
    def run_ledger(self) -> None:
        self.world.run_ledger()

    @rule(fuse=FUSE)
    def die_in_stock_run(self, fuse: int) -> None:
        self.world.fuse.left = fuse
        self.world.run_stock()

    @rule(fuse=FUSE)
    def die_in_ledger_run(self, fuse: int) -> None:
        self.world.run_stock()
        self.world.fuse.left = fuse
        self.world.run_ledger()

    @rule(faults=FAULTS, net=AMOUNTS, paid=st.booleans())
    def bad_line_for_a_new_sale(self, faults: list[Fault], net: str, paid: bool) -> None:
        self.add_sale(net, START, paid, "c1")
        self.bad_line(faults)

    @rule(faults=FAULTS, net=AMOUNTS)
    def bad_line_for_a_bill(self, faults: list[Fault], net: str) -> None:
        """Bills of different suppliers may have one number, so the ledger refuses none."""
        self.put(trade(Bill, self.fresh("b"), "INV-1", lines=(line(net, account="310"),)))
        self.bad_line(faults)

    @rule(faults=FAULTS, number=NUMBERS, net=AMOUNTS)
    def bad_line_for_an_edit(self, faults: list[Fault], number: int, net: str) -> None:
        self.edit_sale(number, net)
        self.edit_payment(number, net)
        self.bad_line(faults)

    @rule(faults=FAULTS)
    def bad_line(self, faults: list[Fault]) -> None:
        self.world.run_stock()
        self.world.books.faults[:] = faults
        self.world.lost += len(faults)
        self.world.run_ledger()

    @precondition(lambda self: self.visits)
    @rule(questions=st.integers(1, 9))
    def visitor_leaves(self, questions: int) -> None:
        self.world.run_ledger(questions)
        self.world.house.clock.at += STALE

    @precondition(lambda self: not self.visits)
    @rule(slow=st.booleans())
    def two_processes(self, slow: bool) -> None:
        """While a write is on its way, another process tries the same; if we are slow it takes over."""
        world = self.world

        def cut_in() -> None:
            if slow:
                world.overtaken = True
                world.books.faults.clear()
                world.house.clock.at += STALE
            report = another(world.hub).run(world.house.ledger_id)
            assert (report is not None) is slow, "one open run per connection"

        ledger = world.hub.providers["memoryledger"]
        assert isinstance(ledger, FragileLedger)
        ledger.cut_in = cut_in
        world.run_ledger()
        ledger.cut_in = None

    @rule()
    def time_passes(self) -> None:
        self.world.house.clock.at += STALE

    def teardown(self) -> None:
        if not hasattr(self, "closing"):
            return
        try:
            self.world.books.lock_date = None
            self.world.settle_down()
            found = [*faults_in(self.world), *unjustified(self.world)]
            if found:
                raise AssertionError("\n".join(found))
        finally:
            self.closing.__exit__(None, None, None)


def machine(models: Models, backend: str, *, visits: bool, at_once: int = 1) -> type[Sync]:
    """The machine on copies of a house that is set up once."""

    def make_world(self: Sync) -> World:
        opened = models.world(backend, visits=visits)
        self.closing = opened
        world = opened.__enter__()
        if not visits:
            world.hub.providers["memoryledger"].pushes_at_once = at_once  # type: ignore[misc]
        return world

    return type("Life", (Sync,), {"make_world": make_world, "visits": visits})


def live(machine: type[Sync], examples: int, steps: int, *phases: Phase) -> None:
    """Live through so many lives."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=phases or tuple(Phase),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.parametrize("visits", [False, True], ids=["called", "visiting"])
def test_the_books_are_right_in_the_end_whatever_happened(models: Models, visits: bool) -> None:
    live(machine(models, "sqlite", visits=visits), EXAMPLES, STEPS)


def test_the_books_are_right_on_postgresql_too(models: Models, postgres: object) -> None:
    live(machine(models, "postgresql", visits=False), max(2, EXAMPLES // 5), STEPS)


def test_several_batches_on_their_way_at_once_change_nothing(models: Models) -> None:
    live(machine(models, "sqlite", visits=False, at_once=3), max(4, EXAMPLES // 2), STEPS)


def test_a_life_without_looks_before_repeating_goes_wrong(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    """The property has teeth: take the look away, and some life ends wrong."""
    monkeypatch.setattr(looking, "judge_look", lambda *_: (Look.NOT_DONE, None))
    blind = seed(1)(machine(models, "sqlite", visits=False))
    with pytest.raises(AssertionError):
        live(blind, 200, 14, Phase.generate)
