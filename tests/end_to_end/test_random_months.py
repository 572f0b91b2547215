"""Random months of trade, reconciled: every cent between what the stock is worth and the ledger says has a name.

The arithmetic of both platforms is their own: Cin7 Core's and Xero's simulators keep general ledgers that know nothing
of the hub. The same months are lived in every run; ``HUB_TEST_PROFILE=thorough`` draws new ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sim_cin7core.person.action import ImpossibleError

from end_to_end.shop import Shop, open_shop, switch_on
from end_to_end.test_random_days import folder_in_memory
from hub.causes import Cause, Measure
from hub.documents import Kind
from hub.engine.methods import Methods
from hub.engine.reconciling import Period, Reconciling, reconcile
from hub.mapping import MappingList
from hub.models import FlowMode, Reconciliation, ReconciliationLine
from hub.reconcile import JournalMode

__all__ = ["folder_in_memory"]

PROFILE = os.environ.get("HUB_TEST_PROFILE", "quick")
EXAMPLES = {"quick": 14, "thorough": 300}[PROFILE]

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
STOCK_ACCOUNT = "635"
"""In the ledger; Cin7 Core's is 630."""
DOLLARS = "0.7913"


def day(number: int) -> str:
    """A day of March, or of April from the 32nd on."""
    return date.fromordinal(MARCH.start.toordinal() + number - 1).isoformat()


