"""Random lives of a shop and its ledger, with everything that can go wrong; in the end both books must agree."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sim_cin7core import ImpossibleError, new_purchase, new_sale
from sim_cin7core.records import Task

from end_to_end.audit import ENDED, Audit, Touched, day
from end_to_end.shop import STALE, open_shop
from hub.documents import Kind
from hub.models import RunState

PROFILE = os.environ.get("HUB_TEST_PROFILE", "quick")
EXAMPLES, STEPS = {"quick": (30, 18), "thorough": (400, 30)}[PROFILE]

NUMBERS = st.integers(0, 5)
DAYS = st.sampled_from([2, 9, 20])
LINES = st.lists(
    st.tuples(
        st.sampled_from(["BREAD", "TEA", "Tea pot"]),
        st.sampled_from(["1", "3", "-1", "7"]),
        st.sampled_from(["10", "2.55", "0.125", "0", "19.99"]),
    ),
    min_size=1,
    max_size=3,
)
TAXES = st.sampled_from(["No VAT", "20% (VAT on Income)"])
CUSTOMERS = st.sampled_from(["Acme", "Alder & Co", "Acme"])
AMOUNTS = st.sampled_from([None, "5", "0.01"])
STEP = st.integers(1, 60)

CORE_FAULTS = st.sampled_from(
    ["lost_answer", "drop_before", "429", "429_words", "503_retry_after", "503_html", "500_json"]
    + ["400_throttle_text", "html_200", "redirect", "truncated_json"]
)
XERO_FAULTS = st.sampled_from(
    ["lost_answer", "drop_before", "429_minute", "429_concurrent", "503_html", "503_retry_after", "500_html"]
    + ["500_after_commit", "token_expired", "html_200", "truncated_json"]
)
TIMES = st.integers(1, 6)

KNOWN_ENDINGS = (RunState.DONE, RunState.PARKED, RunState.FAILED, RunState.TAKEN_OVER)


class Days(RuleBasedStateMachine):
    """One life of a shop."""

    template: Path
    folder: Path

    @initialize()
    def begin(self) -> None:
        database = self.folder / "hub.db"
        for old in self.folder.glob("hub.db*"):
            old.unlink()
        shutil.copy(self.template, database)
        self.stack = ExitStack()
        self.shop = self.stack.enter_context(open_shop(database))
        self.touched = Touched()

    def core(self, action: str, **params: Any) -> None:
        """What a person does in Core; Core refuses some of it."""
        try:
            self.shop.core.person(action, **{name: value for name, value in params.items() if value is not None})
        except ImpossibleError as refusal:
            note(f"Core refuses: {refusal}")

    def task(self, number: int, side: str = "") -> Task | None:
        """One of the shop's sales and purchases."""
        store = self.shop.core.store
        found = [task for task in (*store.sales, *store.purchases) if side in ("", task.side)]
        return found[number % len(found)] if found else None

    def entry(self, number: int) -> Any:
        """One of the live documents in Xero."""
        books = self.shop.xero.books
        found = [entry for entry in (*books.invoices, *books.credit_notes) if entry.status not in ENDED]
        return found[number % len(found)] if found else None

    # -- people in Core ------------------------------------------------------------------------------------------

    @rule(items=LINES, customer=CUSTOMERS, tax=TAXES, date=DAYS, draft=st.booleans())
    def sells(self, items: Any, customer: str, tax: str, date: int, draft: bool) -> None:
        status = "DRAFT" if draft else "AUTHORISED"
        new_sale(self.shop.core, customer, items, day(date), tax_rule=tax, invoice_status=status)

    @rule(items=LINES, date=DAYS, kind=st.sampled_from(["Simple Purchase", "Advanced Purchase"]), bill=st.booleans())
    def buys(self, items: Any, date: int, kind: str, bill: bool) -> None:
        number = "BILL-1" if bill else None
        given = {"invoice_number": number} if number else {}
        new_purchase(self.shop.core, f"Supplier {date}", items, day(date), type=kind, **given)

    @rule(number=NUMBERS, price=st.sampled_from(["3", "4.445"]))
    def edits(self, number: int, price: str) -> None:
        task = self.task(number)
        if task:
            self.core("edit_sale_invoice" if task.side == "sale" else "edit_bill", id=task.id, line=0, price=price)

    @rule(number=NUMBERS, date=DAYS)
    def redates(self, number: int, date: int) -> None:
        task = self.task(number)
        if task:
            action = "edit_sale_invoice" if task.side == "sale" else "edit_bill"
            self.core(action, id=task.id, date=day(date).isoformat())

    @rule(number=NUMBERS)
    def adds_an_invoice(self, number: int) -> None:
        task = self.task(number)
        if task and (task.side == "sale" or task.type == "Advanced Purchase"):
            lines = [{"sku": "BREAD", "quantity": "2", "price": "1.5"}]
            new_sale_products(self.shop.core)
            self.core("add_invoice", id=task.id, lines=lines, date=day(12).isoformat())

    @rule(number=NUMBERS, price=st.sampled_from(["1", "2.5"]))
    def credits(self, number: int, price: str) -> None:
        task = self.task(number)
        if task:
            new_sale_products(self.shop.core)
            lines = [{"sku": "BREAD", "quantity": "1", "price": price}]
            self.core("add_credit_note", id=task.id, lines=lines, date=day(14).isoformat())

    @rule(price=st.sampled_from(["1", "2.5"]))
    def credits_alone(self, price: str) -> None:
        new_sale(self.shop.core, "Acme", [("BREAD", 1, price)], day(15), type="Credit Note")

    @rule(number=NUMBERS, credit=st.booleans())
    def undoes(self, number: int, credit: bool) -> None:
        task = self.task(number)
        if task:
            self.core("undo_invoice", id=task.id, kind="credit" if credit else "invoice")

    @rule(number=NUMBERS, credit=st.booleans())
    def authorises(self, number: int, credit: bool) -> None:
        task = self.task(number)
        if task:
            self.core("authorise_invoice", id=task.id, kind="credit" if credit else "invoice")

    @rule(number=NUMBERS)
    def voids(self, number: int) -> None:
        task = self.task(number)
        if task:
            self.core(f"void_{task.side}", id=task.id)

    @rule(number=NUMBERS, amount=AMOUNTS)
    def pays(self, number: int, amount: str | None) -> None:
        task = self.task(number)
        if task:
            self.core("pay", id=task.id, amount=amount, date=day(21).isoformat())

    @rule(number=NUMBERS, amount=AMOUNTS)
    def refunds(self, number: int, amount: str | None) -> None:
        task = self.task(number)
        if task:
            self.core("refund", id=task.id, amount=amount, date=day(22).isoformat())

    @rule(number=NUMBERS)
    def removes_a_payment(self, number: int) -> None:
        task = self.task(number)
        if task:
            self.core("remove_payment", id=task.id)

    @rule(number=NUMBERS)
    def renames_a_customer(self, number: int) -> None:
        cards = list(self.shop.core.store.customers)
        if cards:
            card = cards[number % len(cards)]
            self.core("rename_customer", id=card.id, new_name=f"Renamed {len(self.shop.reports)} {number}")

    # -- people in Xero ------------------------------------------------------------------------------------------

    @rule(number=NUMBERS)
    def xero_voids(self, number: int) -> None:
        entry = self.entry(number)
        if entry and self.shop.in_xero("void_invoice", **_named(entry)):
            self.touched.voided.add(entry.document_id)

    @rule(number=NUMBERS)
    def xero_pays(self, number: int) -> None:
        entry = self.entry(number)
        if entry and self.shop.in_xero("pay_invoice", **_named(entry), amount="0.5", date="2026-03-25"):
            self.touched.paid.add(entry.document_id)

    @rule(number=NUMBERS)
    def xero_edits(self, number: int) -> None:
        entry = self.entry(number)
        if entry and self.shop.in_xero("edit_invoice", **_named(entry), changes={"Reference": "ours"}):
            self.touched.edited.add(entry.document_id)

    @rule(number=NUMBERS)
    def xero_takes_a_payment_back(self, number: int) -> None:
        money = [one for one in self.shop.xero.books.payments if one.status != "DELETED"]
        if money:
            one = money[number % len(money)]
            if self.shop.in_xero("delete_payment", payment_id=one.payment_id):
                self.touched.voided.add(one.payment_id)
                self.touched.paid.add(one.document_id)

    @rule(number=NUMBERS)
    def xero_renames_a_contact(self, number: int) -> None:
        contacts = list(self.shop.xero.books.contacts)
        contact = contacts[number % len(contacts)]
        self.shop.in_xero("rename_contact", contact_id=contact.contact_id, name=f"{contact.name} Ltd")

    # -- runs, and what fate does to them ------------------------------------------------------------------------

    @rule()
    def syncs(self) -> None:
        self.shop.sync()

    @rule(step=STEP)
    def dies_while_reading(self, step: int) -> None:
        self.shop.life.left = step
        self.shop.run_stock()

    @rule(step=STEP)
    def dies_while_posting(self, step: int) -> None:
        self.shop.run_stock()
        self.shop.life.left = step
        self.shop.run_ledger()

    @rule(kind=CORE_FAULTS, times=TIMES)
    def core_has_a_bad_day(self, kind: str, times: int) -> None:
        self.shop.core.faults.add(kind, times=times, params={"wait": 1})
        self.shop.sync()

    @rule(kind=XERO_FAULTS, times=TIMES, writes=st.booleans())
    def xero_has_a_bad_day(self, kind: str, times: int, writes: bool) -> None:
        method = {"method": "PUT"} if writes else {}
        self.shop.xero.world.faults.add([{"kind": kind, "times": times, **method}])
        self.shop.sync()

    @rule(after=st.integers(8, 14), slow=st.booleans())
    def two_processes(self, after: int, slow: bool) -> None:
        """While a call is on its way another process tries the same; if we are slow it takes over."""
        shop = self.shop

        def cut_in() -> None:
            if slow:
                shop.clock.sleep(STALE.total_seconds())
            report = shop.another_hub().run(shop.ledger_id, "schedule")
            assert (report is not None) is slow, "one open run per connection"

        shop.run_stock()
        shop.life.cut_in, shop.life.cut_in_after = cut_in, after
        shop.run_ledger()
        shop.life.cut_in = None

    # -- people at the hub ---------------------------------------------------------------------------------------

    @rule()
    def approves_everything(self) -> None:
        self.shop.person.approve([row.id for row in self.shop.operations(state="proposed")])

    @rule()
    def retries_everything(self) -> None:
        for state in ("held", "failed"):
            self.shop.person.retry([row.id for row in self.shop.operations(state=state)])

    @rule(number=NUMBERS)
    def drops_one(self, number: int) -> None:
        held = self.shop.operations(state="held")
        if held:
            self.shop.person.drop([held[number % len(held)].id], "not ours")

    @rule(draft=st.booleans())
    def posts_as(self, draft: bool) -> None:
        self.shop.set_flow(Kind.INVOICE, post_as="draft" if draft else "authorised")

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        with self.stack:
            self.shop.settle_down()
            unexpected = [r.problem for r in self.shop.reports if r.problem and r.problem.code == "unexpected"]
            assert unexpected == []
            assert Audit(self.shop, self.touched).faults() == []
            self.check_reasons()

    def check_reasons(self) -> None:
        """Hook for counting what is held."""


def _named(entry: Any) -> dict[str, str]:
    return {"credit_note_id" if entry.is_credit_note else "invoice_id": entry.document_id}


def new_sale_products(core: Any) -> None:
    """The bread that credits and second invoices are about."""
    if not any(card.fields["SKU"] == "BREAD" for card in core.store.products):
        core.person("create_product", sku="BREAD", name="BREAD")


@pytest.fixture
def folder_in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: these shops need no disk."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(dir=shared))
    yield folder
    shutil.rmtree(folder)


def test_both_books_agree_in_the_end_whatever_happened(sqlite_template: Path, folder_in_memory: Path) -> None:
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=PROFILE == "quick",
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    machine = type("Lives", (Days,), {"template": sqlite_template, "folder": folder_in_memory})
    run_state_machine_as_test(machine, settings=chosen)
