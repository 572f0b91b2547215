"""The same promises with QuickBooks Desktop: whatever the machine, the network and people do, nothing twice or lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from books_check import faults_in, mark_of
from desktop_check import unjustified
from desktop_fates import BAD_DAY, SWITCHES
from desktop_worlds import DesktopModels, DesktopWorld
from houses import invoice, line, payment, trade
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sim_qbdesktop import person
from sim_qbdesktop.statuses import StatusError

from hub.documents import Bill, Contact, CreditNote, Document, Invoice, Kind, Payment, Status, TradeDocument
from hub.testing.books import Entry

PROFILE = os.environ.get("HUB_PROPERTY_PROFILE", "quick")
"""How many lives are lived: ``quick`` with every test run, ``thorough`` and ``night`` when asked."""
EXAMPLES, STEPS = {"quick": (4, 10), "thorough": (60, 16), "night": (600, 24)}[PROFILE]

AMOUNTS = st.sampled_from(["10.00", "20.00", "35.10", "0.01"])
DAYS = st.sampled_from([date(2026, 2, 1), date(2026, 2, 20), date(2025, 12, 31)])
NUMBERS = st.integers(0, 5)
PEOPLE = {
    "keeper of stock": (
        "rename_contact",
        "add_sale",
        "add_bill",
        "add_credit",
        "edit_sale",
        "set_status",
        "edit_payment",
        "remove_document",
    ),
    "bookkeeper": (
        "bookkeeper_edits",
        "bookkeeper_removes",
        "bookkeeper_pays",
        "window_stays_open",
        "windows_are_closed",
        "books_are_closed",
        "company_file_is_open",
        "dialog_shows",
    ),
    "person in the hub": ("drop_one", "undrop_all", "retry_all"),
}
"""What each of them may do."""


def chosen(**strategies: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Something that a person does, and what it is chosen from."""

    def mark(does: Any) -> Any:
        does.chosen = st.fixed_dictionaries(strategies)
        return does

    return mark