class Month:
    """A shop whose stock is kept in both systems, and what happens to it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.numbers = count(1)

    def core(self, action: str, **values: Any) -> Any:
        """What a person does in Core; None when Core refuses it."""
        with suppress(ImpossibleError):
            return self.shop.core.person(action, **values)
        return None

    # -- trade: both sides are to agree on it ------------------------------------------------------------------------

    def sell(self, number: int, **more: Any) -> Any:
        lines = [{"sku": ("BREAD", "TEA")[number % 2], "quantity": str(1 + number % 3), "price": "3.35"}]
        return self.core("create_sale", customer="Acme", lines=lines, **{"date": day(number), **more})

    def sell_and_ship_in_april(self, number: int) -> None:
        self.sell(number, delivered_on=day(33))

    def sell_and_ship_nothing(self, number: int) -> None:
        self.sell(number, fulfilled=False)

    def ship_without_an_invoice(self, number: int) -> None:
        self.sell(number, invoice=False)

    def take_back(self, number: int) -> None:
        sale = self.sell(number)
        lines = [{"sku": ("BREAD", "TEA")[number % 2], "quantity": "1", "price": "3.35"}]
        self.core("add_credit_note", id=sale["ID"], lines=lines, date=day(min(number + 3, 31)))

    def buy(self, number: int, **more: Any) -> Any:
        lines = [{"sku": "TEA", "quantity": str(2 + number), "price": "2.57", "account": "630"}]
        given = {"date": day(number), "invoice_number": f"B{next(self.numbers)}", **more}
        return self.core("create_purchase", supplier="Mill", lines=lines, **given)

    def buy_for_dollars(self, number: int) -> None:
        self.buy(number, currency="USD", rate=DOLLARS)

    def buy_and_learn_of_the_freight_later(self, number: int) -> None:
        purchase = self.buy(number)
        self.core("add_landed_cost", id=purchase["ID"], amount="7.77", date=day(min(number + 9, 31)))

    def count_the_stock(self, number: int) -> None:
        lines = [{"sku": "BREAD", "quantity": str(40 + number)}]
        self.core("create_stocktake", lines=lines, account="429", date=day(number))

    def adjust(self, number: int) -> None:
        lines = [{"sku": "TEA", "quantity": str(30 + number)}]
        self.core("create_adjustment", lines=lines, account="429", date=day(number))

    def write_off(self, number: int) -> None:
        lines = [{"sku": "BREAD", "quantity": "1", "account": "429"}]
        self.core("create_write_off", lines=lines, account="429", date=day(number))

    def assemble(self, number: int) -> None:
        parts = [{"sku": "BREAD", "quantity": "2"}, {"sku": "TEA", "quantity": "2"}]
        self.core("create_assembly", sku="SET", quantity="2", lines=parts, date=day(number))

    def void_a_sale(self, number: int) -> None:
        sale = self.sell(number)
        self.shop.sync()
        self.core("void_sale", id=sale["ID"])

    def backdate_an_adjustment(self, number: int) -> None:
        made = self.core("create_adjustment", lines=[{"sku": "TEA", "quantity": "31"}], account="429", date=day(28))
        self.shop.sync()
        if made:
            self.core("redate_task", id=made["TaskID"], date=day(max(1, number - 5)))

    def sync(self, _number: int) -> None:
        self.shop.sync()

    def lose_an_answer(self, number: int) -> None:
        """Xero does what it is asked, and the answer is lost."""
        self.sell(number)
        self.shop.xero.world.faults.add([{"kind": "lost_answer", "times": 1, "method": "PUT"}])
        self.shop.sync()
        self.shop.xero.world.faults.clear()

    # -- what makes the two differ, each with its name -----------------------------------------------------------------

    def a_journal_by_hand(self) -> bool:
        lines = {STOCK_ACCOUNT: "12.50", "310": "-12.50"}
        return bool(self.shop.in_xero("enter_manual_journal", narration="Count", lines=lines, date=day(25)))

    def money_spent_on_stock_by_hand(self) -> bool:
        lines = {STOCK_ACCOUNT: "5.00"}
        return bool(self.shop.in_xero("enter_bank_transaction", type="SPEND", lines=lines, date=day(26)))

    def an_opening_that_differs(self) -> bool:
        balances = {STOCK_ACCOUNT: "250.00", "840": "-250.00"}
        return bool(self.shop.in_xero("opening_balances", date="2026-02-28", balances=balances))

    def a_journal_voided_there(self) -> bool:
        return self._to_a_journal("void_manual_journal")

    def a_journal_dated_later_there(self) -> bool:
        return self._to_a_journal("edit_manual_journal", changes={"Date": day(33)})

    def a_journal_for_another_amount_there(self) -> bool:
        lines = [
            {"AccountCode": STOCK_ACCOUNT, "LineAmount": -1.23, "TaxType": "NONE"},
            {"AccountCode": "310", "LineAmount": 1.23, "TaxType": "NONE"},
        ]
        return self._to_a_journal("edit_manual_journal", changes={"JournalLines": lines})

    def _to_a_journal(self, action: str, **values: Any) -> bool:
        """Something that a person does in the ledger to a journal of ours of March, if there is one yet untouched."""
        for link in self.shop.links(kind=Kind.JOURNAL.value, live=True):
            state = link.state
            if link.target_id in self.touched or not state["date"].startswith("2026-03"):
                continue
            self.touched.add(link.target_id)
            return bool(self.shop.in_xero(action, manual_journal_id=link.target_id, **values))
        return False

    def goods_received_and_no_bill(self) -> bool:
        return bool(self.buy(21, invoice=False))

    def a_bill_and_no_goods(self) -> bool:
        return bool(self.buy(22, fulfilled=False))

    def stock_account_booked_without_goods(self) -> bool:
        lines = [{"debit": "630", "credit": "429", "amount": "3.33"}]
        return bool(self.core("create_journal", lines=lines, date=day(19), narration="Estimate"))

    def a_sale_that_nobody_read(self) -> bool:
        return bool(self.sell(27))

    def an_invoice_by_hand(self) -> bool:
        return bool(self._by_hand("ACCREC", "200"))

    def a_bill_by_hand_and_money_on_it(self) -> bool:
        bill = self._by_hand("ACCPAY", "429", InvoiceNumber="T-1")
        return bool(self.shop.in_xero("pay_invoice", invoice_id=bill["InvoiceID"], amount="1.15", date=day(24)))

    def money_by_hand_on_an_invoice_of_ours(self) -> bool:
        for link in self.shop.links(kind=Kind.INVOICE.value, live=True):
            if link.state["status"] == "open" and Decimal(link.state["due"]) > 1:
                told = {"invoice_id": link.target_id, "amount": "0.95", "date": day(24)}
                return bool(self.shop.in_xero("pay_invoice", **told))
        return False

    def _by_hand(self, type_: str, account: str, **values: Any) -> Any:
        line = {"Description": "Advice", "Quantity": "1", "UnitAmount": "8.85", "AccountCode": account}
        told = {"Type": type_, "Contact": {"Name": "Somebody"}, "Date": day(23), "DueDate": day(30), **values}
        raw = {**told, "Status": "AUTHORISED", "LineAmountTypes": "NoTax", "LineItems": [line]}
        reply = self.shop.xero.caller().put("/Invoices", raw)
        assert reply.status == 200, reply.body
        return reply.body["Invoices"][0]

    touched: set[str]


TRADE: Sequence[Callable[[Month, int], Any]] = (
    *(Month.sell, Month.sell, Month.sell_and_ship_in_april, Month.sell_and_ship_nothing, Month.ship_without_an_invoice),
    *(Month.take_back, Month.buy, Month.buy_for_dollars, Month.buy_and_learn_of_the_freight_later),
    *(Month.count_the_stock, Month.adjust, Month.write_off, Month.assemble, Month.void_a_sale),
    *(Month.backdate_an_adjustment, Month.sync, Month.lose_an_answer),
)
PLANTS: Mapping[Callable[[Month], bool], tuple[Measure, Cause]] = {
    Month.a_journal_by_hand: (Measure.STOCK, Cause.BY_HAND),
    Month.money_spent_on_stock_by_hand: (Measure.STOCK, Cause.BY_HAND),
    Month.an_opening_that_differs: (Measure.STOCK, Cause.BEFORE_START),
    Month.a_journal_voided_there: (Measure.STOCK, Cause.VOID_ON_ONE_SIDE),
    Month.a_journal_dated_later_there: (Measure.STOCK, Cause.OTHER_PERIOD),
    Month.a_journal_for_another_amount_there: (Measure.STOCK, Cause.CHANGED),
    Month.goods_received_and_no_bill: (Measure.STOCK, Cause.RECEIVED_NOT_INVOICED),
    Month.a_bill_and_no_goods: (Measure.STOCK, Cause.INVOICED_NOT_RECEIVED),
    Month.stock_account_booked_without_goods: (Measure.STOCK, Cause.BOOKED_WITHOUT_GOODS),
    Month.a_sale_that_nobody_read: (Measure.STOCK, Cause.NOT_POSTED),
    Month.an_invoice_by_hand: (Measure.RECEIVABLES, Cause.BY_HAND),
    Month.a_bill_by_hand_and_money_on_it: (Measure.PAYABLES, Cause.BY_HAND),
    Month.money_by_hand_on_an_invoice_of_ours: (Measure.RECEIVABLES, Cause.BY_HAND),
}
UNREAD = frozenset({Month.a_sale_that_nobody_read})
"""Planted after the last look at both sides."""


@contextmanager
def perpetual_shop(database: Path, mode: JournalMode) -> Iterator[Month]:
    """Opening stock on both sides, and a hub that keeps the stock account of the ledger in step."""
    with open_shop(database, on=False) as shop:
        for sku in ("BREAD", "TEA", "SET"):
            shop.core.person("create_product", sku=sku, fields={"Name": sku})
        shop.core.person("create_customer", name="Acme")
        shop.core.person("create_supplier", name="Mill")
        opening = [{"sku": "BREAD", "quantity": "100", "unit_cost": "1.5"}, {"sku": "TEA", "quantity": "50"}]
        opening[1]["unit_cost"] = "2.25"
        shop.core.person("create_adjustment", lines=opening, account="970", date="2026-02-28")
        shop.xero.caller().put("/Accounts", {"Code": STOCK_ACCOUNT, "Name": "Stock in trade", "Type": "CURRENT"})
        shop.in_xero("opening_balances", date="2026-02-28", balances={STOCK_ACCOUNT: "262.50", "840": "-262.50"})
        shop.sync()
        switch_on(shop)
        shop.person.set_mapping(shop.integration_id, MappingList.ACCOUNT, {"630": STOCK_ACCOUNT})
        methods = Methods(shop.person)
        methods.go_perpetual(shop.integration_id, MARCH.start, FlowMode.AUTOMATIC)
        methods.post_journals(shop.integration_id, mode)
        month = Month(shop)
        month.touched = set()
        yield month


def reconciled(shop: Shop) -> tuple[Any, list[Any]]:
    """A reconciliation of March: its row and its lines."""
    id = Reconciling(shop.hub, "bookkeeper").ask(shop.integration_id, MARCH)
    assert reconcile(shop.hub, id)
    [row] = shop.rows(Reconciliation, id=id)
    assert row.state == "done", row.problem
    return row, shop.rows(ReconciliationLine, reconciliation_id=id)


def faults(row: Any, lines: Sequence[Any], planted: Collection[tuple[Measure, Cause]]) -> Iterator[str]:
    """What a reconciliation got wrong."""
    for measure, told in row.figures.items():
        causes = {name: Decimal(each["amount"]) for name, each in told["causes"].items()}
        listed = sum((Decimal(line.amount) for line in lines if line.measure == measure), Decimal(0))
        difference = Decimal(told["stock"]) - Decimal(told["ledger"])
        if sum(causes.values(), Decimal(0)) != difference or listed != difference:
            yield f"{measure}: causes {causes} and lines {listed} against a difference of {difference}"
        if Cause.UNEXPLAINED.value in causes:
            yield f"{measure}: unexplained {causes[Cause.UNEXPLAINED.value]}"
    named_at_all = {(measure, name) for measure, told in row.figures.items() for name in told["causes"]}
    for measure, cause in planted:
        if (measure.value, cause.value) not in named_at_all:
            yield f"nobody names {cause} under {measure}"
    told = row.figures[Measure.STOCK.value]["causes"]
    named = {name for name, each in told.items() if Decimal(each["amount"])}
    if named and not any(measure is Measure.STOCK for measure, _ in planted):
        yield f"nothing was planted, and these are named: {named}"


def test_every_cent_between_the_stock_and_the_ledger_has_a_name(sqlite_template: Path, folder_in_memory: Path) -> None:
    chosen = settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=PROFILE == "quick",
        phases=(Phase.generate,) if PROFILE == "quick" else tuple(Phase),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )

    @chosen
    @given(
        mode=st.sampled_from(JournalMode),
        trade=st.lists(st.tuples(st.sampled_from(TRADE), st.integers(1, 27)), max_size=9),
        plants=st.lists(st.sampled_from(list(PLANTS)), unique=True, max_size=4),
    )
    def lived(
        mode: JournalMode, trade: list[tuple[Callable[[Month, int], Any], int]], plants: list[Callable[[Month], bool]]
    ) -> None:
        for old in folder_in_memory.glob("hub.db*"):
            old.unlink()
        database = Path(shutil.copy(sqlite_template, folder_in_memory / "hub.db"))
        with perpetual_shop(database, mode) as month:
            for step, number in trade:
                step(month, number)
            month.shop.settle_down()
            if reconciled(month.shop)[0].reread:  # costs that were dated back moved no stamp
                month.shop.settle_down()
            planted = {PLANTS[plant] for plant in plants if plant not in UNREAD and plant(month)}
            month.shop.settle_down()
            planted |= {PLANTS[plant] for plant in plants if plant in UNREAD and plant(month)}
            for measure, cause in planted:
                event(f"{measure}: {cause}")
            told = [*faults(*reconciled(month.shop), planted)]
            steps = ", ".join(f"{step.__name__}({number})" for step, number in trade)
            assert not told, f"{mode}: {steps}; planted {sorted(planted)}; {told}"

    lived()
