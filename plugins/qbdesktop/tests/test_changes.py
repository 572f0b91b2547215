"""Changes of what was posted: each line keeps the id of the line that it replaces."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import desktop_samples as samples
from hub_qbdesktop import render, states, xmltext
from hub_qbdesktop.provider import QuickBooksProvider
from lxml import etree

from hub import Action, Document, Facts, JournalLine, Kind, TargetState, TargetStatus

PROVIDER = QuickBooksProvider()
JOURNAL = """<JournalEntryRet><TxnID>9-1</TxnID><EditSequence>17</EditSequence><RefNumber>SO-0001</RefNumber>
<JournalDebitLine><TxnLineID>d1</TxnLineID><Amount>7.10</Amount><Memo>x</Memo></JournalDebitLine>
<JournalCreditLine><TxnLineID>c1</TxnLineID><Amount>7.10</Amount></JournalCreditLine></JournalEntryRet>"""
BILL = """<BillRet><TxnID>9-2</TxnID><EditSequence>17</EditSequence>
<ExpenseLineRet><TxnLineID>e1</TxnLineID><Amount>1.00</Amount></ExpenseLineRet>
<ItemLineRet><TxnLineID>i1</TxnLineID><Amount>2.00</Amount></ItemLineRet></BillRet>"""


def target(text: str) -> TargetState:
    return states.transaction(xmltext.parse_text(text))


def changed(document: Document, facts: Facts, state: TargetState) -> etree._Element:
    fitted = PROVIDER.fit(document, facts)
    assert fitted.problems == ()
    content = render.render([samples.operation(fitted.document, Action.UPDATE, state)], facts).body
    return list(etree.fromstring(content).iterfind("QBXMLMsgsRq/*/*"))[-1]


def lines(request: etree._Element, name: str, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(line.findtext(field) for field in ("TxnLineID", *fields)) for line in request.iterfind(name)]


def journal(*amounts: str) -> Document:
    entries = tuple(JournalLine(account="5000", amount=Decimal(amount)) for amount in amounts)
    return samples.journal(lines=entries)


def test_a_journal_is_changed_where_it_stands(facts: Facts) -> None:
    request = changed(journal("8.20", "-8.20"), facts, target(JOURNAL))
    assert request.tag == "JournalEntryMod"
    assert (request.findtext("TxnID"), request.findtext("EditSequence")) == ("9-1", "17")
    found = lines(request, "JournalLineMod", "JournalLineType", "Amount")
    assert found == [("d1", "Debit", "8.20"), ("c1", "Credit", "8.20")]
    assert "[LP-" in (request.findtext("JournalLineMod/Memo") or "")


def test_stock_value_carries_its_class_in_a_new_journal_and_in_a_changed_one(facts: Facts) -> None:
    fitted = PROVIDER.fit(samples.journal(), facts).document
    new = etree.fromstring(render.render([samples.operation(fitted)], facts).body)
    assert new.findtext(".//JournalDebitLine/ClassRef/FullName") == "West"
    assert new.find(".//JournalCreditLine/ClassRef") is None
    request = changed(samples.journal(), facts, target(JOURNAL))
    assert request.findtext("JournalLineMod/ClassRef/FullName") == "West"


def test_lines_that_a_journal_gained_are_new_and_none_changes_its_side(facts: Facts) -> None:
    request = changed(journal("5.00", "-3.00", "3.00", "-5.00"), facts, target(JOURNAL))
    found = lines(request, "JournalLineMod", "JournalLineType")
    assert found == [("d1", "Debit"), ("-1", "Debit"), ("c1", "Credit"), ("-1", "Credit")]


def test_a_line_that_a_journal_lost_is_not_named_any_more(facts: Facts) -> None:
    state = target(JOURNAL.replace("</JournalEntryRet>", "")
                   + "<JournalCreditLine><TxnLineID>c2</TxnLineID><Amount>1.00</Amount></JournalCreditLine>"
                   "</JournalEntryRet>")  # fmt: skip
    assert [each[0] for each in lines(changed(journal("1.00", "-1.00"), facts, state), "JournalLineMod")] == [
        "d1",
        "c1",
    ]


def test_a_changed_bill_keeps_its_expense_lines_and_its_item_lines_apart(facts: Facts) -> None:
    bought = samples.line(account="5000", item_id="p1", tax_code="In cost")
    plain = [samples.line(net, account="1200", tax_code="In cost") for net in ("1.00", "2.00")]
    request = changed(samples.trade(Kind.BILL, bought, *plain), facts, target(BILL))
    assert lines(request, "ExpenseLineMod", "Amount") == [("e1", "1.00"), ("-1", "2.00")]
    assert lines(request, "ItemLineMod") == [("i1",)]


def test_a_changed_bill_without_any_lines_of_a_sort_loses_those_that_were_there(facts: Facts) -> None:
    request = changed(samples.trade(Kind.BILL), facts, target(BILL))
    assert request.findtext("ClearItemLines") == "true"
    assert request.find("ClearExpenseLines") is None


def test_an_open_journal_may_be_changed_and_voided_and_a_voided_one_not() -> None:
    def actions(status: TargetStatus) -> frozenset[Action]:
        return PROVIDER.allowed(Kind.JOURNAL, TargetState(kind=Kind.JOURNAL, target_id="1", status=status)).actions

    assert actions(TargetStatus.OPEN) == {Action.UPDATE, Action.VOID}
    assert actions(TargetStatus.VOIDED) == frozenset()