class Life(RuleBasedStateMachine):
    """Random lives of one integration; in the end the company file must be right."""

    world: DesktopWorld
    closing: AbstractContextManager[DesktopWorld]

    @initialize(synced=st.booleans(), switches=SWITCHES)
    def begin(self, synced: bool, switches: dict[str, str]) -> None:
        self.count = 0
        self.world = self.make_world(switches)
        self.put(Contact(external_id="c1", name="Buyer c1", is_customer=True))
        self.put(Contact(external_id="s1", name="Maker s1", is_supplier=True))
        self.add_sale("20.00", date(2026, 2, 1), True)
        self.add_bill("35.10", date(2026, 2, 1), False)
        if synced:
            self.sync()

    def make_world(self, switches: dict[str, str]) -> DesktopWorld:
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

    @chosen(number=NUMBERS)
    def rename_contact(self, number: int) -> None:
        before = self.world.records[f"r-{'cs'[number % 2]}1"]
        self.put(*(d.model_copy(update={"name": f"{id} called {self.fresh('N')}"}) for id, d in before.items()))

    @chosen(net=AMOUNTS, day=DAYS, paid=st.booleans())
    def add_sale(self, net: str, day: date, paid: bool) -> None:
        document = _sale(invoice, self.fresh("i"), net, date=day)
        more = [_paid(self.fresh("pay"), document)] if paid else []
        self.put(document, *more)

    @chosen(net=AMOUNTS, day=DAYS, paid=st.booleans())
    def add_bill(self, net: str, day: date, paid: bool) -> None:
        """Bills of different suppliers may have one number, so QuickBooks refuses none."""
        lines = (line(net, account="310", tax_code="BOUGHT", percent=0),)
        document = trade(Bill, self.fresh("b"), "INV-1", lines=lines, date=day, currency="USD", contact_id="s1")
        more = [_paid(self.fresh("pay"), document, document_kind=Kind.BILL)] if paid else []
        self.put(document, *more)

    @chosen(net=AMOUNTS)
    def add_credit(self, net: str) -> None:
        self.put(_sale(partial(trade, CreditNote), self.fresh("k"), net))

    @chosen(number=NUMBERS, net=AMOUNTS)
    def edit_sale(self, number: int, net: str) -> None:
        picked = self.pick(Invoice, number)
        if picked:
            record, before = picked
            assert isinstance(before, Invoice)
            self.put(_sale(invoice, before.external_id, net, date=before.date, status=before.status), record=record)

    @chosen(number=NUMBERS, status=st.sampled_from(Status))
    def set_status(self, number: int, status: Status) -> None:
        picked = self.pick(TradeDocument, number)
        if picked:
            self.put(picked[1].model_copy(update={"status": status}), record=picked[0])

    @chosen(number=NUMBERS, amount=AMOUNTS)
    def edit_payment(self, number: int, amount: str) -> None:
        picked = self.pick(Payment, number)
        if picked:
            self.put(picked[1].model_copy(update={"amount": Decimal(amount)}), record=picked[0])

    @chosen(number=NUMBERS, model=st.sampled_from([Payment, Invoice, Bill, CreditNote]))
    def remove_document(self, number: int, model: type[Document]) -> None:
        picked = self.pick(model, number)
        if picked:
            del self.world.records[picked[0]][picked[1].external_id]
            self.world.save(picked[0])

    # -- people at QuickBooks ------------------------------------------------------------------------------------

    def target(self, number: int, *kinds: Kind) -> Entry | None:
        found = [e for e in self.world.books.live() if e.kind in kinds and mark_of(e)]
        return found[number % len(found)] if found else None

    def act(self, action: str, entry: Entry, **more: Any) -> bool:
        """Whether the file is open and QuickBooks allows it: books may be closed, and windows open."""
        simulator = self.world.simulator
        if simulator.quickbooks.open_path != simulator.demo_path:
            return False
        try:
            person.act(simulator.quickbooks, action, {"id": entry.id.rpartition(":")[2], **more})
        except StatusError:
            return False
        return True

    @chosen(number=NUMBERS)
    def bookkeeper_edits(self, number: int) -> None:
        entry = self.target(number, Kind.INVOICE)
        if entry and self.act("edit", entry, changes={"DueDate": "2026-04-01"}):
            self.world.edited.add(mark_of(entry))

    @chosen(number=NUMBERS, action=st.sampled_from(["void", "delete"]))
    def bookkeeper_removes(self, number: int, action: str) -> None:
        entry = self.target(number, Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.PAYMENT)
        is_receipt = entry is not None and entry.id.startswith("receipt:")
        if entry and not entry.paid and self.act("delete" if is_receipt else action, entry):
            self.world.voided.add(mark_of(entry))

    @chosen(number=NUMBERS)
    def bookkeeper_pays(self, number: int) -> None:
        entry = self.target(number, Kind.INVOICE)
        if entry and entry.state.due and self.act("pay", entry):
            self.world.paid.add(mark_of(entry))

    @chosen(number=NUMBERS)
    def window_stays_open(self, number: int) -> None:
        entry = self.target(number, Kind.INVOICE, Kind.BILL)
        if entry:
            self.act("open_window", entry)

    @chosen()
    def windows_are_closed(self) -> None:
        self.world.simulator.company.close_windows()

    @chosen(day=st.sampled_from([None, date(2026, 2, 1), date(2026, 2, 10)]))
    def books_are_closed(self, day: date | None) -> None:
        self.world.simulator.company.set_preferences(closing_date=day, closing_password="secret" if day else "")

    @chosen(path=st.sampled_from(["other", "", "demo", "demo"]))
    def company_file_is_open(self, path: str) -> None:
        """Another company file, no QuickBooks at all, or the right one again."""
        simulator = self.world.simulator
        paths = {"other": simulator.other_path, "demo": simulator.demo_path, "": ""}
        simulator.quickbooks.open_path = paths[path]

    @chosen(title=st.sampled_from(["", "", "Reconcile"]))
    def dialog_shows(self, title: str) -> None:
        self.world.simulator.quickbooks.dialog = title

    # -- people in the hub ---------------------------------------------------------------------------------------

    @chosen(number=NUMBERS)
    def drop_one(self, number: int) -> None:
        waiting = self.world.house.operations(state="held") or self.world.house.operations(state="proposed")
        if waiting:
            self.world.house.person.drop([waiting[number % len(waiting)].id], "not ours")

    @chosen()
    def undrop_all(self) -> None:
        self.world.house.person.undrop([row.id for row in self.world.house.operations(state="dropped")])

    @chosen()
    def retry_all(self) -> None:
        for state in ("held", "failed"):
            rows = self.world.house.operations(state=state)
            self.world.told_twice |= {row.source_id for row in rows if row.problem_code == "posted_twice"}
            self.world.house.person.retry([row.id for row in rows])

    # -- what people do, one of them at a time ---------------------------------------------------------------------

    @rule(data=st.data(), who=st.sampled_from(list(PEOPLE)))
    def somebody_acts(self, data: st.DataObject, who: str) -> None:
        """Calm steps are one rule, so that most steps are visits, and most visits go wrong."""
        does = getattr(self, data.draw(st.sampled_from(PEOPLE[who])))
        does(**data.draw(does.chosen))

    # -- visits, and what fate does to them ----------------------------------------------------------------------

    @rule()
    def sync(self) -> None:
        self.world.run_stock()
        self.world.run_ledger()

    @rule(faults=BAD_DAY, forgets=st.booleans(), net=AMOUNTS, paid=st.booleans())
    def bad_day_for_a_new_sale(self, faults: list[dict[str, Any]], forgets: bool, net: str, paid: bool) -> None:
        self.add_sale(net, date(2026, 2, 1), paid)
        self.bad_day(faults, forgets)

    @rule(faults=BAD_DAY, forgets=st.booleans(), number=NUMBERS, net=AMOUNTS)
    def bad_day_for_an_edit(self, faults: list[dict[str, Any]], forgets: bool, number: int, net: str) -> None:
        self.edit_sale(number, net)
        self.edit_payment(number, net)
        self.bad_day(faults, forgets)

    def bad_day(self, faults: list[dict[str, Any]], forgets: bool) -> None:
        """One visit goes wrong; the next one finds a QuickBooks that may have forgotten its last message set."""
        self.world.run_stock()
        self.world.simulator.faults.add(faults)
        self.world.lost += len(faults)
        self.world.run_ledger()
        if forgets:
            self.memory_is_lost()

    @rule()
    def memory_is_lost(self) -> None:
        """Before the next request QuickBooks forgets which message set it carried out last."""
        self.world.simulator.faults.add([{"kind": "memory_lost"}])

    @rule(fuse=st.integers(1, 60))
    def die_in_stock_run(self, fuse: int) -> None:
        self.world.fuse.left = fuse
        self.world.run_stock()

    @rule(fuse=st.integers(1, 400), net=AMOUNTS)
    def die_while_visited(self, fuse: int, net: str) -> None:
        self.add_sale(net, date(2026, 2, 1), True)
        self.world.run_stock()
        self.world.fuse.left = fuse
        self.world.lost += 1
        self.world.run_ledger()

    @rule(at=st.integers(80, 400), net=AMOUNTS)
    def another_visit_comes_between(self, at: int, net: str) -> None:
        """A process hangs, the Web Connector gives up and comes again, and only then the process goes on."""
        self.add_sale(net, date(2026, 2, 1), False)
        self.world.run_stock()
        self.world.hang(at)
        self.world.lost += 1
        self.world.run_ledger()

    def teardown(self) -> None:
        if not hasattr(self, "closing"):
            return
        try:
            self.world.settle_down()
            found = [*faults_in(self.world), *unjustified(self.world)]
            if found:
                raise AssertionError("\n".join(found))
        finally:
            self.closing.__exit__(None, None, None)


