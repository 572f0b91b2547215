"""What people do on both sides of a hub that must not overwrite, double or lose any of it, as rules of random lives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sim_cin7core import ImpossibleError, new_purchase, new_sale
from sim_cin7core.records import Document, Task

from end_to_end.audit import ENDED, SHARED, Touched, day
from end_to_end.shop import START, Shop
from hub.documents import Kind
from hub.errors import ProviderError, SettingsError
from hub.mapping import MappingList
from hub.models import FlowMode

NUMBERS = st.integers(0, 11)
TIMES = st.integers(1, 6)
LISTS = ("Invoices", "CreditNotes", "Payments", "Contacts", "Items", "Accounts", "TaxRates", "TrackingCategories")
KINDS: Mapping[Kind, str] = {Kind.INVOICE: "ACCREC", Kind.BILL: "ACCPAY"}
ROUNDING = "860"
LONG_AGO = START - timedelta(days=60)

VAT = "20% (VAT on Income)"
EDIT = {"sale": "edit_sale_invoice", "purchase": "edit_bill"}


class Meddling(RuleBasedStateMachine):
    """A shop, the trade in it, and people who change things on the way."""

    shop: Shop
    touched: Touched
    lost: int
    """How many writes may have got no answer."""
    off: set[Kind]

    def sold_long_ago(self) -> None:
        """A sale that nobody touched since long before the start date: its details are not even asked for."""
        core = self.shop.core
        present = datetime.now(UTC)
        core.store.clock.set(datetime.combine(LONG_AGO, time(), UTC))
        new_sale(core, "Acme", [("BREAD", 2, "2.5")], LONG_AGO, tax_rule=VAT)
        core.store.clock.set(present)

    def trade_with_somebody_new(self) -> None:
        """A customer that is not in Xero yet: there are calls between the plan and the invoices."""
        self.trade()
        new_sale(self.shop.core, f"Customer {len(self.shop.reports)}", [("BREAD", 3, "2.55")], day(7), tax_rule=VAT)
        self.shop.run_stock()

    def trade(self) -> None:
        """A paid sale, an open one, one that is credited, and two suppliers' bills of the same number."""
        core = self.shop.core
        for customer, paid in (("Acme", True), ("Acme", False), ("Alder & Co", False)):
            sale = new_sale(core, customer, [("BREAD", 3, "2.55"), ("TEA", 7, "0.125")], day(5), tax_rule=VAT)
            if paid:
                core.person("pay", id=sale.id, amount="5", date=day(8).isoformat())
        lines = [{"sku": "BREAD", "quantity": "1", "price": "2.5"}]
        core.person("add_credit_note", id=sale.id, lines=lines, date=day(14).isoformat())
        for number in (1, 2):
            new_purchase(core, f"Supplier {number}", [("BREAD", 10, "1.5")], day(6), invoice_number="BILL-1")

    def core(self, action: str, **params: Any) -> None:
        """What a person does in Core; Core refuses some of it."""
        try:
            self.shop.core.person(action, **params)
        except ImpossibleError as refusal:
            note(f"Core refuses: {refusal}")

    def in_core(self, id: str) -> tuple[Task, Document]:
        """The sale or purchase of an invoice or bill, and that itself."""
        store = self.shop.core.store
        every = ((task, one) for task in (*store.sales, *store.purchases) for one in task.invoices)
        return next((task, one) for task, one in every if one.task_id == id)

    # -- people on both sides, and what stands between them -----------------------------------------------------

    @rule(number=NUMBERS, due=st.booleans(), price=st.sampled_from(["4", "6.5"]))
    def xero_recodes_what_core_edits_then(self, number: int, due: bool, price: str) -> None:
        """An accountant moves a line to another account, or the due date; then somebody edits the document in Core."""
        linked = {link.target_id: link for link in self.shop.links(live=True) if link.kind in ("invoice", "bill")}
        live = [one for one in self.shop.xero.books.invoices if one.document_id in linked and one.status not in ENDED]
        if not live:
            return
        entry = live[number % len(live)]
        codes = {line.line_id: line.account_code for line in entry.lines}
        codes[entry.lines[0].line_id] = {"ACCREC": "270", "ACCPAY": "429"}[entry.type]
        lines = [{"LineItemID": id, "AccountCode": code} for id, code in codes.items()]
        changes = {"DueDate": "2026-05-05"} if due else {"LineItems": lines}
        if not self.shop.in_xero("edit_invoice", invoice_id=entry.document_id, changes=changes):
            return
        self.touched.edited.add(entry.document_id)
        if due:
            self.touched.due_dates[entry.document_id] = date(2026, 5, 5)
        else:
            self.touched.codes[entry.document_id] = codes
        self.shop.sync()
        task, document = self.in_core(linked[entry.document_id].source_id)
        self.core(EDIT[task.side], id=task.id, document=document.task_id, line=0, price=price)
        self.shop.sync()

    @rule(number=NUMBERS)
    def both_enter_the_same_payment(self, number: int) -> None:
        linked = [link for link in self.shop.links(live=True) if link.kind in ("invoice", "bill")]
        if not linked:
            return
        link = linked[number % len(linked)]
        given = {"amount": str(SHARED), "date": "2026-03-24"}
        if self.shop.in_xero("pay_invoice", invoice_id=link.target_id, **given):
            self.touched.paid.add(link.target_id)
            self.touched.shared[link.target_id] = self.touched.shared.get(link.target_id, 0) + 1
            task, document = self.in_core(link.source_id)
            self.core("pay", id=task.id, document=document.task_id, **given)
            self.shop.sync()

    @rule(path=st.sampled_from(LISTS), times=TIMES, lost=st.booleans())
    def xero_hides_a_list(self, path: str, times: int, lost: bool) -> None:
        """A gateway answers 404 with a page: for nothing listed nothing may be taken for gone, or be made again."""
        self.trade()
        faults: list[dict[str, Any]] = [{"kind": "404_html", "method": "GET", "path": path, "times": times}]
        if lost:
            self.lost += 1
            faults.append({"kind": "lost_answer", "method": "PUT", "times": 1})
        self.shop.xero.world.faults.add(faults)
        self.shop.sync()
        self.shop.sync()

    # -- people at the hub ---------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(sorted(KINDS)), after=st.none() | st.integers(7, 13))
    def switches_a_flow_off_and_on(self, kind: Kind, after: int | None) -> None:
        """Off before a run, or in the middle of it: from then on nothing of the kind leaves."""
        self.trade_with_somebody_new()
        before: list[int] = []

        def off() -> None:
            self.shop.set_flow(kind, FlowMode.OFF)
            before.append(self.count(kind))

        if after is None:
            off()
        self.shop.life.cut_in, self.shop.life.cut_in_after = (off if after else None), after or 0
        self.shop.run_ledger()
        self.shop.life.cut_in = None
        assert not before or self.count(kind) == before[0], f"{kind} was switched off, but went on"
        self.off.add(kind)
        self.switch_on()

    def count(self, kind: Kind) -> int:
        """How many documents of a kind there are in Xero, whatever became of them."""
        return sum(entry.type == KINDS[kind] for entry in self.shop.xero.books.invoices)

    def switch_on(self) -> None:
        """On again; while Xero can't be asked what is there already, a flow stays off."""
        for kind in list(self.off):
            try:
                self.shop.set_flow(kind)
                self.off.remove(kind)
            except (ProviderError, SettingsError) as refusal:
                note(f"{kind} stays off: {refusal}")

    @rule(code=st.sampled_from(["200", "260", "270"]), after=st.integers(7, 13))
    def maps_an_account_anew_while_it_posts(self, code: str, after: int) -> None:
        there: set[str] = set()

        def anew() -> None:
            self.shop.person.set_mapping(self.shop.integration_id, MappingList.ACCOUNT, {"200": code})
            there.update(entry.document_id for entry in self.shop.xero.books.invoices)

        self.trade_with_somebody_new()
        self.shop.life.cut_in, self.shop.life.cut_in_after = anew, after
        self.shop.run_ledger()
        self.shop.life.cut_in = None
        fresh = [one for one in self.shop.xero.books.invoices if there and one.document_id not in there]
        posted = {line.account_code for one in fresh if one.type == "ACCREC" for line in one.lines}
        assert posted <= {code, ROUNDING}, f"posted to {posted} after 200 was mapped to {code}"

    @rule(days=st.sampled_from([5, 20, 70]), before=st.sampled_from([3, 12, 30]))
    def moves_the_start_date_back(self, days: int, before: int) -> None:
        """What was dated before the start is posted once the start lies before it, and not earlier."""
        new_sale(self.shop.core, "Acme", [("BREAD", 2, "2.5")], START - timedelta(days=before), tax_rule=VAT)
        self.shop.sync()
        self.shop.start = min(self.shop.start, START - timedelta(days=days))
        self.shop.person.set_start_date(self.shop.integration_id, self.shop.start)
        self.shop.sync()
