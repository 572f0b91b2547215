"""Whatever is added, changed, paid, voided or refused: the books add up, and a refusal leaves no trace."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, bill, expense, item_line, modify, named, payment, sale
from sim_qbdesktop.company.codec import encode
from sim_qbdesktop.company.ledger import balances, trial_balance
from sim_qbdesktop.company.linking import credit_left, due
from sim_qbdesktop.company.records import Transaction

CUSTOMERS = ("Brook Stores", "Alder &amp; Co")
PAPERS = {
    "Customer": ("Invoice", "CreditMemo", "ReceivePayment"),
    "Vendor": ("Bill", "VendorCredit", "BillPaymentCheck"),
}
ITEMS = ("OAK", "LAMP", "Delivery")


class Life:
    """Random requests against one company file, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.draws = random.Random(seed)  # noqa: S311 (reproducible on purpose)
        self.sim = Simulator(sales_tax=True)
        self.qb = Caller(self.sim)

    def money(self, most: int = 300) -> str:
        return f"{self.draws.randint(1, most)}.{self.draws.randint(0, 99):02}"

    def day(self) -> str:
        return f"<TxnDate>2026-11-{self.draws.randint(1, 20):02}</TxnDate>"

    def pick(self, *kinds: str) -> Transaction | None:
        found = [each for each in self.sim.company.transactions if each.kind in kinds]
        return self.draws.choice(found) if found else None

    def lines(self) -> list[str]:
        chosen = self.draws.choices(ITEMS, k=self.draws.randint(1, 3))
        return [f"{named('ItemRef', item)}<Quantity>{self.draws.randint(1, 9)}</Quantity><Rate>{self.money(40)}</Rate>"
                for item in chosen]  # fmt: skip

    def sell(self) -> str:
        kind = self.draws.choice(("Invoice", "Invoice", "CreditMemo"))
        return sale(self.draws.choice(CUSTOMERS), self.day(), *self.lines(), kind=kind)

    def buy(self) -> str:
        kind = self.draws.choice(("Bill", "Bill", "VendorCredit"))
        stock = item_line("LAMP", str(self.draws.randint(1, 9)), self.money(20))
        return bill("Ironworks Ltd", self.day(), expense("Rent", self.money()), stock, kind=kind)

    def receive(self) -> str:
        invoice = self.pick("Invoice")
        applied = [(invoice.txn_id, self.money())] if invoice else []
        return payment(self.draws.choice(CUSTOMERS), *applied, total=self.money(), dated=self.day())

    def pay(self) -> str:
        owed = self.pick("Bill")
        row = f"<TxnID>{owed.txn_id if owed else '1-1'}</TxnID><PaymentAmount>{self.money()}</PaymentAmount>"
        head = f"{named('PayeeEntityRef', 'Ironworks Ltd')}{named('BankAccountRef', 'Business Bank Account')}"
        return add("BillPaymentCheck", f"{head}<RefNumber>1</RefNumber><AppliedToTxnAdd>{row}</AppliedToTxnAdd>")

    def change(self) -> str:
        record = self.pick("Invoice", "CreditMemo")
        if record is None:
            return self.sell()
        shown = self.qb.do(f"<{record.kind}QueryRq><TxnID>{record.txn_id}</TxnID></{record.kind}QueryRq>")
        line = f"<TxnLineID>-1</TxnLineID>{self.lines()[0]}"
        return modify(shown, self.day() + f"<{record.kind}LineMod>{line}</{record.kind}LineMod>")

    def undo(self) -> str:
        record = self.pick("Invoice", "CreditMemo", "Bill", "VendorCredit")
        verb = self.draws.choice(("Void", "Del"))
        kind, txn_id = (record.kind, record.txn_id) if record else ("Bill", "1-1")
        return f"<Txn{verb}Rq><Txn{verb}Type>{kind}</Txn{verb}Type><TxnID>{txn_id}</TxnID></Txn{verb}Rq>"

    def step(self) -> int:
        """One random request; its status."""
        acts: tuple[Callable[[], str], ...] = (
            self.sell,
            self.sell,
            self.buy,
            self.receive,
            self.pay,
            self.change,
            self.undo,
        )
        return self.qb.status(self.draws.choice(acts)())

    def trace(self) -> list[str]:
        """Everything on file as text."""
        company = self.sim.company
        return [
            encode(each) for table in (company.entries, company.transactions, company.links.table) for each in table
        ]


def open_amount(life: Life, paper: Transaction) -> Decimal:
    """What is still to be paid of it, or less what is still to be applied."""
    company = life.sim.company
    return due(company, paper) if paper.kind in ("Invoice", "Bill") else -credit_left(company, paper)


def check(life: Life) -> None:
    company = life.sim.company
    assert sum(Decimal(row["balance"]) for row in trial_balance(company)) == 0
    sums = balances(company)
    for kind, account_type, sign in (("Customer", "AccountsReceivable", 1), ("Vendor", "AccountsPayable", -1)):
        owed = sum((company.owing.of(each.list_id) for each in company.of_kinds((kind,))), Decimal(0))
        accounts = [each for each in company.of_kinds(("Account",)) if each.fields["AccountType"] == account_type]
        assert sum((sums.get(each.list_id, Decimal(0)) for each in accounts), Decimal(0)) == sign * owed
        papers = [each for each in company.transactions if each.kind in PAPERS[kind]]
        left = sum((open_amount(life, each) for each in papers), Decimal(0))
        assert left == owed
    lamp = company.named(("ItemInventory",), "LAMP")
    asset = company.named(("Account",), "Inventory Asset")
    assert lamp and asset
    assert company.stock.on_hand(lamp.list_id).value == sums.get(asset.list_id, Decimal(0))


@pytest.mark.parametrize("seed", range(3))
def test_the_books_add_up_and_a_refusal_leaves_no_trace(seed: int) -> None:
    life = Life(seed)
    statuses = []
    for _ in range(80):
        before = life.trace()
        statuses.append(life.step())
        if statuses[-1] >= 1000:
            assert life.trace() == before
        check(life)
    assert statuses.count(0) > 30
    assert {3210, 3120} & set(statuses)
