"""Queries: what is found, in pages, since when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, bill, modify, named, sale
from sim_qbdesktop.qbxml.tree import Element

PAGE = '<CustomerQueryRq iterator="{}"{}><MaxReturned>2</MaxReturned></CustomerQueryRq>'


def names(answer: Element) -> list[str]:
    return [each.value("FullName") for each in answer.children]


def test_no_match_is_an_answer_and_a_missing_name_a_warning(sim: Simulator, qb: Caller) -> None:
    none = qb.ask('<InvoiceQueryRq requestID="9"></InvoiceQueryRq>')
    assert (none.attributes["statusCode"], none.attributes["statusSeverity"], none.children) == ("1", "Info", [])
    assert none.attributes["requestID"] == "9"
    half = qb.ask("<CustomerQueryRq><FullName>Brook Stores</FullName><FullName>Nobody</FullName></CustomerQueryRq>")
    assert (half.attributes["statusCode"], half.attributes["statusSeverity"], names(half)) == (
        "500",
        "Warn",
        ["Brook Stores"],
    )
    sim.switches.set({"exact_not_found": "1"})
    assert qb.status("<CustomerQueryRq><FullName>Nobody</FullName></CustomerQueryRq>") == 1


def test_a_number_is_found_in_any_case_or_in_its_own(qb: Caller) -> None:
    qb.do(sale("Brook Stores", "<RefNumber>inv-1</RefNumber>"))
    assert qb.status("<InvoiceQueryRq><RefNumber>INV-1</RefNumber></InvoiceQueryRq>") == 0
    assert qb.status("<InvoiceQueryRq><RefNumberCaseSensitive>INV-1</RefNumberCaseSensitive></InvoiceQueryRq>") == 1


def test_lines_and_links_come_when_they_are_asked_for(qb: Caller) -> None:
    qb.do(sale("Brook Stores"))
    assert qb.do("<InvoiceQueryRq></InvoiceQueryRq>").find("InvoiceLineRet") is None
    query = "<InvoiceQueryRq><IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq>"
    assert qb.do(query).value("InvoiceLineRet", "Quantity") == "4"


def test_only_the_elements_asked_for_come_back(qb: Caller) -> None:
    query = "<CustomerQueryRq><IncludeRetElement>Name</IncludeRetElement></CustomerQueryRq>"
    assert [each.tag for each in qb.do(query).children] == ["Name"]


def test_filters_of_invoices(qb: Caller) -> None:
    qb.do(sale("Brook Stores", "<TxnDate>2026-11-01</TxnDate><RefNumber>A-1</RefNumber>"))
    qb.do(sale("Alder &amp; Co", "<TxnDate>2026-11-05</TxnDate><RefNumber>B-1</RefNumber>"))

    def found(filters: str) -> list[str]:
        return [each.value("RefNumber") for each in qb.ask(f"<InvoiceQueryRq>{filters}</InvoiceQueryRq>").children]

    dates = "<TxnDateRangeFilter><FromTxnDate>2026-11-02</FromTxnDate></TxnDateRangeFilter>"
    assert found(dates) == ["B-1"]
    assert found("<EntityFilter><FullName>Brook Stores</FullName></EntityFilter>") == ["A-1"]
    starts = "<MatchCriterion>StartsWith</MatchCriterion><RefNumber>b</RefNumber>"
    assert found(f"<RefNumberFilter>{starts}</RefNumberFilter>") == ["B-1"]
    assert found("<PaidStatus>PaidOnly</PaidStatus>") == []
    assert found("<MaxReturned>1</MaxReturned>") == ["A-1"]
    assert (
        qb.status(f"<InvoiceQueryRq>{dates.replace('From', 'To').replace('2026-11-02', '2025-01-01')}</InvoiceQueryRq>")
        == 1
    )


def test_accounts_are_found_by_type_with_their_balances(qb: Caller) -> None:
    qb.do(sale("Brook Stores"))
    query = "<AccountQueryRq><AccountType>Income</AccountType></AccountQueryRq>"
    balances = {each.value("Name"): each.value("Balance") for each in qb.ask(query).children}
    assert (balances["Sales"], balances["Export Sales"]) == ("100.00", "0.00")


def test_all_transactions_as_one_row_or_as_their_lines(qb: Caller) -> None:
    qb.do(sale("Brook Stores"))
    qb.do(bill())
    rows = qb.ask("<TransactionQueryRq></TransactionQueryRq>").children
    assert [(row.value("TxnType"), row.value("Amount")) for row in rows] == [("Invoice", "100.00"), ("Bill", "-50.00")]
    only = "<TransactionTypeFilter><TxnTypeFilter>Bill</TxnTypeFilter></TransactionTypeFilter>"
    detail = "<TransactionDetailLevelFilter>All</TransactionDetailLevelFilter>"
    rows = qb.ask(f"<TransactionQueryRq>{only}{detail}</TransactionQueryRq>").children
    assert [row.value("AccountRef", "FullName") for row in rows] == ["Accounts Payable", "General Expenses"]


# ---------------------------------------------------------------------- iterators


def test_an_iterator_goes_through_all_pages(qb: Caller) -> None:
    for letter in "CDE":
        qb.do(add("Customer", f"<Name>{letter}ove</Name>"))
    first = qb.ask(PAGE.format("Start", ""))
    iterator_id = first.attributes["iteratorID"]
    assert (names(first), first.attributes["iteratorRemainingCount"]) == (["Alder & Co", "Brook Stores"], "3")
    more = [qb.ask(PAGE.format("Continue", f' iteratorID="{iterator_id}"')) for _ in range(3)]
    assert [names(each) for each in more] == [["Cove", "Dove"], ["Eove"], []]
    assert [each.attributes["statusCode"] for each in more] == ["0", "0", "3000"]


def test_an_iterator_left_idle_for_ten_seconds_is_gone(sim: Simulator, qb: Caller) -> None:
    qb.do(add("Customer", "<Name>Cove</Name>"))
    token = f' iteratorID="{qb.ask(PAGE.format("Start", "")).attributes["iteratorID"]}"'
    sim.clock.advance(11)
    assert qb.status(PAGE.format("Continue", token)) == 3000


def test_an_iterator_belongs_to_its_session_and_its_query(sim: Simulator, qb: Caller) -> None:
    qb.do(add("Customer", "<Name>Cove</Name>"))
    token = f' iteratorID="{qb.ask(PAGE.format("Start", "")).attributes["iteratorID"]}"'
    assert Caller(sim).status(PAGE.format("Continue", token)) == 3000
    assert qb.status(PAGE.format("Continue", token).replace("Customer", "Vendor")) == 3000


# ---------------------------------------------------------------------- times


def changed_since(qb: Caller, text: str) -> list[str]:
    query = f"<CustomerQueryRq><FromModifiedDate>{text}</FromModifiedDate></CustomerQueryRq>"
    return names(qb.ask(query))


@pytest.fixture
def july() -> Simulator:
    sim = Simulator(empty=True)
    sim.clock.set(datetime(2026, 7, 1, 14, 0, tzinfo=UTC))
    return sim


def test_in_summer_the_offset_is_that_of_winter(july: Simulator) -> None:
    qb = Caller(july)
    made = qb.do(add("Customer", "<Name>Cove</Name>"))
    assert made.value("TimeModified").startswith("2026-07-01T10:0")
    assert made.value("TimeModified").endswith("-05:00")
    july.switches.set({"summer_offset": "right"})
    again = qb.do("<CustomerQueryRq><FullName>Cove</FullName></CustomerQueryRq>")
    assert again.value("TimeModified").endswith("-04:00")


def test_the_text_sent_back_finds_it_and_the_true_moment_is_an_hour_off(july: Simulator) -> None:
    qb = Caller(july)
    text = qb.do(add("Customer", "<Name>Cove</Name>")).value("TimeModified")
    assert changed_since(qb, text) == ["Cove"]
    assert changed_since(qb, text[:19]) == ["Cove"]
    assert changed_since(qb, "2026-07-01") == ["Cove"]
    assert changed_since(qb, "2026-07-01T10:30:00") == []
    # Half an hour after the change, with the right offset: for QuickBooks that is half an hour before it.
    assert changed_since(qb, "2026-07-01T10:30:00-04:00") == ["Cove"]


def test_the_start_of_a_range_is_in_it(sim: Simulator, qb: Caller) -> None:
    text = qb.do(add("Customer", "<Name>Cove</Name>")).value("TimeModified")
    sim.clock.advance(60)
    later = qb.do(add("Customer", "<Name>Dove</Name>"))
    assert "Cove" in changed_since(qb, text)
    assert changed_since(qb, later.value("TimeModified")) == ["Dove"]


def test_a_change_moves_the_time(sim: Simulator, qb: Caller) -> None:
    made = qb.do(add("Customer", "<Name>Cove</Name>"))
    sim.clock.advance(60)
    changed = qb.do(modify(made, "<Phone>1</Phone>"))
    assert changed.value("TimeModified") > changed.value("TimeCreated")
    assert changed.value("TimeCreated") == made.value("TimeCreated")


def test_a_range_that_ends_before_it_begins_is_refused(qb: Caller) -> None:
    query = "<FromModifiedDate>2026-02-01</FromModifiedDate><ToModifiedDate>2026-01-01</ToModifiedDate>"
    assert qb.status(f"<CustomerQueryRq>{query}</CustomerQueryRq>") == 3030


def test_a_macro_stands_for_what_was_just_added(qb: Caller) -> None:
    invoice = sale("Brook Stores").replace("<InvoiceAdd>", '<InvoiceAdd defMacro="TxnID:new">')
    applied = (
        '<AppliedToTxnAdd><TxnID useMacro="TxnID:new"></TxnID><PaymentAmount>5.00</PaymentAmount></AppliedToTxnAdd>'
    )
    paid = add("ReceivePayment", f"{named('CustomerRef', 'Brook Stores')}<TotalAmount>5.00</TotalAmount>{applied}")
    answers = qb.send(invoice, paid).children
    assert [each.attributes["statusCode"] for each in answers] == ["0", "0"]
    assert answers[1].children[0].value("AppliedToTxnRet", "TxnID") == answers[0].children[0].value("TxnID")
