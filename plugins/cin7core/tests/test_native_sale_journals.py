"""The journals of a sale, from what its detail says was booked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.fields import ReadError
from hub_cin7core.native_books import Books
from hub_cin7core.native_sales import read_sale
from hub_cin7core.native_task import Task

from hub import Journal, JournalReason, Kind

SITE = "https://core.example"
BOOKS = Books(
    money=frozenset({"610", "090", "820", "255"}),
    revenue=frozenset({"200", "260"}),
)
SHIPPED = {"Lines": [{"ShipmentDate": "2026-09-02T00:00:00", "IsShipped": True}], "Status": "AUTHORISED"}


def entry(task: str, debit: str, credit: str, amount: str, day: str = "2026-09-02", **fields: Any) -> dict[str, Any]:
    booked = {"Debit": debit, "Credit": credit, "Amount": Decimal(amount), "EffectiveDate": f"{day}T00:00:00"}
    return {"TaskID": task, "TransactionID": "t", "Description": "3", **booked, **fields}


def fulfilment(natives: Any, number: int, invoice: str = "INV-10", **fields: Any) -> dict[str, Any]:
    return {"TaskID": natives.id(number), "LinkedInvoiceNumber": invoice, "Ship": SHIPPED, **fields}


def invoiced(natives: Any, number: int = 10) -> list[dict[str, Any]]:
    """What the invoice, its tax, a payment and a used deposit book."""
    own = natives.id(number)
    return [
        entry(own, "610", "200", "100"),
        entry(own, "610", "820", "20"),
        entry(own, "090", "610", "50"),
        entry(own, "255", "610", "70"),
    ]


def read(native: dict[str, Any]) -> Task:
    return read_sale(native, SITE, BOOKS)


def journals(task: Task) -> list[Journal]:
    return [one for one in task.documents if isinstance(one, Journal)]


def lines(journal: Journal) -> list[tuple[str, str]]:
    return [(line.account, str(line.amount)) for line in journal.lines]


def test_what_a_fulfilment_shipped_is_one_journal_of_its_own_entries(natives: Any) -> None:
    entries = [entry(natives.id(30), "310", "630", "40"), entry(natives.id(30), "310", "630", "2.5")]
    native = natives.sale(Fulfilments=[fulfilment(natives, 30)], Transactions=invoiced(natives) + entries, Location="M")
    (journal,) = journals(read(native))
    assert journal.external_id == f"{natives.id(30)}:2026-09-02"
    assert (journal.reason, journal.date) == (JournalReason.COST_OF_GOODS, date(2026, 9, 2))
    assert lines(journal) == [("310", "42.50"), ("630", "-42.50")]
    assert (journal.number, journal.reference, journal.record_id) == ("SO-1", "INV-10", natives.id(1))
    assert journal.narration == "Cost of goods sold: SO-1, INV-10"
    assert journal.attributes == (("location", "M"),)


def test_a_journal_goes_with_the_invoice_that_its_fulfilment_names(natives: Any) -> None:
    native = natives.sale(
        Invoices=[natives.invoice(10), natives.invoice(11)],
        Fulfilments=[fulfilment(natives, 30, "inv-11"), fulfilment(natives, 31, "INV-99")],
        Transactions=[entry(natives.id(30), "310", "630", "1"), entry(natives.id(31), "310", "630", "2")],
    )
    assert [one.document_id for one in journals(read(native))] == [natives.id(11), ""]


def test_nothing_that_an_invoice_credit_or_payment_carries_becomes_a_journal(natives: Any) -> None:
    credit = natives.credit(20)
    native = natives.sale(
        Fulfilments=[fulfilment(natives, 30)],
        CreditNotes=[credit],
        Transactions=[*invoiced(natives), entry(natives.id(20), "200", "610", "10"), entry("", "090", "255", "9")],
    )
    task = read(native)
    assert journals(task) == []
    assert not any(key.startswith("journal") for key in task.skipped)


@pytest.mark.parametrize("odd", [{"EffectiveDate": None}, {"Credit": ""}, {"Amount": "soon"}])
def test_what_is_odd_about_an_entry_of_an_invoice_keeps_no_invoice_from_being_read(
    natives: Any, odd: dict[str, Any]
) -> None:
    task = read(natives.sale(Transactions=[entry(natives.id(10), "610", "200", "100", **odd)]))
    assert [one.kind for one in task.documents] == [Kind.INVOICE]


def test_an_unknown_status_of_a_manual_journal_matters_only_where_people_entered_something(natives: Any) -> None:
    assert journals(read(natives.sale(ManualJournals=manual("PARKED")))) == []
    with pytest.raises(ReadError, match="unknown status of a manual journal 'PARKED'"):
        read(natives.sale(ManualJournals=manual("PARKED", ("429", "850", "5"))))


def test_a_cost_booked_on_another_day_is_a_correction_and_a_journal_of_its_own(natives: Any) -> None:
    own = natives.id(30)
    native = natives.sale(
        Fulfilments=[fulfilment(natives, 30)],
        Transactions=[entry(own, "310", "630", "40"), entry(own, "310", "630", "-3", "2026-10-05")],
    )
    first, second = journals(read(native))
    assert (first.reason, second.reason) == (JournalReason.COST_OF_GOODS, JournalReason.COST_CORRECTION)
    assert second.external_id == f"{own}:2026-10-05"
    assert lines(first) == [("310", "40.00"), ("630", "-40.00")]
    assert lines(second) == [("630", "3.00"), ("310", "-3.00")]


def test_a_negative_amount_swaps_the_sides(natives: Any) -> None:
    own = natives.id(30)
    swapped = natives.sale(Fulfilments=[fulfilment(natives, 30)], Transactions=[entry(own, "630", "310", "-40")])
    straight = natives.sale(Fulfilments=[fulfilment(natives, 30)], Transactions=[entry(own, "310", "630", "40")])
    assert [one.fingerprint() for one in journals(read(swapped))] == [
        one.fingerprint() for one in journals(read(straight))
    ]


def test_a_restocked_return_is_a_cost_of_goods_the_other_way_round_that_goes_with_the_credit(natives: Any) -> None:
    native = natives.sale(
        CreditNotes=[natives.credit(20)], Transactions=[entry(natives.id(20), "630", "310", "4", "2026-09-09")]
    )
    (journal,) = journals(read(native))
    assert (journal.reason, journal.document_id) == (JournalReason.COST_OF_GOODS, natives.id(20))
    assert lines(journal) == [("630", "4.00"), ("310", "-4.00")]
    assert journal.narration == "Returned goods back in stock: SO-1, CR-20"


def test_a_simple_sale_whose_parts_share_one_task_keeps_cost_and_invoice_apart(natives: Any) -> None:
    own = natives.id(1)
    native = natives.sale(
        Invoices=[natives.invoice(1)],
        Fulfilments=[fulfilment(natives, 1, "INV-1")],
        Transactions=[*invoiced(natives, 1), entry(own, "310", "630", "40")],
    )
    (journal,) = journals(read(native))
    assert (journal.document_id, lines(journal)) == (own, [("310", "40.00"), ("630", "-40.00")])


def test_a_fulfilment_may_book_its_cost_to_an_account_of_revenue(natives: Any) -> None:
    native = natives.sale(
        Fulfilments=[fulfilment(natives, 30)], Transactions=[entry(natives.id(30), "200", "630", "40")]
    )
    assert [lines(one) for one in journals(read(native))] == [[("200", "40.00"), ("630", "-40.00")]]


def test_a_cost_of_nothing_is_counted_as_skipped_with_the_rule(natives: Any) -> None:
    own = natives.id(30)
    native = natives.sale(
        Fulfilments=[fulfilment(natives, 30)],
        Transactions=[entry(own, "310", "630", "0"), entry(own, "630", "630", "7")],
    )
    task = read(native)
    assert journals(task) == []
    assert task.skipped == {f"journal:{own}:2026-09-02": "nothing to post"}


def test_what_a_fulfilment_books_to_an_account_of_money_is_no_journal_but_is_told(natives: Any) -> None:
    booked = [entry(natives.id(30), "310", "255", "40")]
    task = read(natives.sale(Fulfilments=[fulfilment(natives, 30)], Transactions=booked))
    assert journals(task) == []
    assert task.skipped == {f"journal:{natives.id(30)}:2026-09-02": "has an account of invoices or payments"}


def test_fractions_of_a_cent_leave_debits_and_credits_equal(natives: Any) -> None:
    own = natives.id(30)
    booked = [("310", "630", "0.3349"), ("310", "631", "0.3349"), ("429", "630", "0.3349")]
    native = natives.sale(Fulfilments=[fulfilment(natives, 30)], Transactions=[entry(own, *one) for one in booked])
    (journal,) = journals(read(native))
    assert list(journal.differences()) == []
    assert journal.total == Decimal("0.99")


def test_journals_are_in_base_currency_though_the_sale_is_not(natives: Any) -> None:
    native = natives.sale(
        CustomerCurrency="EUR",
        CurrencyRate=Decimal("0.86"),
        Fulfilments=[fulfilment(natives, 30)],
        Transactions=[entry(natives.id(30), "310", "630", "40")],
    )
    assert [one.currency for one in journals(read(native))] == ["GBP"]


def test_a_voided_sale_has_no_journals_and_a_fulfilment_undone_takes_its_own_along(natives: Any) -> None:
    parts = {
        "Fulfilments": [fulfilment(natives, 30)],
        "Transactions": [entry(natives.id(30), "310", "630", "40")],
    }
    assert len(journals(read(natives.sale(**parts)))) == 1
    assert journals(read(natives.sale(Status="VOIDED", **parts))) == []
    assert journals(read(natives.sale(**{**parts, "Transactions": []}))) == []


def test_goods_shipped_before_any_invoice_have_their_journal(natives: Any) -> None:
    native = natives.sale(
        Invoices=[], Fulfilments=[fulfilment(natives, 30)], Transactions=[entry(natives.id(30), "310", "630", "40")]
    )
    task = read(native)
    assert [one.kind for one in task.documents] == [Kind.JOURNAL]
    assert task.skipped == {}


def manual(status: str, *booked: tuple[str, str, str]) -> dict[str, Any]:
    rows = [
        {
            "Reference": "Packing",
            "Amount": Decimal(amount),
            "Date": "2026-09-03T00:00:00",
            "Debit": debit,
            "Credit": credit,
        }
        for debit, credit, amount in booked
    ]
    return {"Status": status, "Lines": rows}


def test_an_authorised_manual_journal_is_one_journal_and_never_counted_again_as_an_entry(natives: Any) -> None:
    native = natives.sale(
        Fulfilments=[fulfilment(natives, 30)],
        ManualJournals=manual("AUTHORISED", ("429", "850", "5"), ("429", "850", "2")),
        Transactions=[
            entry(natives.id(30), "310", "630", "40"),
            entry(natives.id(1), "429", "850", "5", "2026-09-03"),
            entry(natives.id(1), "850", "429", "-2", "2026-09-03"),
        ],
    )
    cost, journal = journals(read(native))
    assert cost.reason is JournalReason.COST_OF_GOODS
    assert (journal.reason, journal.external_id) == (
        JournalReason.SALE_JOURNAL,
        f"{natives.id(1)}:2026-09-03",
    )
    assert [(line.account, line.amount, line.description) for line in journal.lines] == [
        ("429", Decimal(7), "Packing"),
        ("850", Decimal(-7), "Packing"),
    ]


def test_a_manual_journal_is_known_by_the_task_that_core_booked_it_under(natives: Any) -> None:
    native = natives.sale(
        ManualJournals=manual("AUTHORISED", ("310", "630", "5")),
        Transactions=[entry(natives.id(10), "310", "630", "5", "2026-09-03")],
    )
    (journal,) = journals(read(native))
    assert (journal.external_id, journal.reason) == (f"{natives.id(10)}:2026-09-03", JournalReason.SALE_JOURNAL)
    assert journal.document_id == natives.id(10)


def test_a_cost_that_looks_like_a_line_of_the_manual_journal_is_still_the_cost(natives: Any) -> None:
    native = natives.sale(
        Fulfilments=[fulfilment(natives, 30)],
        ManualJournals=manual("AUTHORISED", ("310", "630", "5")),
        Transactions=[entry(natives.id(30), "310", "630", "5", "2026-09-03")],
    )
    assert sorted(one.reason for one in journals(read(native))) == ["cost_of_goods", "sale_journal"]


@pytest.mark.parametrize(("status", "rule"), [("DRAFT", "draft"), ("VOIDED", "voided"), ("NOT AVAILABLE", "draft")])
def test_a_manual_journal_that_is_not_authorised_does_not_count(natives: Any, status: str, rule: str) -> None:
    task = read(natives.sale(ManualJournals=manual(status, ("429", "850", "5"))))
    assert journals(task) == []
    assert task.skipped == {f"journal:{natives.id(1)}": rule}


def test_the_account_that_stands_for_no_account_makes_the_record_unreadable_with_the_reason(natives: Any) -> None:
    booked = [entry(natives.id(30), "CROSS-CURRENCY-TRANSFER", "630", "4")]
    with pytest.raises(ReadError, match="booked against CROSS-CURRENCY-TRANSFER"):
        read(natives.sale(Fulfilments=[fulfilment(natives, 30)], Transactions=booked))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"Credit": ""}, "no account to debit, or none to credit"), ({"EffectiveDate": None}, "has no date")],
)
def test_an_entry_that_can_not_be_understood_is_named(natives: Any, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(natives.sale(Transactions=[entry(natives.id(30), "310", "630", "4", **fields)]))