def _sale(make: Any, id: str, net: str, **more: Any) -> Any:
    return make(id, lines=(line(net, tax_code="NONE", percent=0),), currency="USD", **more)


def _paid(id: str, document: Any, **more: Any) -> Payment:
    return payment(id, document.external_id, str(document.total), currency="USD", **more)


def machine(models: DesktopModels, backend: str) -> type[Life]:
    """The machine on copies of a house that is set up once."""

    def make_world(self: Life, switches: dict[str, str]) -> DesktopWorld:
        self.closing = models.world(backend, **switches)
        return self.closing.__enter__()

    return type("QuickBooksLife", (Life,), {"make_world": make_world})


def live(machine: type[Life], examples: int, steps: int) -> None:
    """Live through so many lives. One that goes wrong is printed as it was: to make it shorter would take minutes."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.fixture(scope="module")
def desktops(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, request: pytest.FixtureRequest
) -> Iterator[DesktopModels]:
    """Houses that QuickBooks visits, to be copied."""
    folder = tmp_path_factory.mktemp("desktops")
    models = DesktopModels(folder, sqlite_template, lambda: request.getfixturevalue("postgres"))
    yield models
    models.close()


def test_the_company_file_is_right_in_the_end_whatever_happened(desktops: DesktopModels) -> None:
    live(machine(desktops, "sqlite"), EXAMPLES, STEPS)


def test_the_company_file_is_right_on_postgresql_too(desktops: DesktopModels, postgres: object) -> None:
    live(machine(desktops, "postgresql"), max(2, EXAMPLES // 4), STEPS // 2)
