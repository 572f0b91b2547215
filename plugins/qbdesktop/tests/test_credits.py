"""Credits used for invoices and bills: QuickBooks makes no transaction of it, so both sides are what it is known by."""

from __future__ import annotations

from decimal import Decimal

import desktop_samples as samples
import pytest
from hub_qbdesktop import feeds, lookups, messages, outcomes, render
from hub_qbdesktop.connectors import OWNER_ID
from hub_qbdesktop.provider import QuickBooksProvider
from lxml import etree

from hub import Action, Allocation, Batch, Document, Facts, Kind, Outcome, TargetState, TargetStatus, Want

PROVIDER = QuickBooksProvider()
KNOWN = {(Kind.CREDIT_NOTE, "cn1"): "1C-1", (Kind.INVOICE, "i1"): "1A-1"}


def answer(inner: str) -> bytes:
    return f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs>{inner}</QBXMLMsgsRs></QBXML>'.encode()


def request(document: Allocation, facts: Facts) -> etree._Element:
    [found] = etree.fromstring(render.render([samples.operation(document)], facts).body).iterfind("QBXMLMsgsRq/*")
    return found


def told(document: Allocation, facts: Facts, inner: str) -> list[Outcome]:
    operation = samples.operation(document)
    payload = render.render([operation], facts)
    batch = Batch("0" * 24, Kind.ALLOCATION, Action.CREATE, (operation,), payload)
    return list(outcomes.read(batch, answer(inner)))


def test_a_credit_memo_is_used_by_a_payment_without_money(facts: Facts) -> None:
    asked = request(samples.allocation(), facts)
    assert asked.tag == "ReceivePaymentAddRq"
    assert asked.findtext(".//CustomerRef/ListID") == "80000001-1"
    assert asked.findtext(".//TotalAmount") == "0.00"
    assert asked.findtext(".//AppliedToTxnAdd/TxnID") == "1A-1"
    assert asked.find(".//PaymentAmount") is None
    assert asked.find(".//IsAutoApply") is None
    assert asked.findtext(".//SetCredit/CreditTxnID") == "1C-1"
    assert asked.findtext(".//SetCredit/AppliedAmount") == "4.00"


def test_a_vendor_credit_is_used_by_a_check_without_money(facts: Facts) -> None:
    asked = request(samples.allocation(Kind.BILL), facts)
    assert asked.tag == "BillPaymentCheckAddRq"
    assert asked.findtext(".//PayeeEntityRef/ListID") == "80000002-1"
    assert asked.findtext(".//BankAccountRef/ListID") == "8000-1000"
    assert asked.find(".//PaymentAmount") is None
    assert (asked.findtext(".//AppliedToTxnAdd/TxnID"), asked.findtext(".//CreditTxnID")) == ("1B-1", "1D-1")


def test_a_refund_is_a_check_applied_to_its_credit_memo_over_the_amount_of_its_line(facts: Facts) -> None:
    content = render.render([samples.operation(samples.refund())], facts).body
    [asked] = etree.fromstring(content).iterfind("QBXMLMsgsRq/CheckAddRq/CheckAdd")
    assert asked.findtext("AccountRef/ListID") == "8000-1000"
    assert asked.findtext("PayeeEntityRef/ListID") == "80000001-1"
    assert [each.text for each in asked.iterfind("ApplyCheckToTxnAdd/*")] == ["1C-1", "4.00"]
    assert asked.findtext("ExpenseLineAdd/AccountRef/ListID") == "8000-1100"
    assert asked.findtext("ExpenseLineAdd/Amount") == "4.00"


@pytest.mark.parametrize(
    ("document", "without", "code"),
    [
        (samples.refund(Kind.SUPPLIER_CREDIT), "", "supplier_refund_by_hand"),
        (samples.refund(), "AccountsReceivable", "no_receivable_account"),
        (samples.refund(account="1200"), "", "account_takes_no_payments"),
    ],
    ids=("of a supplier", "without a receivable account", "from no bank account"),
)
def test_a_refund_that_quickbooks_would_not_take_is_held(
    document: Document, without: str, code: str, facts: Facts
) -> None:
    accounts = {number: account for number, account in facts.accounts.items() if account.type != without}
    found = PROVIDER.fit(document, Facts(organisation=facts.organisation, accounts=accounts)).problems
    assert [problem.code for problem in found] == [code]


def test_the_use_of_a_credit_without_a_bank_account_to_name_is_held(facts: Facts) -> None:
    bankless = {code: account for code, account in facts.accounts.items() if account.type != "Bank"}
    without = Facts(organisation=facts.organisation, accounts=bankless)
    assert [problem.code for problem in PROVIDER.fit(samples.allocation(), without).problems] == ["no_bank_account"]


@pytest.mark.parametrize(
    "inner",
    ["", "<ReceivePaymentRet><TotalAmount>0.00</TotalAmount></ReceivePaymentRet>"],
    ids=("nothing", "a record without an id"),
)
def test_an_answer_that_names_nothing_still_settles_it(inner: str, facts: Facts) -> None:
    done = f'<ReceivePaymentAddRs requestID="7" statusCode="0" statusMessage="Status OK">{inner}</ReceivePaymentAddRs>'
    [outcome] = told(samples.allocation(), facts, done)
    assert outcome.state is not None
    assert outcome.state.target_id == "creditmemo:1C-1/1A-1"
    assert (outcome.state.status, outcome.state.total) == (TargetStatus.OPEN, Decimal("4.00"))


