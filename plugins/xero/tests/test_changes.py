"""Changes of what is in Xero already, where people work on it too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub import Action, Address, Kind, Operation, Status, TargetState, TargetStatus

Make = Callable[..., Any]
Office = Any
"""What the fixture of this name gives: one hub, one simulated Xero, and what tests do with both."""


def _update(office: Office, operation: Operation) -> TargetState:
    """Look, then change, as the engine does."""
    (fresh,) = office.look(operation)[operation.id]
    (outcome,) = office.push(*office.fitted(replace(operation, target=fresh)), name=f"b-{operation.id}")
    assert outcome.state is not None, outcome.problem
    state: TargetState = outcome.state
    return state


@pytest.mark.parametrize("flow", [Status.DRAFT, Status.AUTHORISED])
@pytest.mark.parametrize(
    ("approved", "expected"), [(False, TargetStatus.DRAFT), (True, TargetStatus.OPEN)], ids=["draft", "approved"]
)
def test_a_draft_stays_a_draft_and_what_was_approved_stays_approved_however_the_flow_posts_by_now(
    approved: bool,
    expected: TargetStatus,
    flow: Status,
    office: Office,
    customer: TargetState,
    trade: Make,
    operate: Make,
) -> None:
    state = office.post(operate(trade(status=Status.DRAFT)))
    if approved:
        office.caller().post(f"/Invoices/{state.target_id}", {"Status": "AUTHORISED"})
    edited = operate(trade(status=flow, reference="PO 9"), Action.UPDATE, id=2, target_id=state.target_id)
    after = _update(office, edited)

    assert (after.status, after.reference) == (expected, "PO 9")


def _cards(contact: Make, item: Make) -> dict[str, Any]:
    address = Address(line1="1 Mill Lane", city="Leeds", postcode="LS1 1AA", country="United Kingdom")
    given = {"first_name": "Ann", "email": "a@example.com", "phone": "020 1", "number": "C-7", "currency": "EUR"}
    prices = {"sale_price": Decimal("1.2345"), "sale_account": "200", "sale_tax": "OUTPUT2"}
    return {
        "contacts": contact(external_id="c-9", name="Ninth", addresses=(address,), **given),
        "items": item(description="Blue", **prices),
    }


def _documents(trade: Make, line: Make) -> dict[Kind, Any]:
    sold = line("3.70", "0.75", quantity=Decimal(3), unit_price=Decimal("1.2345"), description="Two\r\nlines ")
    bought = line("10.00", "2.00", account="310", tax_code="INPUT2")
    return {
        Kind.INVOICE: trade(lines=(sold, line()), currency="EUR", rate=Decimal("0.85")),
        Kind.BILL: trade(Kind.BILL, lines=(bought,)),
        Kind.CREDIT_NOTE: trade(Kind.CREDIT_NOTE, lines=(sold,), reference="RMA 7"),
        Kind.SUPPLIER_CREDIT: trade(Kind.SUPPLIER_CREDIT, lines=(bought,)),
    }


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
def test_an_untouched_document_has_the_same_content_whenever_it_is_read(
    kind: Kind, office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    document = _documents(trade, line)[kind]
    posted = office.post(operate(document))
    (looked,) = office.look(operate(document, Action.UPDATE, id=2, target_id=posted.target_id))[2]
    listed = [one for feed in ("invoices", "credit_notes") for one in office.pull(feed)[0].states]

    assert posted.content and posted.content == looked.content
    assert [one.content for one in listed] == ["" if kind in (Kind.INVOICE, Kind.BILL) else posted.content]


@pytest.mark.parametrize("feed", ["contacts", "items"])
def test_an_untouched_card_has_the_same_content_whenever_it_is_read(
    feed: str, office: Office, contact: Make, item: Make, operate: Make
) -> None:
    card = _cards(contact, item)[feed]
    posted = office.post(operate(card))
    (looked,) = office.look(operate(card, Action.UPDATE, id=2, target_id=posted.target_id))[2]
    (listed,) = office.pull(feed)[0].states

    assert posted.content and posted.content == looked.content == listed.content


EDITS: dict[str, dict[str, Any]] = {
    "account": {"AccountCode": "260"},
    "tax type": {"TaxType": "NONE", "TaxAmount": 0, "UnitAmount": 12},
    "description": {"Description": "Consulting"},
    "quantity": {"Quantity": 2, "UnitAmount": 5},
    "tracking": {"Tracking": [{"Name": "Region", "Option": "North"}]},
}


@pytest.mark.parametrize("edit", [*EDITS, "due date"])
def test_what_a_person_edits_in_xero_shows_though_the_total_stays(
    edit: str, office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    office.caller().put("/TrackingCategories", {"Name": "Region", "Options": [{"Name": "North"}]})
    (region,) = office.caller().get("/TrackingCategories").body["TrackingCategories"]
    office.caller().put(f"/TrackingCategories/{region['TrackingCategoryID']}/Options", {"Name": "North"})
    posted = office.post(operate(trade()))
    line = {"Description": "Goods", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200", "TaxType": "OUTPUT2"}
    lines = [{**line, "LineItemID": posted.lines[0], **EDITS.get(edit, {})}]
    body = {"LineItems": lines} if edit in EDITS else {"DueDate": "2026-06-30"}
    answer = office.caller().post(f"/Invoices/{posted.target_id}", body)
    (found,) = office.look(operate(trade(), Action.UPDATE, id=2, target_id=posted.target_id))[2]

    assert answer.status == 200, answer.body
    assert found.total == posted.total
    assert found.content and found.content != posted.content


def test_tracking_that_people_chose_in_xero_outlives_an_update_of_ours(
    office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    office.caller().put("/TrackingCategories", {"Name": "Region"})
    (region,) = office.caller().get("/TrackingCategories").body["TrackingCategories"]
    office.caller().put(f"/TrackingCategories/{region['TrackingCategoryID']}/Options", {"Name": "North"})
    before = trade()
    posted = office.post(operate(before))
    chosen = {"LineItemID": posted.lines[0], "Description": "Goods", "Quantity": 1, "UnitAmount": 10}
    line_edit = {**chosen, "AccountCode": "200", "TaxType": "OUTPUT2", **EDITS["tracking"]}
    answer = office.caller().post(f"/Invoices/{posted.target_id}", {"LineItems": [line_edit]})
    assert answer.status == 200, answer.body
    edited = trade(lines=(line("12.00", "2.40"),))
    _update(office, operate(edited, Action.UPDATE, id=2, target_id=posted.target_id, written=before))
    (shown,) = office.caller().get(f"/Invoices/{posted.target_id}").body["Invoices"]

    (kept,) = shown["LineItems"]
    assert kept["UnitAmount"] == 12
    assert [(one["Name"], one["Option"]) for one in kept["Tracking"]] == [("Region", "North")]


def test_a_payment_is_no_edit_of_the_invoice(
    office: Office, customer: TargetState, trade: Make, payment: Make, operate: Make
) -> None:
    posted = office.post(operate(trade()))
    office.post(operate(payment(), id=2))
    (found,) = office.look(operate(trade(), Action.UPDATE, id=3, target_id=posted.target_id))[3]

    assert found.status is TargetStatus.PART_PAID
    assert found.content == posted.content


@pytest.mark.parametrize(
    ("path", "body"),
    [("Contacts", {"EmailAddress": "b@example.com"}), ("Items", {"SalesDetails": {"UnitPrice": 2}})],
)
def test_an_edited_card_shows_it(
    path: str, body: dict[str, Any], office: Office, contact: Make, item: Make, operate: Make
) -> None:
    card = _cards(contact, item)[path.lower()]
    posted = office.post(operate(card))
    office.caller().post(f"/{path}/{posted.target_id}", body)
    (found,) = office.look(operate(card, Action.UPDATE, id=2, target_id=posted.target_id))[2]

    assert found.content and found.content != posted.content
