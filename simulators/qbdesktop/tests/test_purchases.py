"""Bills, vendor credits, journal entries, inventory adjustments."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, bill, expense, item_line, modify, named
from sim_qbdesktop.company.ledger import trial_balance


def books(sim: Simulator) -> dict[str, str]:
    return {row["name"]: row["balance"] for row in trial_balance(sim.company)}


def side(which: str, account: str, amount: str, more: str = "") -> str:
    return f"<Journal{which}Line>{named('AccountRef', account)}<Amount>{amount}</Amount>{more}</Journal{which}Line>"


def test_a_bill_of_expenses_and_items_posts_at_once(sim: Simulator, qb: Caller) -> None:
    made = qb.do(bill("Ironworks Ltd", "", expense("Rent", "40.00"), item_line("LAMP", "2", "18.00")))
    assert (made.value("AmountDue"), made.value("IsPaid"), made.value("OpenAmount")) == ("76.00", "false", "76.00")
    assert books(sim) == {"Rent": "40.00", "Inventory Asset": "36.00", "Accounts Payable": "-76.00"}
    vendor = qb.do("<VendorQueryRq><FullName>Ironworks Ltd</FullName></VendorQueryRq>")
    assert vendor.value("Balance") == "76.00"


def test_a_number_may_be_twenty_long_and_may_repeat_between_vendors(qb: Caller) -> None:
    qb.do(add("Vendor", "<Name>Copper Ltd</Name>"))
    header = f"<RefNumber>{'9' * 20}</RefNumber>"
    assert [qb.status(bill(name, header)) for name in ("Ironworks Ltd", "Copper Ltd")] == [0, 0]
    assert qb.do(bill()).find("RefNumber") is None


def test_a_bill_without_terms_is_due_as_the_preferences_say(qb: Caller) -> None:
    assert qb.do(bill("Ironworks Ltd", "<TxnDate>2026-11-01</TxnDate>")).value("DueDate") == "2026-11-11"
    header = "<TxnDate>2026-11-01</TxnDate><TermsRef><FullName>Net 30</FullName></TermsRef>"
    assert qb.do(bill("Ironworks Ltd", header)).value("DueDate") == "2026-12-01"


def test_a_vendor_credit_is_the_other_way_round(sim: Simulator, qb: Caller) -> None:
    made = qb.do(bill("Ironworks Ltd", "", expense("Rent", "15.00"), kind="VendorCredit"))
    assert (made.value("CreditAmount"), made.value("OpenAmount")) == ("15.00", "15.00")
    assert books(sim) == {"Rent": "-15.00", "Accounts Payable": "15.00"}


def test_expense_and_item_lines_of_a_bill_change_apart_from_each_other(qb: Caller) -> None:
    made = qb.do(bill("Ironworks Ltd", "", expense("Rent", "40.00"), item_line("OAK", "1", "10.00")))
    row = f"<TxnLineID>-1</TxnLineID>{named('AccountRef', 'Travel')}<Amount>5.00</Amount>"
    changed = qb.do(modify(made, f"<ExpenseLineMod>{row}</ExpenseLineMod>"))
    assert changed.value("ExpenseLineRet", "AccountRef", "FullName") == "Travel"
    assert changed.value("AmountDue") == "15.00"
    cleared = qb.do(modify(changed, "<ClearItemLines>true</ClearItemLines>"))
    assert cleared.value("AmountDue") == "5.00"


def test_lines_that_a_change_does_not_name_can_be_kept_instead(sim: Simulator, qb: Caller) -> None:
    sim.switches.set({"unmentioned_lines": "kept"})
    made = qb.do(bill("Ironworks Ltd", "", expense("Rent", "40.00")))
    row = f"<TxnLineID>-1</TxnLineID>{named('AccountRef', 'Travel')}<Amount>5.00</Amount>"
    assert qb.do(modify(made, f"<ExpenseLineMod>{row}</ExpenseLineMod>")).value("AmountDue") == "45.00"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (expense("Nowhere", "1.00"), 3140),
        ("<ExpenseLineAdd><Amount>1.00</Amount></ExpenseLineAdd>", 3150),
        ("<ItemLineAdd><Quantity>1</Quantity></ItemLineAdd>", 3150),
        (item_line("Subtotal", "1", "1.00"), 3280),
        (expense("Rent", "-1.00"), 3180),
    ],
)
def test_a_bill_that_can_not_be_posted_is_refused(sim: Simulator, qb: Caller, lines: str, status: int) -> None:
    assert qb.status(bill("Ironworks Ltd", "", lines)) == status
    assert books(sim) == {}


def test_a_journal_entry_may_mix_its_sides_and_keeps_their_order(sim: Simulator, qb: Caller) -> None:
    rows = side("Debit", "Rent", "5.00"), side("Credit", "Accruals", "8.00"), side("Debit", "Travel", "3.00")
    made = qb.do(add("JournalEntry", "<RefNumber>J1</RefNumber>" + "".join(rows)))
    assert [each.tag for each in made.children if "Line" in each.tag] == [
        "JournalDebitLine",
        "JournalCreditLine",
        "JournalDebitLine",
    ]
    assert books(sim) == {"Rent": "5.00", "Accruals": "-8.00", "Travel": "3.00"}


def test_a_line_of_a_journal_entry_changes_its_side(sim: Simulator, qb: Caller) -> None:
    made = qb.do(add("JournalEntry", side("Debit", "Rent", "5.00") + side("Credit", "Accruals", "5.00")))
    changes = "".join(
        f"<JournalLineMod><TxnLineID>{each.value('TxnLineID')}</TxnLineID>"
        f"<JournalLineType>{'Credit' if 'Debit' in each.tag else 'Debit'}</JournalLineType></JournalLineMod>"
        for each in made.children
        if "Line" in each.tag
    )
    qb.do(modify(made, changes))
    assert books(sim) == {"Rent": "-5.00", "Accruals": "5.00"}


@pytest.mark.parametrize(
    "lines",
    [
        side("Debit", "Rent", "5.00") + side("Credit", "Accruals", "4.00"),
        side("Debit", "Accounts Receivable", "5.00") + side("Credit", "Sales", "5.00"),
        side("Debit", "Accounts Payable", "5.00", named("EntityRef", "Brook Stores")) + side("Credit", "Rent", "5.00"),
        side("Debit", "Accounts Receivable", "5.00", named("EntityRef", "Brook Stores"))
        + side("Credit", "Accounts Receivable", "5.00", named("EntityRef", "Alder &amp; Co")),
    ],
    ids=("out of balance", "no customer", "a customer where a vendor belongs", "two receivable lines"),
)
def test_a_journal_entry_that_can_not_be_posted_is_refused(sim: Simulator, qb: Caller, lines: str) -> None:
    assert qb.status(add("JournalEntry", lines)) == 3180
    assert books(sim) == {}


def test_a_journal_entry_on_receivables_changes_what_the_customer_owes(qb: Caller) -> None:
    entity = named("EntityRef", "Brook Stores")
    qb.do(add("JournalEntry", side("Debit", "Accounts Receivable", "5.00", entity) + side("Credit", "Sales", "5.00")))
    customer = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>")
    assert customer.value("Balance") == "5.00"


def adjusted(change: str) -> str:
    line = f"<InventoryAdjustmentLineAdd>{named('ItemRef', 'LAMP')}{change}</InventoryAdjustmentLineAdd>"
    return add("InventoryAdjustment", named("AccountRef", "Stock Adjustments") + line)


def test_stock_is_adjusted_by_quantity_or_by_value(sim: Simulator, qb: Caller) -> None:
    quantity = "<QuantityAdjustment><NewQuantity>{}</NewQuantity></QuantityAdjustment>"
    more = qb.do(adjusted(quantity.format(10)))
    assert more.value("InventoryAdjustmentLineRet", "ValueDifference") == "180.00"
    qb.do(adjusted(quantity.format(4)))
    assert books(sim) == {"Inventory Asset": "72.00", "Stock Adjustments": "-72.00"}
    values = "<QuantityDifference>0</QuantityDifference><ValueDifference>8.00</ValueDifference>"
    qb.do(adjusted(f"<ValueAdjustment>{values}</ValueAdjustment>"))
    lamp = qb.do("<ItemQueryRq><FullName>LAMP</FullName></ItemQueryRq>")
    assert (lamp.value("QuantityOnHand"), lamp.value("AverageCost")) == ("4", "20.00")


def test_an_item_that_begins_with_stock_is_booked_against_opening_balances(sim: Simulator, qb: Caller) -> None:
    accounts = f"{named('COGSAccountRef', 'Cost of Goods Sold')}{named('AssetAccountRef', 'Inventory Asset')}"
    content = f"<Name>VASE</Name>{named('IncomeAccountRef', 'Sales')}{accounts}"
    made = qb.do(add("ItemInventory", f"{content}<QuantityOnHand>3</QuantityOnHand><TotalValue>21.00</TotalValue>"))
    assert (made.value("QuantityOnHand"), made.value("AverageCost")) == ("3", "7.00")
    assert books(sim) == {"Inventory Asset": "21.00", "Opening Balance Equity": "-21.00"}
