"""Invoices and credit memos: amounts, sales tax, the books."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.caller import Caller, add, bill, modify, named, sale
from sim_qbdesktop.company.ledger import trial_balance


def books(sim: Simulator) -> dict[str, str]:
    """Account name -> balance; the sum is checked on the way."""
    rows = trial_balance(sim.company)
    assert sum(Decimal(row["balance"]) for row in rows) == 0
    return {row["name"]: row["balance"] for row in rows}


def line(item: str, *values: str) -> str:
    return named("ItemRef", item) + "".join(values)


def test_an_invoice_is_owed_and_booked(sim: Simulator, qb: Caller) -> None:
    made = qb.do(sale("Brook Stores", "<RefNumber>A-1</RefNumber><TermsRef><FullName>Net 30</FullName></TermsRef>"))
    assert (made.value("Subtotal"), made.value("BalanceRemaining"), made.value("IsPaid")) == (
        "100.00",
        "100.00",
        "false",
    )
    assert made.value("RefNumber") == "A-1"
    assert books(sim) == {"Sales": "-100.00", "Accounts Receivable": "100.00"}
    customer = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>")
    assert customer.value("TotalBalance") == "100.00"


def test_terms_of_the_customer_say_when_it_is_due(qb: Caller) -> None:
    qb.do(add("Customer", f"<Name>Cove</Name>{named('TermsRef', 'Net 7')}"))
    made = qb.do(sale("Cove", "<TxnDate>2026-11-02</TxnDate>"))
    assert (made.value("TermsRef", "FullName"), made.value("DueDate")) == ("Net 7", "2026-11-09")


@pytest.mark.parametrize(
    ("values", "rate", "amount"),
    [
        (("<Quantity>3</Quantity>", "<Rate>3.333</Rate>"), "3.333", "10.00"),
        (("<Quantity>3</Quantity>", "<Amount>10.00</Amount>"), "3.33333", "10.00"),
        (("<Quantity>3</Quantity>", "<Rate>3.33</Rate>", "<Amount>10.00</Amount>"), "3.33333", "10.00"),
        (("<Quantity>3</Quantity>",), "25.00", "75.00"),
        (("<Amount>7.77</Amount>",), "7.77", "7.77"),
        (("<Rate>0.005</Rate>",), "0.005", "0.01"),
    ],
)
def test_quantity_rate_and_amount_of_a_line(qb: Caller, values: tuple[str, ...], rate: str, amount: str) -> None:
    made = qb.do(sale("Brook Stores", "", line("OAK", *values)))
    assert made.value("InvoiceLineRet", "Amount") == amount
    assert made.value("InvoiceLineRet", "Rate") == rate


def test_the_switch_lets_the_rate_win(sim: Simulator, qb: Caller) -> None:
    sim.switches.set({"amount_or_rate": "rate"})
    values = ("<Quantity>3</Quantity>", "<Rate>3.33</Rate>", "<Amount>10.00</Amount>")
    assert qb.do(sale("Brook Stores", "", line("OAK", *values))).value("Subtotal") == "9.99"


def test_discounts_and_subtotals(sim: Simulator, qb: Caller) -> None:
    lines = (line("OAK", "<Quantity>4</Quantity>"), line("LAMP"), line("Subtotal"), line("Discount"))
    made = qb.do(sale("Brook Stores", "", *lines))
    assert [each.value("Amount") for each in made.all("InvoiceLineRet")] == ["100.00", "40.00", "140.00", "-14.00"]
    assert made.value("Subtotal") == "126.00"
    assert books(sim)["Sales Discounts"] == "14.00"


def test_a_total_below_zero_is_refused(qb: Caller) -> None:
    assert qb.status(sale("Brook Stores", "", line("OAK", "<Amount>-5.00</Amount>"))) == 3180


def test_a_draft_is_on_file_but_not_in_the_books(sim: Simulator, qb: Caller) -> None:
    draft = qb.do(sale("Brook Stores", "<IsPending>true</IsPending>"))
    assert (draft.value("IsPending"), draft.value("IsPaid"), books(sim)) == ("true", "false", {})
    qb.do(modify(draft, "<IsPending>false</IsPending>"))
    assert books(sim)["Accounts Receivable"] == "100.00"


def test_a_changed_line_keeps_its_id_a_new_one_gets_one_and_one_unnamed_is_deleted(qb: Caller) -> None:
    made = qb.do(
        sale("Brook Stores", "", line("OAK", "<Quantity>1</Quantity>"), line("LAMP", "<Quantity>1</Quantity>"))
    )
    first = made.all("InvoiceLineRet")[0].value("TxnLineID")
    changes = (
        f"<InvoiceLineMod><TxnLineID>{first}</TxnLineID><Quantity>3</Quantity></InvoiceLineMod>"
        f"<InvoiceLineMod><TxnLineID>-1</TxnLineID>{line('Delivery', '<Rate>9.00</Rate>')}</InvoiceLineMod>"
    )
    changed = qb.do(modify(made, changes))
    rows = changed.all("InvoiceLineRet")
    assert [each.value("Amount") for each in rows] == ["75.00", "9.00"]
    assert rows[0].value("TxnLineID") == first
    assert changed.value("TxnNumber") == made.value("TxnNumber")
    kept = qb.do(modify(changed, "<Memo>only this</Memo>"))
    assert len(kept.all("InvoiceLineRet")) == 2


def test_a_refused_change_changes_nothing(sim: Simulator, qb: Caller) -> None:
    made = qb.do(sale("Brook Stores"))
    line_id = made.value("InvoiceLineRet", "TxnLineID")
    bad = f"<InvoiceLineMod><TxnLineID>{line_id}</TxnLineID><Amount>-900.00</Amount></InvoiceLineMod>"
    assert qb.status(modify(made, bad)) == 3180
    assert books(sim)["Accounts Receivable"] == "100.00"
    assert qb.status(modify(made, "<Memo>still the same sequence</Memo>")) == 0


def test_quickbooks_works_sales_tax_out_by_itself() -> None:
    sim = Simulator(sales_tax=True, tax_rate="8.25")
    qb = Caller(sim)
    made = qb.do(sale("Brook Stores", "", line("OAK", "<Quantity>1</Quantity>"), line("Delivery", "<Rate>9.99</Rate>",
                      named("SalesTaxCodeRef", "Non"))))  # fmt: skip
    assert (made.value("SalesTaxPercentage"), made.value("SalesTaxTotal")) == ("8.25", "2.06")
    assert made.value("BalanceRemaining") == "37.05"
    assert made.value("ItemSalesTaxRef", "FullName") == "State Tax"
    assert books(sim)["Sales Tax Payable"] == "-2.06"
    abroad = qb.do(sale("Brook Stores", named("ItemSalesTaxRef", "Out of State")))
    assert abroad.value("SalesTaxTotal") == "0.00"
    exempt = qb.do(sale("Brook Stores", named("CustomerSalesTaxCodeRef", "Non")))
    assert exempt.value("SalesTaxTotal") == "0.00"


def test_a_tax_item_is_no_line(sim: Simulator) -> None:
    qb = Caller(Simulator(sales_tax=True))
    assert qb.status(sale("Brook Stores", "", line("State Tax", "<Amount>2.00</Amount>"))) == 3280


def test_stock_that_is_sold_costs_its_average_and_comes_back_at_it(sim: Simulator, qb: Caller) -> None:
    for quantity, cost in (("10", "18.00"), ("10", "20.00")):
        body = f"{named('ItemRef', 'LAMP')}<Quantity>{quantity}</Quantity><Cost>{cost}</Cost>"
        qb.do(bill("Ironworks Ltd", "<TxnDate>2026-11-01</TxnDate>", f"<ItemLineAdd>{body}</ItemLineAdd>"))
    header = "<TxnDate>2026-11-02</TxnDate>"
    qb.do(sale("Brook Stores", header, line("LAMP", "<Quantity>5</Quantity>")))
    assert (books(sim)["Cost of Goods Sold"], books(sim)["Inventory Asset"]) == ("95.00", "285.00")
    qb.do(sale("Brook Stores", header, line("LAMP", "<Quantity>1</Quantity>"), kind="CreditMemo"))
    lamp = qb.do("<ItemInventoryQueryRq><FullName>LAMP</FullName></ItemInventoryQueryRq>")
    assert (lamp.value("QuantityOnHand"), lamp.value("AverageCost")) == ("16", "19.00")
    assert (books(sim)["Cost of Goods Sold"], books(sim)["Sales"]) == ("76.00", "-160.00")


def test_a_purchase_dated_earlier_changes_what_was_sold_since(sim: Simulator, qb: Caller) -> None:
    qb.do(sale("Brook Stores", "<TxnDate>2026-11-10</TxnDate>", line("LAMP", "<Quantity>2</Quantity>")))
    assert books(sim)["Cost of Goods Sold"] == "36.00"
    body = f"{named('ItemRef', 'LAMP')}<Quantity>4</Quantity><Cost>25.00</Cost>"
    qb.do(bill("Ironworks Ltd", "<TxnDate>2026-11-03</TxnDate>", f"<ItemLineAdd>{body}</ItemLineAdd>"))
    assert books(sim)["Cost of Goods Sold"] == "50.00"


def test_numbers_count_on_and_may_repeat_unless_the_switch_says_no(sim: Simulator, qb: Caller) -> None:
    qb.do(sale("Brook Stores", "<RefNumber>0099</RefNumber>"))
    assert qb.do(sale("Brook Stores")).value("RefNumber") == "0100"
    assert qb.status(sale("Alder &amp; Co", "<RefNumber>0099</RefNumber>")) == 0
    sim.switches.set({"duplicate_numbers": "refused"})
    assert qb.status(sale("Alder &amp; Co", "<RefNumber>0099</RefNumber>")) == 3180


def test_a_credit_limit_can_stop_an_invoice(sim: Simulator, qb: Caller) -> None:
    qb.do(add("Customer", "<Name>Cove</Name><CreditLimit>50.00</CreditLimit>"))
    assert qb.status(sale("Cove")) == 0
    person.act(sim.quickbooks, "set_preferences", {"credit_limits_bind": True})
    refused = qb.ask(sale("Cove"))
    assert refused.attributes["statusCode"] == "3180"
    assert "credit limit" in refused.attributes["statusMessage"]


def test_a_voided_invoice_keeps_its_number_and_nothing_else(sim: Simulator, qb: Caller) -> None:
    made = qb.do(sale("Brook Stores", "<RefNumber>7</RefNumber><Memo>Note</Memo>"))
    void = f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{made.value('TxnID')}</TxnID></TxnVoidRq>"
    assert qb.ask(void).value("RefNumber") == "7"
    again = qb.do(f"<InvoiceQueryRq><TxnID>{made.value('TxnID')}</TxnID></InvoiceQueryRq>")
    assert (again.value("Memo"), again.value("BalanceRemaining"), books(sim)) == ("VOID: Note", "0.00", {})


def test_a_deleted_invoice_is_gone_and_told_of(sim: Simulator, qb: Caller) -> None:
    txn_id = qb.do(sale("Brook Stores", "<RefNumber>7</RefNumber>")).value("TxnID")
    delete = f"<TxnDelRq><TxnDelType>Invoice</TxnDelType><TxnID>{txn_id}</TxnID></TxnDelRq>"
    assert [qb.status(delete), qb.status(delete)] == [0, 3120]
    assert qb.status(f"<InvoiceQueryRq><TxnID>{txn_id}</TxnID></InvoiceQueryRq>") == 500
    gone = qb.do("<TxnDeletedQueryRq><TxnDelType>Invoice</TxnDelType></TxnDeletedQueryRq>")
    assert (gone.value("TxnID"), gone.value("RefNumber"), books(sim)) == (txn_id, "7", {})
