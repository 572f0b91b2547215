"""Payments, checks, and credits that are applied when they are asked for."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.caller import Caller, add, bill, expense, modify, named, payment, sale
from sim_qbdesktop.company.ledger import trial_balance
from sim_qbdesktop.qbxml.tree import Element


def books(sim: Simulator) -> dict[str, str]:
    return {row["name"]: row["balance"] for row in trial_balance(sim.company)}


def invoice(qb: Caller, txn_id: str) -> Element:
    query = f"<TxnID>{txn_id}</TxnID><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    return qb.do(f"<InvoiceQueryRq>{query}</InvoiceQueryRq>")


def check(*applied: tuple[str, str], credits_of: str = "") -> str:
    head = f"{named('PayeeEntityRef', 'Ironworks Ltd')}{named('BankAccountRef', 'Business Bank Account')}"
    rows = "".join(
        f"<AppliedToTxnAdd><TxnID>{txn_id}</TxnID><PaymentAmount>{amount}</PaymentAmount>{credits_of}</AppliedToTxnAdd>"
        for txn_id, amount in applied
    )
    return add("BillPaymentCheck", f"{head}<RefNumber>501</RefNumber>{rows}")


def set_credit(txn_id: str, amount: str) -> str:
    return f"<SetCredit><CreditTxnID>{txn_id}</CreditTxnID><AppliedAmount>{amount}</AppliedAmount></SetCredit>"


def test_a_payment_settles_invoices_and_what_is_left_stays_unused(sim: Simulator, qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    header = named("DepositToAccountRef", "Business Bank Account")
    made = qb.do(payment("Brook Stores", (txn_id, "100.00"), total="120.00", header=header))
    assert (made.value("UnusedPayment"), made.value("AppliedToTxnRet", "Amount")) == ("20.00", "100.00")
    paid = invoice(qb, txn_id)
    assert (paid.value("IsPaid"), paid.value("BalanceRemaining")) == ("true", "0.00")
    assert paid.value("LinkedTxn", "TxnType") == "ReceivePayment"
    assert books(sim) == {"Sales": "-100.00", "Business Bank Account": "120.00", "Accounts Receivable": "-20.00"}


def test_without_an_account_money_is_undeposited(sim: Simulator, qb: Caller) -> None:
    qb.do(payment("Brook Stores", total="10.00"))
    assert books(sim)["Undeposited Funds"] == "10.00"


def test_paying_more_than_is_due_is_refused_with_a_severity_that_misleads(sim: Simulator, qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    refused = qb.ask(payment("Brook Stores", (txn_id, "129.43"), total="200.00"))
    assert (refused.attributes["statusCode"], refused.attributes["statusSeverity"]) == ("3210", "Info")
    assert refused.attributes["statusMessage"].endswith("You cannot pay more than the amount due.")
    assert len(sim.company.transactions) == 1


@pytest.mark.parametrize(
    ("customer", "amounts", "total", "status"),
    [
        ("Brook Stores", ("60.00", "50.00"), "110.00", 3210),
        ("Brook Stores", ("60.00",), "50.00", 3210),
        ("Alder &amp; Co", ("10.00",), "10.00", 3120),
    ],
    ids=("together more than is due", "more than was paid", "another customer"),
)
def test_a_payment_that_does_not_fit_is_refused(
    qb: Caller, customer: str, amounts: tuple[str, ...], total: str, status: int
) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    assert qb.status(payment(customer, *((txn_id, amount) for amount in amounts), total=total)) == status


def test_nothing_is_applied_unless_it_is_asked_for(qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    qb.do(sale("Brook Stores", kind="CreditMemo"))
    qb.do(payment("Brook Stores", total="100.00"))
    assert invoice(qb, txn_id).value("BalanceRemaining") == "100.00"
    auto = add("ReceivePayment", f"{named('CustomerRef', 'Brook Stores')}<TotalAmount>30.00</TotalAmount>"
                                 "<IsAutoApply>true</IsAutoApply>")  # fmt: skip
    qb.do(auto)
    assert invoice(qb, txn_id).value("BalanceRemaining") == "70.00"


def test_a_credit_memo_is_used_by_an_invoice_that_asks_for_it(qb: Caller) -> None:
    line = f"{named('ItemRef', 'OAK')}<Quantity>1</Quantity>"
    credit_id = qb.do(sale("Brook Stores", "", line, kind="CreditMemo")).value("TxnID")
    made = qb.do(sale("Brook Stores", set_credit(credit_id, "20.00")))
    assert (made.value("AppliedAmount"), made.value("BalanceRemaining")) == ("-20.00", "80.00")
    again = qb.do(f"<CreditMemoQueryRq><TxnID>{credit_id}</TxnID></CreditMemoQueryRq>")
    assert again.value("CreditRemaining") == "5.00"
    assert qb.status(sale("Brook Stores", set_credit(credit_id, "6.00"))) == 3210
    assert qb.status(sale("Alder &amp; Co", set_credit(credit_id, "5.00"))) == 3120


def test_a_check_pays_bills_with_money_and_credits(sim: Simulator, qb: Caller) -> None:
    bill_id = qb.do(bill()).value("TxnID")
    credit_id = qb.do(bill("Ironworks Ltd", "", expense("General Expenses", "15.00"), kind="VendorCredit")).value(
        "TxnID"
    )
    made = qb.do(check((bill_id, "35.00"), credits_of=set_credit(credit_id, "15.00")))
    assert (made.value("Amount"), made.value("AppliedToTxnRet", "BalanceRemaining")) == ("35.00", "0.00")
    assert books(sim) == {"General Expenses": "35.00", "Business Bank Account": "-35.00"}
    assert qb.do(f"<BillQueryRq><TxnID>{bill_id}</TxnID></BillQueryRq>").value("IsPaid") == "true"
    assert qb.status(check((bill_id, "1.00"))) == 3210


def test_one_credit_is_not_used_twice_by_one_check(sim: Simulator, qb: Caller) -> None:
    bills = [qb.do(bill()).value("TxnID") for _ in range(2)]
    credit_id = qb.do(bill("Ironworks Ltd", "", expense("Rent", "15.00"), kind="VendorCredit")).value("TxnID")
    both = [(bill_id, "1.00") for bill_id in bills]
    assert qb.status(check(*both, credits_of=set_credit(credit_id, "10.00"))) == 3210
    assert qb.status(check(*both, credits_of=set_credit(credit_id, "7.50"))) == 0


def test_a_check_is_drawn_on_a_bank(qb: Caller) -> None:
    bill_id = qb.do(bill()).value("TxnID")
    assert qb.status(check((bill_id, "1.00")).replace("Business Bank Account", "Rent")) == 3140


def test_a_discount_settles_the_rest(sim: Simulator, qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    discount = f"<DiscountAmount>2.00</DiscountAmount>{named('DiscountAccountRef', 'Sales Discounts')}"
    request = payment("Brook Stores", (txn_id, "98.00"), total="98.00")
    qb.do(request.replace("</PaymentAmount>", f"</PaymentAmount>{discount}"))
    assert invoice(qb, txn_id).value("IsPaid") == "true"
    assert books(sim) == {"Sales": "-100.00", "Undeposited Funds": "98.00", "Sales Discounts": "2.00"}


def test_a_changed_payment_can_pay_something_else(qb: Caller) -> None:
    first, second = (qb.do(sale("Brook Stores")).value("TxnID") for _ in range(2))
    made = qb.do(payment("Brook Stores", (first, "100.00"), total="100.00"))
    row = f"<TxnID>{second}</TxnID><PaymentAmount>60.00</PaymentAmount>"
    moved = qb.do(modify(made, f"<AppliedToTxnMod>{row}</AppliedToTxnMod>"))
    assert moved.value("UnusedPayment") == "40.00"
    assert [invoice(qb, txn_id).value("BalanceRemaining") for txn_id in (first, second)] == ["100.00", "40.00"]
    kept = qb.do(modify(moved, "<Memo>applied as it was</Memo>"))
    assert kept.value("UnusedPayment") == "40.00"


def test_a_payment_is_deleted_not_voided(qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    paid = qb.do(payment("Brook Stores", (txn_id, "100.00"), total="100.00")).value("TxnID")
    delete = f"<TxnDelRq><TxnDelType>ReceivePayment</TxnDelType><TxnID>{paid}</TxnID></TxnDelRq>"
    assert qb.status(delete) == 0
    assert invoice(qb, txn_id).value("BalanceRemaining") == "100.00"


def test_a_paid_invoice_can_be_changed_but_not_below_what_is_paid(qb: Caller) -> None:
    made = qb.do(sale("Brook Stores"))
    qb.do(payment("Brook Stores", (made.value("TxnID"), "60.00"), total="60.00"))
    current = invoice(qb, made.value("TxnID"))
    line_id = made.value("InvoiceLineRet", "TxnLineID")
    change = f"<InvoiceLineMod><TxnLineID>{line_id}</TxnLineID><Amount>{{}}</Amount></InvoiceLineMod>"
    assert qb.status(modify(current, change.format("59.99"))) == 3210
    assert qb.do(modify(current, change.format("60.00"))).value("IsPaid") == "true"


def test_a_payment_makes_the_sequence_of_its_invoice_stale_unless_the_switch_says_no(
    sim: Simulator, qb: Caller
) -> None:
    first = qb.do(sale("Brook Stores"))
    qb.do(payment("Brook Stores", (first.value("TxnID"), "10.00"), total="10.00"))
    assert qb.status(modify(first, "<Memo>x</Memo>")) == 3200
    sim.switches.set({"applying_changes": "neither"})
    second = qb.do(sale("Brook Stores"))
    qb.do(payment("Brook Stores", (second.value("TxnID"), "10.00"), total="10.00"))
    assert qb.status(modify(second, "<Memo>x</Memo>")) == 0


def test_voiding_a_paid_invoice_releases_the_payment_unless_it_is_protected(sim: Simulator, qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    person.act(sim.quickbooks, "pay", {"id": txn_id})
    void = f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{txn_id}</TxnID></TxnVoidRq>"
    sim.switches.set({"linked_transactions": "protected"})
    assert qb.status(void) == 3185
    sim.switches.set({"linked_transactions": "released"})
    assert qb.status(void) == 0
    assert qb.do("<ReceivePaymentQueryRq></ReceivePaymentQueryRq>").value("UnusedPayment") == "100.00"


def test_rates_that_differ_make_a_gain() -> None:
    sim = Simulator(multicurrency=True)
    qb = Caller(sim)
    qb.do(add("Customer", f"<Name>Paris</Name>{named('CurrencyRef', 'Euro')}"))
    sold = qb.do(sale("Paris", "<ExchangeRate>1.10</ExchangeRate>"))
    assert (sold.value("CurrencyRef", "FullName"), sold.value("BalanceRemainingInHomeCurrency")) == ("Euro", "110.00")
    request = payment(
        "Paris", (sold.value("TxnID"), "100.00"), total="100.00", header="<ExchangeRate>1.20</ExchangeRate>"
    )
    qb.do(request)
    balances = books(sim)
    assert (balances["Undeposited Funds"], balances["Exchange Gain or Loss"]) == ("120.00", "-10.00")
    assert "Accounts Receivable" not in balances
    assert qb.do("<CustomerQueryRq><FullName>Paris</FullName></CustomerQueryRq>").value("Balance") == "0.00"


def only_credit(kind: str, party: str, account: str, txn_id: str, credit: str) -> str:
    applied = f"<AppliedToTxnAdd><TxnID>{txn_id}</TxnID>{credit}</AppliedToTxnAdd>"
    number = "<RefNumber>1</RefNumber>" if kind == "BillPaymentCheck" else "<TotalAmount>0.00</TotalAmount>"
    bank = named(account, "Business Bank Account") if kind == "BillPaymentCheck" else ""
    return add(kind, f"{party}{bank}{number}{applied}")


def test_a_payment_of_nothing_but_a_credit_links_the_two_and_is_no_transaction(sim: Simulator, qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores")).value("TxnID")
    line = f"{named('ItemRef', 'OAK')}<Quantity>1</Quantity>"
    credit_id = qb.do(sale("Brook Stores", "", line, kind="CreditMemo")).value("TxnID")
    asked = only_credit(
        "ReceivePayment", named("CustomerRef", "Brook Stores"), "", txn_id, set_credit(credit_id, "20.00")
    )
    answer = qb.ask(asked)
    assert (answer.attributes["statusCode"], answer.children) == ("0", [])
    assert [each.kind for each in sim.company.transactions] == ["Invoice", "CreditMemo"]
    shown = invoice(qb, txn_id)
    assert (shown.value("BalanceRemaining"), shown.value("LinkedTxn", "TxnID")) == ("80.00", credit_id)
    void = f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{txn_id}</TxnID></TxnVoidRq>"
    assert qb.status(void) == 0
    again = qb.do(f"<CreditMemoQueryRq><TxnID>{credit_id}</TxnID></CreditMemoQueryRq>")
    assert again.value("CreditRemaining") == "25.00"


def test_a_check_of_nothing_but_a_credit_is_kept_where_the_switch_says_so(sim: Simulator, qb: Caller) -> None:
    sim.switches.set({"credits_alone": "transaction"})
    bill_id = qb.do(bill()).value("TxnID")
    credit_id = qb.do(bill("Ironworks Ltd", "", expense("Rent", "15.00"), kind="VendorCredit")).value("TxnID")
    payee = named("PayeeEntityRef", "Ironworks Ltd")
    asked = only_credit("BillPaymentCheck", payee, "BankAccountRef", bill_id, set_credit(credit_id, "15.00"))
    assert qb.do(asked).value("Amount") == "0.00"
    sim.switches.set({"credits_alone": "links"})
    other = qb.do(bill()).value("TxnID")
    assert qb.status(asked.replace(bill_id, other)) == 3210
