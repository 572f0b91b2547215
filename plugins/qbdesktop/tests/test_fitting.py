"""Documents made to fit: arithmetic, sales tax, names, numbers and characters."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
from hub_qbdesktop import marks, render, xmltext
from hub_qbdesktop.provider import QuickBooksProvider
from lxml import etree

from hub import Action, Document, Facts, Fit, Kind, Organisation, Status, TargetState, TargetStatus, TaxMode

PROVIDER = QuickBooksProvider()


def fit(document: Document, facts: Facts) -> Any:
    """The fitted document, where it fits."""
    found: Fit = PROVIDER.fit(document, facts)
    assert found.problems == ()
    return found.document


def codes(document: Document, facts: Facts) -> set[str]:
    return {problem.code for problem in PROVIDER.fit(document, facts).problems}


def body(document: Document, facts: Facts, action: Action = Action.CREATE, target: Any = None) -> etree._Element:
    content = render.render([samples.operation(fit(document, facts), action, target)], facts).body
    found = etree.fromstring(content).find("QBXMLMsgsRq")
    assert found is not None
    return found[-1]


# -- sales tax -----------------------------------------------------------------------------------------------------


def test_a_sale_has_one_sales_tax_item_and_no_line_for_tax(facts: Facts) -> None:
    taxed = samples.line("100.00", tax_code="Tax:San Mateo", tax="8.25")
    request = body(samples.trade(Kind.INVOICE, taxed, samples.line("5.00")), facts)
    assert [each.text for each in request.iter("FullName")][:2] == ["San Mateo", "Tax"]
    assert len(request.findall(".//InvoiceLineAdd")) == 2
    assert [line.findtext("SalesTaxCodeRef/FullName") for line in request.iter("InvoiceLineAdd")] == ["Tax", "Non"]


def test_tax_that_quickbooks_would_work_out_otherwise_holds_the_document(facts: Facts) -> None:
    lines = [samples.line("33.33", tax_code="Tax:San Mateo", tax="2.76")]
    assert codes(samples.trade(Kind.INVOICE, *lines), facts) == {"tax_differs"}


def test_tax_is_worked_out_on_the_sum_and_rounded_half_up(facts: Facts) -> None:
    lines = [samples.line("10.10", tax_code="Tax:San Mateo", tax=tax) for tax in ("0.83", "0.83", "0.84")]
    assert fit(samples.trade(Kind.INVOICE, *lines), facts).tax == Decimal("2.50")


def test_two_rates_in_one_sale_hold_it(facts: Facts) -> None:
    lines = [samples.line(tax_code=code) for code in ("Tax:San Mateo", "Tax:Alameda")]
    assert codes(samples.trade(Kind.INVOICE, *lines), facts) == {"tax_mixed"}


def test_amounts_with_tax_in_them_are_posted_without(facts: Facts) -> None:
    line = samples.line("108.25", tax_code="Tax:San Mateo", tax="8.25")
    values = {"tax_mode": TaxMode.INCLUSIVE, "subtotal": Decimal(100), "total": Decimal("108.25")}
    fitted = fit(samples.trade(Kind.INVOICE, line, **values), facts)
    assert (fitted.lines[0].amount, fitted.subtotal, fitted.total) == (Decimal(100), Decimal(100), Decimal("108.25"))


def test_a_sale_without_tax_names_the_code_that_is_not_taxed(facts: Facts) -> None:
    line = samples.line(tax_code="Tax:San Mateo")
    request = body(samples.trade(Kind.INVOICE, line, tax_mode=TaxMode.NO_TAX), facts)
    assert request.findtext(".//SalesTaxCodeRef/FullName") == "Non"
    assert request.find(".//ItemSalesTaxRef") is None


def test_a_company_without_sales_tax_gets_no_tax_codes_at_all(facts: Facts) -> None:
    request = body(samples.trade(Kind.INVOICE, samples.line(tax_code="No tax")), replace(facts, taxes={}))
    assert request.find(".//SalesTaxCodeRef") is None
    assert request.find(".//CustomerSalesTaxCodeRef") is None


def test_the_tax_of_a_purchase_is_part_of_its_lines(facts: Facts) -> None:
    lines = [samples.line("10.00", account="5000", tax_code="In cost", tax="0.83")]
    fitted = fit(samples.trade(Kind.BILL, *lines), facts)
    assert (fitted.total, fitted.tax, fitted.lines[0].amount) == (Decimal("10.83"), 0, Decimal("10.83"))
    assert body(samples.trade(Kind.BILL, *lines), facts).findtext(".//ExpenseLineAdd/Amount") == "10.83"


# -- lines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "quantity", "rate", "words"),
    [
        ({"quantity": Decimal(4), "unit_price": Decimal("2.50")}, "4", "2.5", "Tea"),
        ({"quantity": Decimal(4), "unit_price": Decimal(5), "discount_percent": Decimal(50)}, "4", "2.5", "Tea"),
        ({"quantity": Decimal(3), "unit_price": Decimal("3.33")}, "1", "10", "Tea (3 x 3.33)"),
        ({"quantity": Decimal(3), "unit_price": Decimal("3.333333")}, "1", "10", "Tea (3 x 3.333333)"),
        ({"quantity": Decimal(-2), "unit_price": Decimal(-5)}, "-2", "-5", "Tea"),
    ],
)
def test_quantity_and_rate_always_come_to_the_amount(
    facts: Facts, values: dict[str, Any], quantity: str, rate: str, words: str
) -> None:
    request = body(samples.trade(Kind.INVOICE, samples.line(**values)), facts)
    line = request.find(".//InvoiceLineAdd")
    assert line is not None
    assert [line.findtext(name) for name in ("Quantity", "Rate", "Desc", "Amount")] == [quantity, rate, words, None]


def test_a_line_names_its_linked_item_and_its_own_account(facts: Facts) -> None:
    request = body(samples.trade(Kind.INVOICE, samples.line(item_id="p1", item_code="TEA")), facts)
    assert request.findtext(".//ItemRef/ListID") == "80000003-1"
    assert request.findtext(".//OverrideItemAccountRef/ListID") == "8000-4000"


def test_no_line_ever_names_an_item_that_quickbooks_keeps_stock_of(facts: Facts) -> None:
    linked = facts.with_targets({**facts.targets, (Kind.ITEM, "p1"): "ItemInventoryRet:80000009-1"})
    for kind in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT):
        account = "4000" if kind in (Kind.INVOICE, Kind.CREDIT_NOTE) else "5000"
        code = "Non" if account == "4000" else "In cost"
        line = samples.line(item_id="p1", account=account, tax_code=code)
        operation = samples.operation(fit(samples.trade(kind, line), linked))
        assert b"80000009-1" not in render.render([operation], linked).body


def test_a_line_without_an_item_goes_through_the_stand_in_of_its_account(facts: Facts) -> None:
    operations = [samples.operation(fit(samples.trade(), facts), id=each) for each in (1, 2)]
    root = etree.fromstring(render.render(operations, facts).body)
    assert [each.findtext(".//Name") for each in root.iter("ItemServiceAddRq")] == ["Ledgerport 4000"]
    assert {each.findtext("ItemRef/FullName") for each in root.iter("InvoiceLineAdd")} == {"Ledgerport 4000"}


def test_lines_of_a_bill_without_an_item_come_before_those_with_one(facts: Facts) -> None:
    lines = [samples.line(account="5000", item_id=id, tax_code="In cost") for id in ("p1", "")]
    names = [each.tag for each in body(samples.trade(Kind.BILL, *lines), facts)[0]]
    assert names[-2:] == ["ExpenseLineAdd", "ItemLineAdd"]


def test_the_class_of_a_line_is_its_tracking_choice(facts: Facts) -> None:
    request = body(samples.trade(Kind.INVOICE, samples.line(tracking=(samples.choice("Retail:East"),))), facts)
    assert request.findtext(".//ClassRef/FullName") == "Retail:East"


# -- drafts, payments, journals ------------------------------------------------------------------------------------


def test_a_draft_invoice_is_pending_and_a_draft_bill_is_refused_with_the_reason(facts: Facts) -> None:
    assert body(samples.trade(status=Status.DRAFT), facts).findtext(".//IsPending") == "true"
    assert codes(samples.trade(Kind.BILL, status=Status.DRAFT), facts) == {"no_draft_there"}


def test_a_change_says_nothing_of_pending(facts: Facts) -> None:
    target = TargetState(kind=Kind.INVOICE, target_id="9-1", status=TargetStatus.OPEN, stamp="5", lines=("L1",))
    request = body(samples.trade(Kind.INVOICE, samples.line(), samples.line("2.00")), facts, Action.UPDATE, target)
    assert request.find(".//IsPending") is None
    assert request.findtext(".//EditSequence") == "5"
    assert [each.findtext("TxnLineID") for each in request.iter("InvoiceLineMod")] == ["L1", "-1"]


def test_a_payment_names_its_account_its_customer_and_what_it_pays(facts: Facts) -> None:
    request = body(samples.payment(), facts)
    assert request.findtext(".//CustomerRef/ListID") == "80000001-1"
    assert request.findtext(".//DepositToAccountRef/ListID") == "8000-1000"
    assert request.findtext(".//AppliedToTxnAdd/TxnID") == "1A-1"
    assert request.find(".//IsAutoApply") is None


def test_a_preview_shows_symbols_for_what_is_still_to_come(facts: Facts) -> None:
    long = "0b9c0a53-7d0c-4d5e-9f43-0f3f0b8b2a11-and-more"
    nothing = facts.with_targets({})
    paid = body(samples.payment(document_id=long), nothing)
    assert paid.findtext(".//CustomerRef/ListID") == f"<contact of invoice:{long}>"
    assert paid.findtext(".//AppliedToTxnAdd/TxnID") == f"<invoice:{long}>"
    sold = body(samples.trade(Kind.INVOICE, samples.line(item_id="p1"), contact_id=long), nothing)
    assert sold.findtext(".//CustomerRef/ListID") == f"<contact:{long}>"


def test_a_bill_is_paid_from_a_bank_account_only(facts: Facts) -> None:
    assert body(samples.payment(Kind.BILL), facts).findtext(".//BankAccountRef/ListID") == "8000-1000"
    assert codes(samples.payment(Kind.BILL, account="1200"), facts) == {"account_takes_no_payments"}
    assert codes(samples.payment(account="1200"), facts) == set()


def test_a_customers_payment_is_deleted_and_a_check_is_voided(facts: Facts) -> None:
    for document, target, name in (
        (samples.payment(), "receipt:1-1", "TxnDelRq"),
        (samples.payment(Kind.BILL), "check:1-2", "TxnVoidRq"),
    ):
        state = TargetState(kind=Kind.PAYMENT, target_id=target, status=TargetStatus.OPEN)
        request = body(document, facts, Action.VOID, state)
        assert (request.tag, request.findtext("TxnID")) == (name, target.partition(":")[2])


def test_a_journal_has_its_debits_first_and_its_mark_in_the_first_line(facts: Facts) -> None:
    request = body(samples.journal(), facts)
    lines = [each for each in request[0] if each.tag.startswith("Journal")]
    assert [(each.tag, each.findtext("Amount")) for each in lines] == [
        ("JournalDebitLine", "7.10"),
        ("JournalCreditLine", "7.10"),
    ]
    assert marks.memo_token(lines[0].findtext("Memo") or "") == marks.token(samples.operation(samples.journal()))


def test_another_currency_than_the_companys_is_held(facts: Facts) -> None:
    pounds = replace(facts, organisation=Organisation(id="f", name="f", base_currency="GBP"))
    for document in (samples.trade(), samples.payment(), samples.journal()):
        assert "currency_not_home" in codes(document, pounds)


# -- names, numbers, characters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "length"), [(Kind.INVOICE, 11), (Kind.CREDIT_NOTE, 11), (Kind.BILL, 20)])
def test_a_long_number_is_shortened_by_a_rule_that_is_told_and_that_keeps_numbers_apart(
    facts: Facts, kind: Kind, length: int
) -> None:
    numbers = [f"{head}-2026-WAREHOUSE-000123" for head in ("A", "B")]
    fitted = [PROVIDER.fit(samples.trade(kind, number=number), facts) for number in numbers]
    short = [each.document.number for each in fitted]  # type: ignore[attr-defined]
    assert len(set(short)) == 2
    assert all(len(each) == length and each.partition("~")[0].endswith("123") for each in short)
    assert "more than" in fitted[0].notes[0]
    assert numbers[0] in (body(samples.trade(kind, number=numbers[0]), facts).findtext(".//Memo") or "")


def test_names_keep_their_lengths_and_lose_their_colons_and_stay_apart(facts: Facts) -> None:
    names = [f"{'The Very Long Name Of A Company With Branches'} {each}" for each in ("North", "South")]
    short = [fit(samples.contact(name), facts).name for name in names]
    assert all(len(each) == 41 for each in short)
    assert len(set(short)) == 2
    assert fit(samples.contact("Acme: West"), facts).name == "Acme - West"
    assert len(fit(samples.item("C" * 40), facts).code) == 31


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Café Ünïcode ß", "Café Ünïcode ß"),
        ("Łódź — “quoted” …", 'Lódz - "quoted" ...'),
        ("Чай", "Chay"),
        ("茶", "Cha"),
        ("a\x00b\x1fc\x85d", "abcd"),
        ("5 €", "5 EUR"),
    ],
)
def test_texts_are_written_in_what_quickbooks_keeps(text: str, kept: str) -> None:
    assert xmltext.kept(text) == kept


def test_emoji_never_reach_quickbooks_as_they_are() -> None:
    assert xmltext.kept("tea 🍵").isascii()


def test_a_contact_on_both_sides_is_held_and_one_side_is_never_taken_for_the_other(facts: Facts) -> None:
    assert codes(samples.contact(is_supplier=True), facts) == {"both_sides"}
    assert PROVIDER.may_be(samples.contact(), "customer:1")
    assert not PROVIDER.may_be(samples.vendor(), "customer:1")


@pytest.mark.parametrize("name", ["Acme", "The Very Long Name Of A Company With Branches North", "Acme: West"])
def test_a_name_that_another_list_has_says_its_side_within_its_length(name: str, facts: Facts) -> None:
    apart = PROVIDER.named_apart(samples.vendor(name))
    fitted = fit(apart, facts)
    assert fitted.name == apart.name  # type: ignore[attr-defined]
    assert fitted.name.endswith(" (supplier)")
    assert len(fitted.name) <= 41
    request = body(apart, facts)
    assert (request.findtext(".//CompanyName") or "").endswith("(supplier)") is False


def test_an_item_with_both_accounts_keeps_sales_and_purchases_apart(facts: Facts) -> None:
    request = body(samples.item(), facts)
    assert request.tag == "ItemNonInventoryAddRq"
    assert request.findtext(".//IncomeAccountRef/ListID") == "8000-4000"
    assert request.findtext(".//ExpenseAccountRef/ListID") == "8000-5000"
    assert codes(samples.item(sale_account="", purchase_account=""), facts) == {"item_without_account"}
