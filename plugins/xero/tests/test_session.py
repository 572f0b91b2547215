"""A conversation over real HTTP with a stand-in for Xero."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from hub_xero.provider import XeroProvider

from hub import (
    Action,
    Allocation,
    BusyError,
    Connection,
    Consent,
    Contact,
    Document,
    Item,
    Kind,
    Limits,
    Page,
    Refund,
    RejectedError,
    TargetState,
    TargetStatus,
    UnauthorizedError,
    UnreachableError,
    UnsureError,
)
from hub.models import BucketCall

sim_xero = pytest.importorskip("sim_xero")

PROVIDER = XeroProvider()
CLIENT_ID = "5EEDED0000000000000000000A99A001"
Make = Callable[..., Any]


Office = Any
"""What the fixture of this name gives: one hub, one simulated Xero, and what tests do with both."""


def _documents(pages: list[Page], kind: type[Any]) -> list[Any]:
    found = [document for page in pages for record in page.records for document in record.documents]
    assert all(isinstance(document, kind) for document in found)
    return found


def test_the_credentials_prove_whose_books_these_are(office: Office) -> None:
    found = office.session().check()

    assert (found.name, found.base_currency, found.time_zone) == ("Demo Trading Ltd", "GBP", "Europe/London")
    assert found.lock_date is None


def test_one_consent_reaches_the_organisations_it_was_given_for(office: Office) -> None:
    token = office.consent().access_token()

    assert PROVIDER.oauth is not None
    assert PROVIDER.oauth.accounts(office.settings, office.door(), token) == {office.sim.tenant_id: "Demo Trading Ltd"}


@pytest.mark.parametrize("feed", [feed.name for feed in PROVIDER.feeds])
def test_an_unchanged_feed_costs_one_call(feed: str, office: Office) -> None:
    first = office.pull(feed)
    before = office.calls()
    second = office.pull(feed, cursor=first[-1].watermark)

    assert office.calls() - before == 1
    assert second[-1].watermark is not None


def test_the_chart_of_accounts_knows_what_takes_payments(office: Office) -> None:
    accounts = office.facts.accounts

    assert accounts["090"].takes_payments and not accounts["090"].takes_documents
    assert accounts["640"].takes_payments
    assert not accounts["610"].takes_documents
    assert office.facts.taxes["OUTPUT2"].percent == 20


def test_contacts_are_walked_page_by_page_and_continue_where_a_pull_broke(office: Office) -> None:
    names = [{"Name": f"Contact {number:04}"} for number in range(1205)]
    for start in range(0, len(names), 500):
        office.caller().put("/Contacts", {"Contacts": names[start : start + 500]})
    first, second = office.pull("contacts")

    assert (len(first.records), len(second.records), first.expected) == (1000, 205, 1205)
    assert (first.watermark, second.progress) == (None, "")
    ids = {record.id for page in (first, second) for record in page.records}
    assert len(ids) == 1205
    (rest,) = office.pull("contacts", progress=first.progress)
    assert [record.id for record in rest.records] == [record.id for record in second.records]
    assert rest.watermark == second.watermark


def test_archived_contacts_are_delivered_as_archived(office: Office, customer: TargetState) -> None:
    body = {"Contacts": [{"ContactID": customer.target_id, "ContactStatus": "ARCHIVED"}]}
    office.caller().post("/Contacts", body)
    (page,) = office.pull("contacts")

    assert page.states[0].status is TargetStatus.ARCHIVED
    assert isinstance(page.records[0].documents[0], Contact)
    assert not page.records[0].documents[0].active


def test_items_are_read_whole_and_those_xero_keeps_stock_of_are_left_out(office: Office) -> None:
    tracked = {
        "Code": "TRACKED",
        "Name": "Tracked",
        "InventoryAssetAccountCode": "630",
        "PurchaseDetails": {"COGSAccountCode": "300", "UnitPrice": 1},
    }
    office.caller().put("/Items", {"Items": [{"Code": "PLAIN", "Name": "Plain"}, tracked]})
    (page,) = office.pull("items")

    assert [one.code for one in _documents([page], Item)] == ["PLAIN"]
    assert [record.label for record in page.records if record.skipped] == ["TRACKED"]
    known = {state.number: state.status for state in page.states}
    assert known == {"PLAIN": TargetStatus.ACTIVE, "TRACKED": TargetStatus.ARCHIVED}


def test_the_first_pull_of_states_does_not_walk_the_history(office: Office, trade: Make, operate: Make) -> None:
    for feed in ("invoices", "credit_notes", "payments"):
        before = office.calls()
        (page,) = office.pull(feed)

        assert office.calls() - before == 1
        assert page.watermark is not None


def test_an_invoice_is_posted_to_the_cent_and_its_state_comes_back(
    office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    lines = (
        line("40.00", "8.00", quantity=Decimal(12), unit_price=Decimal("3.333333")),
        line("3.70", "0.75", quantity=Decimal(3), unit_price=Decimal("1.2345")),
        line("-5.00", "-1.00", quantity=Decimal(-1), unit_price=Decimal(5)),
    )
    document = trade(lines=lines, total=Decimal("46.46"))
    state = office.post(operate(document))

    assert (state.status, state.total, state.due) == (TargetStatus.OPEN, Decimal("46.46"), Decimal("46.46"))
    assert (state.number, state.contact_id, state.date) == ("INV-1", customer.target_id, document.date)
    assert len(state.lines) == 4
    (page,) = office.pull("invoices")
    assert [(one.target_id, one.status, one.total) for one in page.states] == [
        (state.target_id, TargetStatus.OPEN, Decimal("46.46"))
    ]


@pytest.mark.parametrize("kind", [Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
def test_bills_and_credits_are_posted_with_their_discounts_folded_in(
    kind: Kind, office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    account, tax = ("200", "OUTPUT2") if kind is Kind.CREDIT_NOTE else ("310", "INPUT2")
    one = line(
        "18.00",
        "3.60",
        quantity=Decimal(2),
        unit_price=Decimal(10),
        discount_percent=Decimal(10),
        account=account,
        tax_code=tax,
    )
    state = office.post(operate(trade(kind, lines=(one,))))

    assert (state.kind, state.status, state.total) == (kind, TargetStatus.OPEN, Decimal("21.60"))
    feed = "invoices" if kind is Kind.BILL else "credit_notes"
    assert [one.target_id for one in office.pull(feed)[0].states] == [state.target_id]


def test_two_suppliers_with_the_same_bill_number_give_two_bills(
    office: Office, customer: TargetState, contact: Make, trade: Make, line: Make, operate: Make
) -> None:
    office.post(operate(contact(external_id="supp-2", name="Harbour"), id=2))
    lines = (line(account="310", tax_code="INPUT2"),)
    bills = [
        operate(trade(Kind.BILL, lines=lines, external_id="bill-1"), id=3),
        operate(trade(Kind.BILL, lines=lines, external_id="bill-2", contact_id="supp-2"), id=4),
    ]
    first, second = (office.post(bill) for bill in bills)

    assert first.target_id != second.target_id
    found = office.look(*bills)
    assert {number: [(one.target_id, one.ours) for one in states] for number, states in found.items()} == {
        3: [(first.target_id, True)],
        4: [(second.target_id, True)],
    }


def test_a_number_somebody_else_used_is_refused_and_never_overwritten(
    office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    office.caller().put(
        "/Invoices",
        {
            "Invoices": [
                {
                    "Type": "ACCREC",
                    "InvoiceNumber": "INV-1",
                    "Contact": {"ContactID": customer.target_id},
                    "LineItems": [{"Description": "Theirs", "Quantity": 1, "UnitAmount": 99, "AccountCode": "200"}],
                }
            ]
        },
    )
    operation = operate(trade())
    (outcome,) = office.push(*office.fitted(operation))
    (theirs,) = office.look(operation)[1]

    assert outcome.problem is not None and outcome.problem.code == "number_taken"
    assert outcome.refresh
    assert not theirs.ours
    assert theirs.total is not None and theirs.total >= 99


def test_one_bad_element_of_a_batch_does_not_lose_the_others(
    office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    good = [operate(trade(external_id=f"s{n}", number=f"N-{n}"), id=n) for n in (1, 3)]
    bad = operate(trade(external_id="s2", number="N-2", lines=(line(tax_code="WRONG"),)), id=2)
    outcomes = {one.operation_id: one for one in office.push(good[0], bad, good[1])}

    assert outcomes[1].state is not None and outcomes[3].state is not None
    assert outcomes[2].problem is not None and outcomes[2].problem.code == "tax_unknown"


def test_an_update_keeps_the_ids_of_all_lines(
    office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    document = trade(lines=(line(), line("20.00", "4.00")))
    before = office.post(operate(document))
    edited = trade(lines=(line(), line("25.00", "5.00")), reference="Changed")
    operation = operate(edited, Action.UPDATE, id=2, target_id=before.target_id)
    (fresh,) = office.look(operation)[2]
    (outcome,) = office.push(*office.fitted(replace(operation, target=fresh)), name="b-2")

    assert outcome.state is not None
    assert outcome.state.lines == before.lines == fresh.lines
    assert (outcome.state.total, outcome.state.reference) == (Decimal("42.00"), "Changed")


def _paid(office: Office, trade: Make, payment: Make, operate: Make, amount: str = "12.00") -> Any:
    invoice = office.post(operate(trade()))
    paid = office.post(operate(payment(amount=Decimal(amount)), id=2))
    return invoice, paid


def test_a_paid_invoice_takes_the_allowed_fields_and_no_other(
    office: Office, customer: TargetState, trade: Make, payment: Make, operate: Make
) -> None:
    invoice, _ = _paid(office, trade, payment, operate)
    edited = operate(trade(reference="PO 9"), Action.UPDATE, id=3, target_id=invoice.target_id)
    (fresh,) = office.look(edited)[3]
    allowed = PROVIDER.allowed(Kind.INVOICE, fresh)
    (outcome,) = office.push(replace(edited, fields=frozenset({"reference"}), target=fresh), name="b-3")
    (refused,) = office.push(replace(edited, id=4, key="k4", document=trade(date=date(2026, 5, 1))), name="b-4")

    assert fresh.status is TargetStatus.PAID
    assert allowed.fields is not None and "reference" in allowed.fields
    assert outcome.state is not None and outcome.state.reference == "PO 9"
    assert refused.problem is not None and refused.refresh


def test_a_void_is_refused_while_a_payment_is_attached_and_done_after_it_is_withdrawn(
    office: Office, customer: TargetState, trade: Make, payment: Make, operate: Make
) -> None:
    invoice, paid = _paid(office, trade, payment, operate, "5.00")
    void = operate(trade(), Action.VOID, id=3, target_id=invoice.target_id)
    (refused,) = office.push(void, name="b-3")
    (withdrawn,) = office.push(operate(payment(), Action.DELETE, id=4, target_id=paid.target_id), name="b-4")
    (voided,) = office.push(replace(void, id=5, key="k5"), name="b-5")

    assert refused.problem is not None and refused.refresh
    assert withdrawn.state is not None and withdrawn.state.status is TargetStatus.VOIDED
    assert voided.state is not None and voided.state.status is TargetStatus.VOIDED


def test_a_payment_larger_than_what_is_due_is_refused_and_read_again(
    office: Office, customer: TargetState, trade: Make, payment: Make, operate: Make
) -> None:
    office.post(operate(trade()))
    (outcome,) = office.push(*office.fitted(operate(payment(amount=Decimal("12.01")), id=2)))

    assert outcome.problem is not None and outcome.problem.code == "amount_exceeds_due"
    assert outcome.refresh


def test_several_payments_are_taken_back_one_by_one(
    office: Office, customer: TargetState, trade: Make, payment: Make, operate: Make
) -> None:
    office.post(operate(trade()))
    paid = [office.post(operate(payment(external_id=f"p{n}", amount=Decimal(n)), id=n)) for n in (2, 3)]
    back = [
        operate(payment(external_id=f"p{n}"), Action.VOID, id=n + 10, target_id=state.target_id)
        for n, state in zip((2, 3), paid, strict=True)
    ]
    outcomes = office.push(*back, name="b-9")

    assert [one.state.status if one.state else None for one in outcomes] == [TargetStatus.VOIDED] * 2
    (page,) = office.pull("payments")
    assert {one.status for one in page.states} == {TargetStatus.VOIDED}


def _credited(office: Office, trade: Make, operate: Make) -> tuple[TargetState, TargetState]:
    invoice = office.post(operate(trade()))
    credit = office.post(operate(trade(Kind.CREDIT_NOTE, external_id="credit-1", number="CR-1"), id=2))
    return invoice, credit


def _allocation(amount: str = "5.00") -> Allocation:
    return Allocation(
        external_id="al-1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="credit-1",
        document_kind=Kind.INVOICE,
        document_id="sale-1",
        date=date(2026, 4, 1),
        amount=Decimal(amount),
        currency="GBP",
    )


def test_a_credit_is_allocated_found_by_its_documents_and_taken_back(
    office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    _, credit = _credited(office, trade, operate)
    operation = operate(_allocation(), id=3)
    outcomes = office.push(operation, name="b-3")
    (found,) = office.look(operation)[3]

    assert found.target_id.startswith(f"{credit.target_id}/")
    assert found.total == Decimal("5.00")
    assert [one.state.target_id for one in outcomes if one.state] in ([], [found.target_id])
    back = operate(_allocation(), Action.DELETE, id=4, target_id=found.target_id)
    (gone,) = office.push(back, name="b-4")
    assert gone.state is not None and gone.state.status is TargetStatus.VOIDED
    assert office.look(operation)[3] == []


def test_a_credit_is_paid_back(office: Office, customer: TargetState, trade: Make, operate: Make) -> None:
    _credited(office, trade, operate)
    refund = Refund(
        external_id="r-1",
        document_kind=Kind.CREDIT_NOTE,
        document_id="credit-1",
        date=date(2026, 4, 1),
        amount=Decimal("2.00"),
        currency="GBP",
        account="090",
    )
    operation = operate(refund, id=3)
    state = office.post(operation)

    assert (state.kind, state.status, state.total) == (Kind.REFUND, TargetStatus.OPEN, Decimal("2.00"))
    (page,) = office.pull("payments")
    assert [(one.kind, one.target_id) for one in page.states] == [(Kind.REFUND, state.target_id)]


def test_a_foreign_invoice_carries_its_rate(office: Office, customer: TargetState, trade: Make, operate: Make) -> None:
    state = office.post(operate(trade(currency="EUR", rate=Decimal("0.85"))))
    shown = office.caller().get(f"/Invoices/{state.target_id}").body["Invoices"][0]

    assert (state.currency, state.total) == ("EUR", Decimal("12.00"))
    assert str(shown["CurrencyRate"]) == "1.176471"


def test_a_draft_is_deleted(office: Office, customer: TargetState, trade: Make, operate: Make) -> None:
    from hub import Status

    state = office.post(operate(trade(status=Status.DRAFT)))
    back = operate(trade(), Action.DELETE, id=2, target_id=state.target_id, target=state)
    (outcome,) = office.push(back, name="b-2")

    assert state.status is TargetStatus.DRAFT
    assert outcome.state is not None and outcome.state.status is TargetStatus.VOIDED


def test_what_was_edited_in_xero_on_a_contact_survives_our_invoices(
    office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    person = {"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@example.com"}
    office.caller().post(
        "/Contacts",
        {"Contacts": [{"ContactID": customer.target_id, "Name": "Ridgeway Ltd", "ContactPersons": [person]}]},
    )
    office.post(operate(trade(), id=2))
    shown = office.caller().get(f"/Contacts/{customer.target_id}").body["Contacts"][0]

    assert shown["Name"] == "Ridgeway Ltd"
    assert shown["ContactPersons"][0]["EmailAddress"] == "ann@example.com"


def test_a_contact_whose_name_is_taken_is_refused_and_the_other_one_is_found(
    office: Office, contact: Make, operate: Make
) -> None:
    office.caller().put("/Contacts", {"Contacts": [{"Name": "Ridgeway"}]})
    operation = operate(contact())
    (outcome,) = office.push(operation)
    (other,) = office.look(operation)[1]

    assert outcome.problem is not None and outcome.problem.code == "contact_name_taken"
    assert (other.reference, other.ours) == ("Ridgeway", False)


def test_items_are_posted_and_found_by_code(office: Office, item: Make, operate: Make) -> None:
    operation = operate(item(sale_price=Decimal("1.2345"), sale_account="200", sale_tax="OUTPUT2"))
    state = office.post(operation)
    (found,) = office.look(operation)[1]
    shown = office.caller().get("/Items", unitdp=4).body["Items"][0]

    assert (state.number, found.target_id) == ("WIDGET", state.target_id)
    assert str(shown["SalesDetails"]["UnitPrice"]) == "1.2345"
    assert not shown["IsTrackedAsInventory"]


def test_an_item_that_xero_keeps_stock_of_is_never_ours(office: Office, item: Make, operate: Make) -> None:
    tracked = {
        "Code": "WIDGET",
        "Name": "Tracked",
        "InventoryAssetAccountCode": "630",
        "PurchaseDetails": {"COGSAccountCode": "300", "UnitPrice": 1},
    }
    office.caller().put("/Items", {"Items": [tracked]})
    operation = operate(item())
    (outcome,) = office.push(operation)
    (found,) = office.look(operation)[1]

    assert outcome.problem is not None and outcome.problem.code == "item_code_taken"
    assert outcome.look
    assert not found.ours


def test_two_hundred_ids_are_looked_for_in_chunks(
    office: Office, customer: TargetState, operate: Make, trade: Make
) -> None:
    state = office.post(operate(trade()))
    unknown = [f"00000000-0000-4000-8000-{number:012}" for number in range(199)]
    operations = [
        operate(trade(), Action.UPDATE, id=number, target_id=target)
        for number, target in enumerate([*unknown, state.target_id], 1)
    ]
    before = office.calls()
    found = office.look(*operations)

    assert office.calls() - before == 5
    assert [one.target_id for one in found[200]] == [state.target_id]
    assert all(found[number] == [] for number in range(1, 200))


@pytest.mark.parametrize("kind", ["payment", "credit", "item", "contact"])
def test_targets_of_every_kind_are_found_by_id(
    kind: str, office: Office, customer: TargetState, trade: Make, payment: Make, item: Make, operate: Make
) -> None:
    office.post(operate(trade()))
    documents = {
        "payment": payment(),
        "credit": trade(Kind.CREDIT_NOTE, external_id="credit-1", number="CR-1"),
        "item": item(),
        "contact": Contact(external_id="c-9", name="Ninth"),
    }
    state = office.post(operate(documents[kind], id=2))
    missing = operate(documents[kind], Action.UPDATE, id=3, target_id="00000000-0000-4000-8000-000000000009")
    found = office.look(operate(documents[kind], Action.UPDATE, id=2, target_id=state.target_id), missing)

    assert [one.target_id for one in found[2]] == [state.target_id]
    assert found[3] == []
    if kind == "credit":
        assert found[2][0].lines


@pytest.mark.parametrize("kind", list(Kind)[:7])
def test_a_lost_answer_is_unsure_and_the_record_is_found_by_its_mark(
    kind: Kind, office: Office, customer: TargetState, trade: Make, line: Make, payment: Make, operate: Make
) -> None:
    office.post(operate(trade(external_id="sale-1", number="FIRST"), id=50))
    purchase = (line(account="310", tax_code="INPUT2"),)
    documents: dict[Kind, Document] = {
        Kind.CONTACT: Contact(external_id="c-9", name="Ninth & Co"),
        Kind.ITEM: Item(external_id="i-9", code='N"9'),
        Kind.INVOICE: trade(external_id="x", number="INV,9"),
        Kind.CREDIT_NOTE: trade(Kind.CREDIT_NOTE, external_id="x", number="CR 9"),
        Kind.BILL: trade(Kind.BILL, external_id="x", number="B/9", lines=purchase),
        Kind.SUPPLIER_CREDIT: trade(Kind.SUPPLIER_CREDIT, external_id="x", number="SC 9", lines=purchase),
        Kind.PAYMENT: payment(reference="A & B"),
    }
    (operation,) = office.fitted(operate(documents[kind], id=9))
    assert office.look(operation) == {9: []}
    office.fault("lost_answer", "PUT")
    with pytest.raises(UnsureError):
        office.push(operation)
    (found,) = office.look(operation)[9]

    assert found.ours
    assert found.kind is kind


def test_an_identical_resend_inside_the_vendors_memory_makes_nothing_twice(
    office: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    (bill,) = office.fitted(operate(trade(Kind.BILL, lines=(line(account="310", tax_code="INPUT2"),))))
    office.fault("lost_answer", "PUT")
    with pytest.raises(UnsureError):
        office.push(bill)
    (outcome,) = office.push(bill)

    assert outcome.state is not None
    assert len(office.pull("invoices")[0].states) == 1


@pytest.mark.parametrize("fault", ["500_html", "500_after_commit"])
def test_an_error_of_xeros_own_is_unsure_and_asks_for_no_resend_under_its_key(
    fault: str, office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    office.fault(fault, "PUT")
    before = office.calls()

    assert office.push(*office.fitted(operate(trade()))) == []
    assert office.calls() - before == 1


@pytest.mark.parametrize("fault", ["truncated_json", "html_200"])
def test_an_answer_that_can_not_be_read_counts_as_lost(
    fault: str, office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    office.fault(fault, "PUT")
    with pytest.raises(UnsureError):
        office.push(*office.fitted(operate(trade())))


def test_a_web_page_in_place_of_a_list_does_not_end_the_conversation(office: Office) -> None:
    office.fault("503_html", "GET", times=2)
    (page,) = office.pull("accounts")

    assert len(page.records) == len(office.facts.accounts)


@pytest.mark.parametrize("fault", ["429_minute", "429_concurrent"])
def test_a_call_refused_for_its_rate_is_repeated_after_the_rest_xero_asks_for(fault: str, office: Office) -> None:
    office.fault(fault, "GET")
    (page,) = office.pull("accounts")

    assert page.records
    assert sum(office.slept) > 0


@pytest.mark.parametrize(("fault", "places"), [("429_minute", 2), ("429_concurrent", 1)])
def test_too_many_calls_at_once_leave_fewer_places_for_a_while(fault: str, places: int, office: Office) -> None:
    office.patience = 100.0
    door = replace(office, limits=Limits(concurrent=2)).door()
    connection = Connection(1, office.sim.tenant_id, "Test", office.settings, office.consent())
    session = PROVIDER.open(connection, door)
    office.fault(fault, "GET")
    assert session.check().name
    with office.store.write() as db:
        office.store.insert(db, BucketCall, [{"bucket": "connection:1", "at": time.time() + 1e4, "done": False}])

    if places == 2:
        assert session.check().name
    else:
        with pytest.raises(BusyError):
            session.check()


def test_a_used_up_day_parks_the_connection_at_once(office: Office) -> None:
    office.fault("429_day", "GET")
    with pytest.raises(BusyError) as raised:
        office.pull("accounts")

    assert raised.value.retry_after > office.patience


def test_a_cursor_overlaps_so_that_a_record_of_the_same_second_is_not_missed(
    office: Office, customer: TargetState
) -> None:
    (first,) = office.pull("contacts")
    (again,) = office.pull("contacts", cursor=first.watermark)
    assert first.watermark is not None
    later = (datetime.fromisoformat(first.watermark) + timedelta(hours=1)).isoformat()
    (none,) = office.pull("contacts", cursor=later)

    assert [record.id for record in again.records] == [record.id for record in first.records]
    assert none.records == ()


def test_a_payment_deleted_in_xero_is_noticed_by_looking_even_when_no_feed_tells(
    office: Office, customer: TargetState, trade: Make, payment: Make, operate: Make
) -> None:
    _, paid = _paid(office, trade, payment, operate)
    office.caller().post(f"/Payments/{paid.target_id}", {"Status": "DELETED"})
    found = office.look(operate(payment(), Action.DELETE, id=7, target_id=paid.target_id))

    assert [one.status for one in found[7]] == [TargetStatus.VOIDED]


def test_an_expired_token_is_renewed_once_and_the_write_goes_through(
    office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    old = office.consent().access_token()
    office.fault("token_expired")
    office.post(operate(trade()))

    assert office.consent().access_token() != old
    assert len(office.pull("invoices")[0].states) == 1


def test_a_new_token_that_counts_as_expired_does_not_suspend_the_connection(
    office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    office.fault("token_expired", path="Invoices", times=2)
    with pytest.raises(UnreachableError) as raised:
        office.post(operate(trade()))

    assert raised.value.problem.code == "token_not_accepted_yet"
    assert office.pull("invoices")[0].states == ()


def test_a_missing_permission_is_reported_and_no_token_is_wasted_on_it(office: Office) -> None:
    narrow = office.sim.connect("openid offline_access accounting.contacts", CLIENT_ID, office.sim.tenant_id)
    consent = _StaticConsent(narrow["access_token"])
    connection = Connection(1, office.sim.tenant_id, "Test", office.settings, cast(Consent, consent))
    session = PROVIDER.open(connection, office.door())
    with pytest.raises(UnauthorizedError) as raised:
        session.check()

    assert raised.value.problem.code == "scope_missing"
    assert consent.rejected == []


class _StaticConsent:
    """A consent whose token never changes; it notes every wish for another."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.rejected: list[str | None] = []

    def access_token(self, *, rejected: str | None = None) -> str:
        self.rejected += [rejected] if rejected else []
        return self._token


def test_a_tenant_that_vanished_is_told_apart_from_one_that_is_refused(office: Office) -> None:
    with pytest.raises(UnauthorizedError) as raised:
        office.session(office.sim.other_tenant_id).check()

    assert raised.value.problem.code == "organisation_disconnected"


def test_a_write_reaches_the_mapped_organisation_only(
    office: Office, customer: TargetState, trade: Make, operate: Make
) -> None:
    tokens = office.sim.connect("", CLIENT_ID, office.sim.tenant_id, office.sim.other_tenant_id)
    office.post(operate(trade()))
    other = office.sim.caller(office.sim.other_tenant_id)

    assert tokens["access_token"]
    assert other.get("/Invoices", page=1).body["Invoices"] == []
    assert len(office.caller().get("/Invoices", page=1).body["Invoices"]) == 1


def test_a_reading_call_that_xero_refuses_says_so(office: Office) -> None:
    from hub_xero.client import XeroClient

    connection = Connection(1, office.sim.tenant_id, "Test", office.settings, office.consent())
    client = XeroClient(connection, office.door())
    with pytest.raises(RejectedError) as raised:
        client.list("Invoices", {"page": "1", "where": "Nonsense=="})

    assert raised.value.problem.code == "xero_refused_reading"
