"""The exact bytes that leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero import marks
from hub_xero.exact import decode
from hub_xero.provider import XeroProvider

from hub import Action, Allocation, Facts, Kind, Refund, Status, TargetState, TargetStatus, TaxMode

RENDER = XeroProvider().render
CONTACT = "c0000000-0000-4000-8000-000000000001"
INVOICE = "a0000000-0000-4000-8000-000000000001"
CREDIT = "b0000000-0000-4000-8000-000000000001"
Make = Callable[..., Any]


def _one(payload: Any, collection: str) -> dict[str, Any]:
    (element,) = decode(payload.body)[collection]
    return dict(element)


def _state(kind: Kind, status: TargetStatus = TargetStatus.OPEN, **values: Any) -> TargetState:
    return TargetState(kind=kind, target_id="target", status=status, **values)


def test_a_sales_invoice_is_created_with_put_so_that_it_can_never_overwrite_one(
    facts: Facts, trade: Make, operate: Make
) -> None:
    payload = RENDER([operate(trade())], facts)

    assert payload.route == "PUT Invoices?summarizeErrors=false&unitdp=4"
    assert _one(payload, "Invoices") | {"Url": ""} == {
        "Type": "ACCREC",
        "InvoiceNumber": "INV-1",
        "Contact": {"ContactID": CONTACT},
        "Date": "2026-03-31",
        "DueDate": "2026-04-30",
        "Reference": "",
        "Url": "",
        "CurrencyCode": "GBP",
        "Status": "AUTHORISED",
        "LineAmountTypes": "Exclusive",
        "LineItems": [
            {
                "Description": "Goods",
                "Quantity": 1,
                "UnitAmount": 10,
                "AccountCode": "200",
                "LineAmount": 10,
                "TaxType": "OUTPUT2",
                "TaxAmount": 2,
            }
        ],
    }


def test_no_float_touches_money_on_its_way_out(facts: Facts, trade: Make, line: Make, operate: Make) -> None:
    one = line("0.30", "0.06", quantity=Decimal("0.1"), unit_price=Decimal("3"))
    payload = RENDER([operate(trade(lines=(one,)))], facts)

    assert b'"Quantity":0.100000' in payload.body
    assert b'"LineAmount":0.30' in payload.body


def test_the_same_operations_render_to_the_same_bytes(facts: Facts, trade: Make, operate: Make) -> None:
    assert RENDER([operate(trade())], facts) == RENDER([operate(trade())], facts)


def test_the_document_date_is_always_sent(facts: Facts, trade: Make, operate: Make, payment: Make) -> None:
    for kind in (Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT):
        assert b'"Date":"2026-03-31"' in RENDER([operate(trade(kind))], facts).body
    assert b'"Date":"2026-03-31"' in RENDER([operate(payment())], facts).body


def test_an_invoice_names_its_contact_by_id_alone(facts: Facts, trade: Make, operate: Make) -> None:
    element = _one(RENDER([operate(trade())], facts), "Invoices")

    assert element["Contact"] == {"ContactID": CONTACT}


def test_a_reference_that_is_not_linked_yet_stays_a_symbol(facts: Facts, trade: Make, operate: Make) -> None:
    element = _one(RENDER([operate(trade(contact_id="new"))], facts), "Invoices")

    assert element["Contact"] == {"ContactID": "<contact:new>"}


def test_the_link_to_the_source_carries_our_mark_and_keeps_its_fragment(
    facts: Facts, trade: Make, operate: Make
) -> None:
    operation = operate(trade())
    url = _one(RENDER([operation], facts), "Invoices")["Url"]

    assert url == f"https://stock.example/Sale?ledgerport={marks.token(operation)}#abc"
    assert marks.url_token(url) == marks.token(operation)


def test_a_document_without_a_page_of_its_own_is_marked_all_the_same(facts: Facts, trade: Make, operate: Make) -> None:
    operation = operate(trade(source_url=None))
    url = _one(RENDER([operation], facts), "Invoices")["Url"]

    assert url.startswith("https://ledgerport.invalid/?")
    assert marks.url_token(url) == marks.token(operation)


def test_the_next_generation_of_a_document_has_another_mark(trade: Make, operate: Make) -> None:
    assert marks.token(operate(trade())) != marks.token(operate(trade(), generation=2))


def test_the_rate_is_sent_in_xeros_direction_with_six_decimals(facts: Facts, trade: Make, operate: Make) -> None:
    document = trade(currency="EUR", rate=Decimal("0.85"))

    assert _one(RENDER([operate(document)], facts), "Invoices")["CurrencyRate"] == Decimal("1.176471")
    assert "CurrencyRate" not in _one(RENDER([operate(trade(rate=Decimal(1)))], facts), "Invoices")


def test_a_document_without_tax_names_no_tax(facts: Facts, trade: Make, line: Make, operate: Make) -> None:
    document = trade(lines=(line("10.00", "0.00"),), tax_mode=TaxMode.NO_TAX)
    element = _one(RENDER([operate(document)], facts), "Invoices")

    assert element["LineAmountTypes"] == "NoTax"
    assert not {"TaxType", "TaxAmount"} & set(element["LineItems"][0])


def test_a_draft_is_posted_as_a_draft(facts: Facts, trade: Make, operate: Make) -> None:
    assert _one(RENDER([operate(trade(status=Status.DRAFT))], facts), "Invoices")["Status"] == "DRAFT"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.AUTHORISED])
@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
def test_an_update_says_nothing_of_the_status_so_that_it_stays_as_people_have_it(
    kind: Kind, status: Status, facts: Facts, trade: Make, operate: Make
) -> None:
    operation = operate(trade(kind, status=status), Action.UPDATE, target_id="target", target=_state(kind))
    collection = "Invoices" if kind in (Kind.INVOICE, Kind.BILL) else "CreditNotes"

    assert "Status" not in _one(RENDER([operation], facts), collection)


def test_an_item_is_named_on_a_line_only_when_it_is_linked(
    facts: Facts, trade: Make, line: Make, operate: Make
) -> None:
    document = trade(lines=(line(item_id="item-1", item_code="WIDGET"),))
    linked = facts.with_targets({**facts.targets, (Kind.ITEM, "item-1"): "x"})

    assert "ItemCode" not in _one(RENDER([operate(document)], facts), "Invoices")["LineItems"][0]
    assert _one(RENDER([operate(document)], linked), "Invoices")["LineItems"][0]["ItemCode"] == "WIDGET"


def test_a_bill_has_its_suppliers_number_and_no_reference(facts: Facts, trade: Make, operate: Make) -> None:
    element = _one(RENDER([operate(trade(Kind.BILL, reference="PO-1"))], facts), "Invoices")

    assert (element["Type"], element["InvoiceNumber"]) == ("ACCPAY", "INV-1")
    assert "Reference" not in element


def test_a_customer_credit_carries_our_mark_in_its_reference(facts: Facts, trade: Make, operate: Make) -> None:
    operation = operate(trade(Kind.CREDIT_NOTE, reference="RMA 7"))
    element = _one(RENDER([operation], facts), "CreditNotes")

    assert element["Reference"] == f"RMA 7 [LP-{marks.token(operation)}]"
    assert marks.text_token(element["Reference"]) == marks.token(operation)
    assert not {"Url", "DueDate"} & set(element)


def test_a_supplier_credit_has_neither_reference_nor_link(facts: Facts, trade: Make, operate: Make) -> None:
    element = _one(RENDER([operate(trade(Kind.SUPPLIER_CREDIT))], facts), "CreditNotes")

    assert element["Type"] == "ACCPAYCREDIT"
    assert not {"Url", "DueDate", "Reference"} & set(element)


def test_an_update_sends_the_id_of_every_line_so_that_none_is_lost(
    facts: Facts, trade: Make, line: Make, operate: Make
) -> None:
    target = _state(Kind.INVOICE, lines=("line-1", "line-2"))
    document = trade(lines=(line(), line(), line()))
    operation = operate(document, Action.UPDATE, target_id="target", target=target)
    payload = RENDER([operation], facts)
    element = _one(payload, "Invoices")

    assert payload.route.startswith("POST Invoices?")
    assert element["InvoiceID"] == "target"
    assert [one.get("LineItemID") for one in element["LineItems"]] == ["line-1", "line-2", None]


def test_an_update_of_a_paid_invoice_sends_only_the_allowed_fields(facts: Facts, trade: Make, operate: Make) -> None:
    fields = frozenset({"reference", "due_date"})
    operation = operate(trade(reference="PO 9"), Action.UPDATE, target_id="target", fields=fields)

    assert _one(RENDER([operation], facts), "Invoices") == {
        "InvoiceID": "target",
        "Reference": "PO 9",
        "DueDate": "2026-04-30",
    }


@pytest.mark.parametrize(
    ("status", "action", "expected"),
    [
        (TargetStatus.OPEN, Action.VOID, "VOIDED"),
        (TargetStatus.DRAFT, Action.VOID, "DELETED"),
        (TargetStatus.DRAFT, Action.DELETE, "DELETED"),
    ],
)
def test_an_approved_document_is_voided_and_a_draft_is_deleted(
    status: TargetStatus, action: Action, expected: str, facts: Facts, trade: Make, operate: Make
) -> None:
    operation = operate(trade(), action, target_id="target", target=_state(Kind.INVOICE, status))
    payload = RENDER([operation], facts)

    assert payload.route.startswith("POST Invoices?")
    assert _one(payload, "Invoices") == {"InvoiceID": "target", "Status": expected}


def test_payments_are_created_in_a_batch_and_marked(facts: Facts, payment: Make, operate: Make) -> None:
    operation = operate(payment())
    payload = RENDER([operation, operate(payment(external_id="pay-2"), id=2)], facts)
    first, second = decode(payload.body)["Payments"]

    assert payload.route == "PUT Payments?summarizeErrors=false"
    assert first == {
        "Invoice": {"InvoiceID": INVOICE},
        "Account": {"Code": "090"},
        "Date": "2026-03-31",
        "Amount": Decimal("10.00"),
        "Reference": f"BACS [LP-{marks.token(operation)}]",
    }
    assert first["Reference"] != second["Reference"]


def test_payments_are_taken_back_one_by_one(facts: Facts, payment: Make, operate: Make) -> None:
    operations = [operate(payment(), Action.DELETE, id=number, target_id=f"p{number}") for number in (1, 2)]
    payload = RENDER(operations, facts)

    assert payload.route == "POST Payments/{PaymentID}"
    assert payload.body.split(b"\n") == [
        b'{"PaymentID":"p1","Status":"DELETED"}',
        b'{"PaymentID":"p2","Status":"DELETED"}',
    ]


def test_a_refund_is_a_payment_on_the_credit_note(facts: Facts, operate: Make) -> None:
    refund = Refund(
        external_id="r1",
        document_kind=Kind.CREDIT_NOTE,
        document_id="credit-1",
        date=date(2026, 4, 1),
        amount=Decimal("5.00"),
        currency="GBP",
        account="090",
    )
    element = _one(RENDER([operate(refund)], facts), "Payments")

    assert element["CreditNote"] == {"CreditNoteID": CREDIT}
    assert "Invoice" not in element


def _allocation() -> Allocation:
    return Allocation(
        external_id="al-1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="credit-1",
        document_kind=Kind.INVOICE,
        document_id="sale-1",
        date=date(2026, 4, 1),
        amount=Decimal("5.00"),
        currency="GBP",
    )


def test_a_credit_is_allocated_on_its_own_path(facts: Facts, operate: Make) -> None:
    payload = RENDER([operate(_allocation())], facts)

    assert payload.route == f"PUT CreditNotes/{CREDIT}/Allocations?summarizeErrors=false"
    assert _one(payload, "Allocations") == {
        "Invoice": {"InvoiceID": INVOICE},
        "Amount": Decimal("5.00"),
        "Date": "2026-04-01",
    }


def test_an_allocation_is_taken_back_by_both_ids(facts: Facts, operate: Make) -> None:
    payload = RENDER([operate(_allocation(), Action.VOID, target_id="credit/own")], facts)

    assert (payload.route, payload.body) == ("DELETE CreditNotes/credit/Allocations/own", b"")


def test_a_contact_sends_what_is_known_and_no_blanks(facts: Facts, contact: Make, operate: Make) -> None:
    payload = RENDER([operate(contact(email="a@example.com", number="C-7"))], facts)

    assert payload.route == "PUT Contacts?summarizeErrors=false"
    assert _one(payload, "Contacts") == {
        "Name": "Ridgeway",
        "EmailAddress": "a@example.com",
        "AccountNumber": "C-7",
        "ContactNumber": "LP-cust-1",
    }


def test_an_update_of_a_contact_sends_only_what_changed(facts: Facts, contact: Make, operate: Make) -> None:
    target = _state(Kind.CONTACT, TargetStatus.ACTIVE, number="THEIRS")
    operation = operate(
        contact(email="b@example.com", phone="020"),
        Action.UPDATE,
        target_id="target",
        target=target,
        fields=frozenset({"email"}),
    )

    assert _one(RENDER([operation], facts), "Contacts") == {
        "ContactID": "target",
        "EmailAddress": "b@example.com",
    }


def test_a_contact_number_in_xero_is_never_overwritten(facts: Facts, contact: Make, operate: Make) -> None:
    def sent(number: str) -> dict[str, Any]:
        target = _state(Kind.CONTACT, TargetStatus.ACTIVE, number=number)
        operation = operate(contact(), Action.UPDATE, target_id="target", target=target)
        return _one(RENDER([operation], facts), "Contacts")

    assert "ContactNumber" not in sent("THEIRS")
    assert sent("")["ContactNumber"] == "LP-cust-1"


def test_a_contact_number_fits_and_differs_by_generation(contact: Make, operate: Make) -> None:
    plain = operate(contact())
    long = operate(contact(external_id="x" * 60))

    assert marks.contact_number(replace(plain, generation=2)) == "LP-cust-1/2"
    assert len(marks.contact_number(long)) <= 50
    assert marks.contact_number(long) != marks.contact_number(operate(contact(external_id="x" * 61)))


def test_an_item_is_never_made_one_that_xero_keeps_stock_of(facts: Facts, item: Make, operate: Make) -> None:
    document = item(sale_price=Decimal("9.5"), sale_account="200", sale_tax="OUTPUT2", description="Blue")
    payload = RENDER([operate(document)], facts)

    assert payload.route == "PUT Items?summarizeErrors=false&unitdp=4"
    assert _one(payload, "Items") == {
        "Code": "WIDGET",
        "Name": "Widget",
        "Description": "Blue",
        "PurchaseDescription": "Blue",
        "SalesDetails": {"UnitPrice": Decimal("9.5"), "AccountCode": "200", "TaxType": "OUTPUT2"},
    }


def test_batches_are_of_fifty_within_the_size_and_allocations_go_alone() -> None:
    rules = XeroProvider.batch_rules

    assert all(rules[kind].operations == 50 for kind in rules if kind is not Kind.ALLOCATION)
    assert all(rule.bytes < 3_500_000 for rule in rules.values())
    assert rules[Kind.ALLOCATION].operations == 1
