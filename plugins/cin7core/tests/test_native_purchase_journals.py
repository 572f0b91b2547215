"""The journals of a purchase, from its manual journals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.native_books import Books
from hub_cin7core.native_purchases import read_purchase
from hub_cin7core.native_task import Task

from hub import Journal, JournalReason

SITE = "https://core.example"
BOOKS = Books(money=frozenset({"800"}))


def line(
    words: str, debit: str, credit: str, amount: str, *, system: bool = True, day: str = "2026-09-02"
) -> dict[str, Any]:
    booked = {"Debit": debit, "Credit": credit, "Amount": Decimal(amount), "Date": f"{day}T00:00:00"}
    return {"Reference": words, "IsSystem": system, **booked}


def read(native: dict[str, Any]) -> Task:
    return read_purchase(native, SITE, BOOKS)


def journals(task: Task) -> list[Journal]:
    return [one for one in task.documents if isinstance(one, Journal)]


def advanced(natives: Any, status: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    own = {"TaskID": natives.id(10), "InvoicingAndReceivingNumber": 1, "Status": status, "Lines": list(lines)}
    return dict(natives.purchase(ManualJournals=[own], **fields))


def test_what_core_books_itself_counts_though_nobody_authorised_it(natives: Any) -> None:
    native = advanced(natives, "NOT AVAILABLE", line("Stock in Transit", "631", "630", "840"))
    (journal,) = journals(read(native))
    assert (journal.reason, journal.document_id) == (JournalReason.IN_TRANSIT, natives.id(10))
    assert journal.external_id == f"{natives.id(10)}:2026-09-02"
    assert [(one.account, str(one.amount)) for one in journal.lines] == [("631", "840.00"), ("630", "-840.00")]
    assert (journal.number, journal.reference) == ("PO-1", "INV-10")


def test_what_people_entered_counts_once_it_is_authorised(natives: Any) -> None:
    entered = line("Customs", "630", "850", "20", system=False)
    assert [one.reason for one in journals(read(advanced(natives, "AUTHORISED", entered)))] == [
        JournalReason.PURCHASE_JOURNAL
    ]
    task = read(advanced(natives, "DRAFT", entered))
    assert (journals(task), task.skipped) == ([], {f"journal:{natives.id(10)}": "draft"})


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Stock in Transit", JournalReason.IN_TRANSIT),
        ("Goods received, not invoiced", JournalReason.GOODS_RECEIVED),
        ("Inventory Accrual", JournalReason.GOODS_RECEIVED),
        ("Landed cost allocation", JournalReason.LANDED_COST),
        ("Additional cost", JournalReason.LANDED_COST),
        ("Inventory discrepancy correction", JournalReason.COST_CORRECTION),
        ("Rounding", JournalReason.PURCHASE_JOURNAL),
    ],
)
def test_the_words_of_cores_own_lines_say_what_they_are_for(natives: Any, words: str, reason: JournalReason) -> None:
    (journal,) = journals(read(advanced(natives, "AUTHORISED", line(words, "630", "850", "1"))))
    assert journal.reason is reason


def test_a_reversal_on_another_day_is_a_journal_of_its_own(natives: Any) -> None:
    native = advanced(
        natives,
        "AUTHORISED",
        line("Inventory accrual", "630", "805", "840"),
        line("Inventory accrual", "630", "805", "-840", day="2026-09-20"),
    )
    first, second = journals(read(native))
    assert [first.external_id, second.external_id] == [f"{natives.id(10)}:2026-09-02", f"{natives.id(10)}:2026-09-20"]
    assert first.lines[0].account == second.lines[1].account == "630"


def test_several_reasons_of_one_day_are_one_journal_because_the_general_ledger_tells_only_the_day(natives: Any) -> None:
    lines = [line("Landed cost", "630", "429", "30"), line("Inventory accrual", "630", "805", "840")]
    (journal,) = journals(read(advanced(natives, "AUTHORISED", *lines)))
    assert journal.reason is JournalReason.GOODS_RECEIVED
    assert [(one.account, str(one.amount)) for one in journal.lines] == [
        ("630", "870.00"),
        ("429", "-30.00"),
        ("805", "-840.00"),
    ]
    assert journals(read(advanced(natives, "AUTHORISED", *reversed(lines)))) == [journal]


def test_a_journal_with_a_task_of_its_own_goes_with_the_bill_of_the_same_number(natives: Any) -> None:
    own = {"TaskID": natives.id(60), "InvoicingAndReceivingNumber": 2, "Status": "AUTHORISED"}
    own |= {"Lines": [line("Landed cost", "630", "429", "30")]}
    bills = [natives.invoice(number, InvoicingAndReceivingNumber=number - 9) for number in (10, 11)]
    native = natives.purchase(
        Invoice=bills, ManualJournals=[{**own, "Lines": [line("Landed cost", "630", "429", "30")]}]
    )
    (journal,) = journals(read(native))
    assert (journal.document_id, journal.reference) == (natives.id(11), "INV-11")


def test_a_line_of_core_that_touches_the_payable_is_the_bills_and_no_journal(natives: Any) -> None:
    task = read(advanced(natives, "AUTHORISED", line("Accrual reversed", "805", "800", "840")))
    assert journals(task) == []
    assert task.skipped == {f"journal:{natives.id(10)}:2026-09-02": "has an account of invoices or payments"}


def test_a_line_between_one_account_and_itself_posts_nothing_and_is_counted(natives: Any) -> None:
    task = read(advanced(natives, "NOT AVAILABLE", line("Stock in Transit", "630", "630", "840")))
    assert journals(task) == []
    assert task.skipped == {f"journal:{natives.id(10)}:2026-09-02": "nothing to post"}


def test_the_one_object_of_a_simple_purchase_belongs_to_the_purchase_and_its_bill(natives: Any) -> None:
    bill = natives.invoice()
    del bill["TaskID"]
    native = natives.purchase(
        Type="Simple Purchase",
        Invoice=bill,
        CreditNote={},
        Location="Dock",
        ManualJournals={"Status": "AUTHORISED", "Lines": [line("Duty", "630", "850", "3", system=False)]},
    )
    (journal,) = journals(read(native))
    assert (journal.external_id, journal.document_id) == (
        f"{natives.id(1)}:2026-09-02",
        natives.id(1),
    )
    assert journal.attributes == (("location", "Dock"),)


def test_a_voided_purchase_has_no_journals(natives: Any) -> None:
    native = advanced(natives, "AUTHORISED", line("Landed cost", "630", "850", "3"), Status="VOIDED")
    assert journals(read(native)) == []
