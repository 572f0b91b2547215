"""Stocktakes, adjustments, assemblies and the like, and journals of their own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.fields import ReadError
from hub_cin7core.native_stock import (
    ADJUSTMENT,
    ASSEMBLY,
    DISASSEMBLY,
    MANUAL,
    STOCKTAKE,
    WRITE_OFF,
    StockForm,
    read_stock,
)

from hub import Journal, JournalReason

TASK = "00000000-0000-4000-8000-000000000040"


def entry(debit: str, credit: str, amount: str, day: str | None = "2026-12-01", **fields: Any) -> dict[str, Any]:
    dated = f"{day}T00:00:00" if day else None
    return {"ID": "e", "Debit": debit, "Credit": credit, "Amount": Decimal(amount), "EffectiveDate": dated, **fields}


def document(*entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    own = {"TaskID": TASK.upper(), "Status": "COMPLETED", "EffectiveDate": "2026-12-01T00:00:00"}
    return {**own, "StocktakeNumber": "ST-00022", "Transactions": list(entries), **fields}


def journals(native: dict[str, Any], form: StockForm = ADJUSTMENT) -> list[Journal]:
    return [one for one in read_stock(native, form, "GBP").documents if isinstance(one, Journal)]


def lines(journal: Journal) -> list[tuple[str, str]]:
    return [(line.account, str(line.amount)) for line in journal.lines]


def test_accounts_written_as_code_and_name_and_as_bare_code_are_the_same_accounts() -> None:
    (named,) = journals(document(entry("715: Inventory", "403: Cost Of Goods Sold", "600")))
    (bare,) = journals(document(entry("715", "403", "600")))
    assert lines(named) == lines(bare) == [("715", "600.00"), ("403", "-600.00")]


def test_the_value_of_an_adjustment_is_what_was_booked_never_quantity_times_cost() -> None:
    stock = {"NewStockLines": [{"SKU": "B", "Quantity": 600, "UnitCost": 9}]}
    (journal,) = journals(document(entry("715", "403", "12.34"), **stock))
    assert journal.total == Decimal("12.34")
    assert journals(document(**stock)) == []


def test_a_stocktake_that_booked_on_several_days_is_a_journal_for_each() -> None:
    native = document(
        entry("715: Inventory", "404: Loss", "-1804"), entry("715: Inventory", "404: Loss", "-7", "2026-12-15")
    )
    first, second = journals(native, STOCKTAKE)
    assert [first.external_id, second.external_id] == [f"{TASK}:2026-12-01", f"{TASK}:2026-12-15"]
    assert lines(first) == [("404", "1804.00"), ("715", "-1804.00")]
    assert (first.number, first.narration, first.record_id) == ("ST-00022", "Stocktake: ST-00022", TASK)


def test_an_assembly_is_dated_by_its_completion() -> None:
    native = document(
        entry("715", "430", "25", "2026-11-02"), entry("715", "631", "5", None), CompletionDate="2026-11-20T00:00:00"
    )
    native |= {"AssemblyNumber": "FG-7", "Date": "2026-10-01T00:00:00", "Location": "Main"}
    (journal,) = journals(native, ASSEMBLY)
    assert (journal.date, journal.reason, journal.number) == (date(2026, 11, 20), JournalReason.ASSEMBLY, "FG-7")
    assert lines(journal) == [("715", "30.00"), ("430", "-25.00"), ("631", "-5.00")]
    assert journal.attributes == (("location", "Main"),)


def test_what_went_into_work_before_an_assembly_was_completed_is_dated_by_that() -> None:
    entries = (entry("720", "715", "25", "2026-10-30"), entry("715", "720", "25", "2026-11-20"))
    days = {"WIPDate": "2026-10-30T00:00:00", "CompletionDate": "2026-11-20T00:00:00"}
    first, second = journals(document(*entries, **days), ASSEMBLY)
    assert [first.date, second.date] == [date(2026, 10, 30), date(2026, 11, 20)]
    assert lines(first) == [("720", "25.00"), ("715", "-25.00")]


@pytest.mark.parametrize("entries", [(), (entry("715", "715", "25"),), (entry("715", "430", "0"),)])
def test_an_assembly_worth_nothing_posts_nothing_and_is_counted_with_the_rule(
    entries: tuple[dict[str, Any], ...],
) -> None:
    found = read_stock(document(*entries, CompletionDate="2026-11-20T00:00:00"), ASSEMBLY, "GBP")
    assert (found.documents, set(found.skipped.values())) == ([], {"nothing to post"})


@pytest.mark.parametrize(
    ("form", "number"), [(DISASSEMBLY, "DisassemblyNumber"), (WRITE_OFF, "InventoryWriteOffNumber")]
)
def test_disassemblies_and_write_offs_are_dated_by_their_entries(form: StockForm, number: str) -> None:
    native = document(entry("404", "715", "8"), **{number: "FG-9"}, CompletionDate="2026-10-01T00:00:00")
    (journal,) = journals(native, form)
    assert (journal.reason, journal.number, journal.date) == (form.reason, "FG-9", date(2026, 12, 1))


@pytest.mark.parametrize(
    ("status", "rule"),
    [("DRAFT", "draft"), ("VOIDED", "voided"), ("IN PROGRESS", "not completed"), ("AUTHORISED", "not completed")],
)
def test_only_what_is_completed_counts(status: str, rule: str) -> None:
    found = read_stock(document(entry("715", "403", "600"), Status=status), STOCKTAKE, "GBP")
    assert (found.documents, found.skipped) == ([], {f"stocktake:{TASK}": rule})


def test_an_unknown_status_is_told_rather_than_guessed() -> None:
    with pytest.raises(ReadError, match="unknown document status 'PARKED'"):
        read_stock(document(Status="PARKED"), STOCKTAKE, "GBP")


def journal_of(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    own = {"JournalNumber": "JR-1", "Currency": "USD", "CurrencyConversionRate": Decimal("0.8"), "Narration": "Rent"}
    return document(Lines=list(rows), **{**own, **fields})


def test_a_journal_in_foreign_currency_counts_in_base_currency() -> None:
    row = entry("260", "270", "2", None, BaseAmount=Decimal("1.61"), Reference="Part 3")
    (journal,) = journals(journal_of(row), MANUAL)
    assert (journal.currency, lines(journal)) == ("GBP", [("260", "1.61"), ("270", "-1.61")])
    assert [line.description for line in journal.lines] == ["Part 3", "Part 3"]
    assert (journal.number, journal.narration) == ("JR-1", "Journal: JR-1, Rent")


def test_a_foreign_journal_without_base_amounts_uses_its_rate_and_without_both_is_told() -> None:
    row = entry("260", "270", "2", None)
    assert [one.total for one in journals(journal_of(row), MANUAL)] == [Decimal("1.60")]
    with pytest.raises(ReadError, match="neither BaseAmount nor a rate"):
        journals(journal_of(row, CurrencyConversionRate=None), MANUAL)


def test_a_journal_in_base_currency_needs_no_base_amount() -> None:
    row = entry("260", "270", "2", None, BaseAmount=0)
    assert [one.total for one in journals(journal_of(row, Currency="GBP"), MANUAL)] == [Decimal("2.00")]


def test_the_pseudo_account_of_transfers_between_currencies_is_told_and_never_dropped() -> None:
    with pytest.raises(ReadError, match="CROSS-CURRENCY-TRANSFER"):
        journals(document(entry("CROSS-CURRENCY-TRANSFER", "715", "1")))


def test_the_order_of_entries_changes_nothing_about_a_journal() -> None:
    entries = [entry("715", "403", "6"), entry("715", "404", "1"), entry("720", "403", "3")]
    (first,), (second,) = journals(document(*entries)), journals(document(*reversed(entries)))
    assert first.fingerprint() == second.fingerprint()
    assert [line.account for line in first.lines] == ["715", "720", "403", "404"]