def test_a_credit_that_was_used_up_meanwhile_is_refused_with_a_way_out(facts: Facts) -> None:
    message = "You cannot apply more credit than is available."
    refused = f'<ReceivePaymentAddRs requestID="7" statusCode="3210" statusSeverity="Info" statusMessage="{message}"/>'
    [outcome] = told(samples.allocation(), facts, refused)
    assert outcome.state is None
    assert outcome.problem is not None
    assert message in outcome.problem.detail


def test_what_got_no_answer_is_left_open(facts: Facts) -> None:
    assert told(samples.allocation(), facts, "") == []


CREDIT = (
    "<CreditMemoRet><TxnID>1C-1</TxnID><EditSequence>1</EditSequence><TotalAmount>9.00</TotalAmount>"
    "<CreditRemaining>0.00</CreditRemaining>{}</CreditMemoRet>"
)
LINKED = (
    "<LinkedTxn><TxnID>{}</TxnID><TxnType>{}</TxnType><TxnDate>2026-02-03</TxnDate><LinkType>AMTTYPE</LinkType>"
    "<Amount>{}</Amount></LinkedTxn>"
)
LINKS = LINKED.format("1A-1", "Invoice", "-4.00") + LINKED.format("2A-1", "Invoice", "-5.00")


def found(inner: str, target: TargetState | None = None, code: int = 0) -> list[TargetState]:
    action = Action.UPDATE if target else Action.CREATE
    operation = samples.operation(samples.allocation(), action, target, targets=KNOWN)
    content = answer(f'<CreditMemoQueryRs requestID="7" statusCode="{code}">{inner}</CreditMemoQueryRs>')
    return list(lookups.found([operation], content)[7])


def test_it_is_looked_for_at_the_credit(facts: Facts) -> None:
    asked = etree.fromstring(lookups.seek([samples.operation(samples.allocation(), targets=KNOWN)]))
    assert asked.findtext(".//CreditMemoQueryRq/TxnID") == "1C-1"
    assert asked.findtext(".//IncludeLinkedTxns") == "true"
    [state] = found(CREDIT.format(LINKS))
    assert (state.target_id, state.total) == ("creditmemo:1C-1/1A-1", Decimal("4.00"))


def test_a_credit_that_is_not_used_for_the_invoice_is_no_find() -> None:
    assert found(CREDIT.format(LINKED.format("2A-1", "Invoice", "-5.00"))) == []
    assert found("", code=500) == []


def test_it_is_read_again_by_its_two_sides() -> None:
    known = TargetState(kind=Kind.ALLOCATION, target_id="creditmemo:1C-1/2A-1", status=TargetStatus.OPEN)
    assert [state.total for state in found(CREDIT.format(LINKS), known)] == [Decimal("5.00")]


def test_one_whose_credit_is_not_in_quickbooks_is_asked_for_by_a_number_that_nobody_has() -> None:
    asked = etree.fromstring(lookups.seek([samples.operation(samples.allocation())]))
    assert (asked.findtext(".//RefNumber") or "").startswith("LP-")
    assert asked.find(".//TxnID") is None


def test_a_pull_of_credits_tells_what_they_are_used_for() -> None:
    [feed] = [each for each in feeds.FEEDS if each.name == "credit_memos"]
    assert b"<IncludeLinkedTxns>true" in feeds.ask(Want(feed), OWNER_ID)
    content = answer(f'<CreditMemoQueryRs requestID="1" statusCode="0">{CREDIT.format(LINKS)}</CreditMemoQueryRs>')
    states = feeds.hear(Want(feed), content, OWNER_ID).states
    assert [state.target_id for state in states] == ["1C-1", "creditmemo:1C-1/1A-1", "creditmemo:1C-1/2A-1"]


@pytest.mark.parametrize(
    ("left", "links", "is_told"),
    [
        ("0.00", LINKS, True),
        ("0.00", LINKED.format("1A-1", "Invoice", "-4.00"), False),
        ("0.00", "", False),
        ("9.00", "", True),
        ("", LINKS, False),
    ],
)
def test_a_credit_tells_all_its_uses_where_its_links_come_to_what_is_used(left: str, links: str, is_told: bool) -> None:
    """Else uses would be taken for ended where QuickBooks only did not say."""
    told = CREDIT.replace(">0.00<", f">{left}<").format(links)
    [feed] = [each for each in feeds.FEEDS if each.name == "credit_memos"]
    content = answer(f'<CreditMemoQueryRs requestID="1" statusCode="0">{told}</CreditMemoQueryRs>')
    assert feeds.hear(Want(feed), content, OWNER_ID).credits == ({"1C-1"} if is_told else frozenset())


def test_the_hub_takes_no_credit_off_again_and_says_who_can() -> None:
    state = TargetState(kind=Kind.ALLOCATION, target_id="creditmemo:1/2", status=TargetStatus.OPEN)
    allowed = PROVIDER.allowed(Kind.ALLOCATION, state)
    assert not allowed.actions
    assert "person" in allowed.reason


def test_several_uses_of_one_set_are_each_answered(facts: Facts) -> None:
    uses = [samples.operation(samples.allocation(external_id=f"u{id}"), id=id) for id in (7, 8)]
    batch = Batch("0" * 24, Kind.ALLOCATION, Action.CREATE, tuple(uses), render.render(uses, facts))
    inner = '<ReceivePaymentAddRs requestID="8" statusCode="0"/><ReceivePaymentAddRs requestID="7" statusCode="3175"/>'
    found = outcomes.read(batch, answer(inner))
    assert [(one.operation_id, one.state is None) for one in found] == [(7, True), (8, False)]
    assert len(messages.requests(batch.payload.body)) == 2
