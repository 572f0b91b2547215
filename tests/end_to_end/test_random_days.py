"""Random lives of a shop and its ledger, with everything that can go wrong; in the end both books must agree.

The same lives are lived in every run, so that a change is judged by the same test. ``HUB_TEST_PROFILE=thorough`` draws
new ones, shrinks a life that goes wrong, prints it and keeps it in ``.hypothesis`` to be tried first the next time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from sim_cin7core import new_purchase, new_sale
from sim_cin7core.faults import KINDS as CORE_KINDS
from sim_xero.faults import KINDS as XERO_KINDS

from end_to_end.audit import ENDED, Audit, Touched, day
from end_to_end.meddling import EDIT, NUMBERS, TIMES, VAT, Meddling
from end_to_end.shop import STALE, open_shop
from hub.documents import Kind

PROFILE = os.environ.get("HUB_TEST_PROFILE", "quick")
EXAMPLES, STEPS = {"quick": (25, 15), "thorough": (400, 30)}[PROFILE]

DAYS = st.sampled_from([2, 9, 20])
LINES = st.lists(
    st.tuples(
        st.sampled_from(["BREAD", "TEA", "Tea pot"]),
        st.sampled_from(["1", "3", "7", "-1"]),
        st.sampled_from(["10", "2.55", "0.125", "0", "19.99"]),
    ),
    min_size=1,
    max_size=3,
)
TAXES = st.sampled_from(["No VAT", VAT])
CUSTOMERS = st.sampled_from(["Acme", "Alder & Co", "Acme"])

_BREAD = [{"sku": "BREAD", "quantity": "1", "price": "2.5"}]
CHANGES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "edit": ("edit", {"line": 0, "price": "3"}),
    "edit to parts of a cent": ("edit", {"line": 0, "price": "4.445"}),
    "edit and leave as draft": ("edit", {"line": 0, "price": "5", "authorise": False}),
    "move": ("edit", {"date": "2026-03-28"}),
    "touch": ("touch", {}),
    "add an invoice": ("add_invoice", {"lines": _BREAD, "date": "2026-03-12"}),
    "credit": ("add_credit_note", {"lines": _BREAD, "date": "2026-03-14"}),
    "undo": ("undo_invoice", {}),
    "undo the credit": ("undo_invoice", {"kind": "credit"}),
    "authorise": ("authorise_invoice", {}),
    "authorise the credit": ("authorise_invoice", {"kind": "credit"}),
    "void": ("void", {}),
    "pay a part": ("pay", {"amount": "5", "date": "2026-03-21"}),
    "pay": ("pay", {"date": "2026-03-22"}),
    "refund": ("refund", {"date": "2026-03-23"}),
    "remove a payment": ("remove_payment", {}),
}
IN_XERO: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "void": ("void_invoice", {}, "voided"),
    "delete": ("delete_draft", {}, "voided"),
    "pay": ("pay_invoice", {"amount": "0.5", "date": "2026-03-25"}, "paid"),
    "edit": ("edit_invoice", {"changes": {"Reference": "ours"}}, "edited"),
    "approve": ("approve", {}, ""),
}
STEP = st.integers(1, 60)

CORE_FAULTS = st.sampled_from(sorted(CORE_KINDS.keys() - {"slow", "503", "odd_record"}))
XERO_FAULTS = st.sampled_from(sorted(XERO_KINDS.keys() - {"slow", "429_day"}))


class Days(Meddling):
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
        self.lost = 0
        self.off: set[Kind] = set()
        self.sold_long_ago()
        self.trade()
        self.shop.sync()

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

    @rule(number=NUMBERS, how=st.sampled_from(sorted(CHANGES)))
    def changes(self, number: int, how: str) -> None:
        """A sale or purchase is edited, undone, credited, paid and so on."""
        store = self.shop.core.store
        tasks = [*store.sales, *store.purchases]
        task = tasks[number % len(tasks)]
        action, params = CHANGES[how]
        action = {"edit": EDIT[task.side], "void": f"void_{task.side}"}.get(action, action)
        if action != "add_invoice" or task.side == "sale" or task.type == "Advanced Purchase":
            self.core(action, id=task.id, **params)

    @rule(number=NUMBERS, how=st.sampled_from(sorted(CHANGES)))
    def changes_and_syncs(self, number: int, how: str) -> None:
        """Changes that do not come all at once."""
        self.changes(number, how)
        self.shop.sync()

    @rule(price=st.sampled_from(["1", "2.5"]))
    def credits_alone(self, price: str) -> None:
        new_sale(self.shop.core, "Acme", [("BREAD", 1, price)], day(15), type="Credit Note")

    @rule(number=NUMBERS)
    def renames_a_customer(self, number: int) -> None:
        cards = list(self.shop.core.store.customers)
        if cards:
            card = cards[number % len(cards)]
            self.core("rename_customer", id=card.id, new_name=f"Renamed {len(self.shop.reports)} {number}")

    # -- people in Xero ------------------------------------------------------------------------------------------

    @rule(number=NUMBERS, how=st.sampled_from(["void", "pay", "edit", "approve", "delete"]))
    def xero_changes(self, number: int, how: str) -> None:
        books = self.shop.xero.books
        live = [entry for entry in (*books.invoices, *books.credit_notes) if entry.status not in ENDED]
        if not live:
            return
        entry = live[number % len(live)]
        action, params, touched = IN_XERO[how]
        name = "credit_note_id" if entry.is_credit_note else "invoice_id"
        if self.shop.in_xero(action, **{name: entry.document_id}, **params) and touched:
            getattr(self.touched, touched).add(entry.document_id)

    @rule(number=NUMBERS)
    def xero_takes_a_payment_back(self, number: int) -> None:
        money = [one for one in self.shop.xero.books.payments if one.status != "DELETED"]
        one = money[number % len(money)] if money else None
        if one and self.shop.in_xero("delete_payment", payment_id=one.payment_id):
            self.touched.voided.add(one.payment_id)
            self.touched.paid.add(one.document_id)

    @rule(number=NUMBERS, how=st.sampled_from(["rename_contact", "archive_contact", "unarchive"]))
    def xero_changes_a_contact(self, number: int, how: str) -> None:
        contacts = list(self.shop.xero.books.contacts)
        contact = contacts[number % len(contacts)]
        params = {"name": f"{contact.name} Ltd"} if how == "rename_contact" else {}
        if self.shop.in_xero(how, contact_id=contact.contact_id, **params):
            self.touched.contacts.add(contact.contact_id)

    # -- runs, and what fate does to them ------------------------------------------------------------------------

    @rule()
    def syncs(self) -> None:
        self.shop.sync()

    @rule(step=STEP)
    def dies_while_reading(self, step: int) -> None:
        self.trade()
        self.shop.life.left = step
        self.shop.run_stock()

    @rule(step=STEP)
    def dies_while_posting(self, step: int) -> None:
        self.trade()
        self.shop.run_stock()
        self.shop.life.left = step
        self.shop.run_ledger()

    @rule(kind=CORE_FAULTS, times=TIMES)
    def core_has_a_bad_day(self, kind: str, times: int) -> None:
        self.trade()
        self.shop.core.faults.add(kind, times=times, params={"wait": 1})
        self.shop.sync()

    @rule(kind=XERO_FAULTS, times=TIMES, writes=st.booleans())
    def xero_has_a_bad_day(self, kind: str, times: int, writes: bool) -> None:
        self.trade()
        self.lost += times
        method = {"method": "PUT"} if writes else {}
        self.shop.xero.world.faults.add([{"kind": kind, "times": times, **method}])
        self.shop.sync()

    @rule(after=st.integers(8, 14), slow=st.booleans())
    def two_processes(self, after: int, slow: bool) -> None:
        """While a call is on its way another process tries the same; if we are slow it takes over."""
        shop, got_in = self.shop, []

        def cut_in() -> None:
            if slow:
                shop.clock.sleep(STALE.total_seconds())
            got_in.append(shop.another_hub().run(shop.ledger_id, "schedule"))

        self.trade()
        shop.run_stock()
        shop.life.cut_in, shop.life.cut_in_after = cut_in, after
        shop.run_ledger()
        shop.life.cut_in = None
        # However slow, a process that still makes other calls is alive, and keeps its run.
        assert slow or got_in in ([], [None]), f"one open run per connection: {got_in}"

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

    @rule(draft=st.sampled_from([False, False, True]))
    def posts_as(self, draft: bool) -> None:
        self.shop.set_flow(Kind.INVOICE, post_as="draft" if draft else "authorised")

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        with self.stack:
            self.shop.life.left = None
            self.shop.core.faults.clear()
            self.shop.xero.world.faults.clear()
            self.switch_on()
            assert not self.off
            self.shop.settle_down()
            unexpected = [r.problem for r in self.shop.reports if r.problem and r.problem.code == "unexpected"]
            assert unexpected == []
            audit = Audit(self.shop, self.touched)
            faults = [*audit.faults(), *audit.unexplained(self.lost)]
            assert not faults, "\n".join(faults)


@pytest.fixture
def folder_in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: these shops need no disk."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
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
        phases=(Phase.generate,) if PROFILE == "quick" else tuple(Phase),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    machine = type("Lives", (Days,), {"template": sqlite_template, "folder": folder_in_memory})
    run_state_machine_as_test(machine, settings=chosen)
