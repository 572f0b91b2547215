"""Checks, and refunds of what customers were credited."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, expense, named, sale
from sim_qbdesktop.company.ledger import trial_balance

RECEIVABLE, BANK = "Accounts Receivable", "Business Bank Account"


def books(sim: Simulator) -> dict[str, str]:
    return {row["name"]: row["balance"] for row in trial_balance(sim.company)}


def refund(credit_id: str, amount: str = "25.00", line: str = "", customer: str = "Brook Stores") -> str:
    applied = f"<ApplyCheckToTxnAdd><TxnID>{credit_id}</TxnID><Amount>{amount}</Amount></ApplyCheckToTxnAdd>"
    head = f"{named('AccountRef', BANK)}{named('PayeeEntityRef', customer)}<RefNumber>R-1</RefNumber>"
    return add("Check", f"{head}{applied}{line or expense(RECEIVABLE, amount)}")


@pytest.fixture
def credit(qb: Caller) -> str:
    line = f"{named('ItemRef', 'OAK')}<Quantity>1</Quantity>"
    found: str = qb.do(sale("Brook Stores", "", line, kind="CreditMemo")).value("TxnID")
    return found


def left(qb: Caller, credit_id: str) -> str:
    found: str = qb.do(f"<CreditMemoQueryRq><TxnID>{credit_id}</TxnID></CreditMemoQueryRq>").value("CreditRemaining")
    return found


def test_a_check_gives_back_what_a_customer_was_credited(sim: Simulator, qb: Caller, credit: str) -> None:
    made = qb.do(refund(credit))
    assert (made.value("Amount"), made.value("PayeeEntityRef", "FullName")) == ("25.00", "Brook Stores")
    assert left(qb, credit) == "0.00"
    assert books(sim) == {"Sales": "25.00", BANK: "-25.00"}
    query = (
        f"<CheckQueryRq><TxnID>{made.value('TxnID')}</TxnID><IncludeLinkedTxns>true</IncludeLinkedTxns></CheckQueryRq>"
    )
    assert qb.do(query).value("LinkedTxn", "TxnID") == credit


@pytest.mark.parametrize(
    ("amount", "line", "customer", "status"),
    [
        ("25.01", "", "Brook Stores", 3210),
        ("25.00", "", "Alder &amp; Co", 3120),
        ("25.00", expense("Rent", "25.00"), "Brook Stores", 3180),
        ("20.00", expense(RECEIVABLE, "25.00"), "Brook Stores", 3180),
    ],
    ids=("more than is left", "another customer", "no receivable account", "another amount"),
)
def test_a_refund_that_does_not_fit_is_refused(
    sim: Simulator, qb: Caller, credit: str, amount: str, line: str, customer: str, status: int
) -> None:
    assert qb.status(refund(credit, amount, line, customer)) == status
    assert left(qb, credit) == "25.00"
    assert [each.kind for each in sim.company.transactions] == ["CreditMemo"]


def test_a_voided_refund_leaves_the_credit_open_again(sim: Simulator, qb: Caller, credit: str) -> None:
    made = qb.do(refund(credit)).value("TxnID")
    assert qb.status(f"<TxnVoidRq><TxnVoidType>Check</TxnVoidType><TxnID>{made}</TxnID></TxnVoidRq>") == 0
    assert left(qb, credit) == "25.00"
    assert BANK not in books(sim)


def test_a_check_is_drawn_on_a_bank_and_may_be_for_anything(sim: Simulator, qb: Caller) -> None:
    rent = add("Check", f"{named('AccountRef', BANK)}{expense('Rent', '40.00')}")
    assert qb.do(rent).value("Amount") == "40.00"
    assert books(sim) == {"Rent": "40.00", BANK: "-40.00"}
    assert qb.status(rent.replace(BANK, "Sales")) == 3140
