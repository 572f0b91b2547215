"""The official Python client works against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sim_xero import Simulator
from xero_python.accounting import (  # type: ignore[import-untyped]
    Account,
    AccountingApi,
    AccountType,
    Allocation,
    Allocations,
    BankTransaction,
    BankTransactions,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    Invoice,
    Invoices,
    Item,
    Items,
    LineAmountTypes,
    LineItem,
    LineItemTracking,
    ManualJournal,
    ManualJournalLine,
    ManualJournals,
    Payment,
    PaymentDelete,
    Payments,
    TrackingCategory,
    TrackingOption,
)
from xero_python.api_client import ApiClient, Configuration  # type: ignore[import-untyped]
from xero_python.api_client.oauth2 import OAuth2Token  # type: ignore[import-untyped]
from xero_python.exceptions import AccountingBadRequestException  # type: ignore[import-untyped]
from xero_python.identity import IdentityApi  # type: ignore[import-untyped]


@pytest.fixture
def client(sim: Simulator) -> Iterator[ApiClient]:
    tokens = sim.connect()
    kept = {name: tokens[name] for name in ("access_token", "refresh_token", "expires_in", "token_type", "id_token")}
    holder: dict[str, Any] = {**kept, "scope": tokens["scope"].split(), "expires_at": 4_000_000_000}
    api_client = ApiClient(
        Configuration(oauth2_token=OAuth2Token(client_id="x", client_secret="y")),
        oauth2_token_getter=lambda: holder,
        oauth2_token_saver=holder.update,
    )
    yield api_client


@pytest.fixture
def api(sim: Simulator, client: ApiClient) -> AccountingApi:
    return AccountingApi(client, base_url=sim.api_url)


def test_connections_are_listed(sim: Simulator, client: ApiClient) -> None:
    rows = IdentityApi(client, base_url=sim.url).get_connections()
    assert [row.tenant_id for row in rows] == [sim.tenant_id]


def test_reference_lists_are_read(sim: Simulator, api: AccountingApi) -> None:
    tenant = sim.tenant_id
    organisation = api.get_organisations(tenant).organisations[0]
    assert organisation.base_currency.value == "GBP"
    assert len(api.get_accounts(tenant).accounts) == 75
    assert {rate.tax_type for rate in api.get_tax_rates(tenant).tax_rates} >= {"OUTPUT2", "INPUT2", "NONE"}
    assert {row.code.value for row in api.get_currencies(tenant).currencies} == {"GBP", "USD", "EUR"}
    made = api.create_account(tenant, Account(code="207", name="Hire Income", type=AccountType.REVENUE))
    assert made.accounts[0].status == "ACTIVE"
    assert api.get_payments(tenant).payments == []


def test_a_sale_is_credited_paid_and_read_back(sim: Simulator, api: AccountingApi) -> None:
    tenant = sim.tenant_id
    contact = api.create_contacts(tenant, Contacts(contacts=[Contact(name="Larch Ltd")])).contacts[0]
    renamed = Contacts(contacts=[Contact(name="Larch Limited")])
    assert api.update_contact(tenant, contact.contact_id, renamed).contacts[0].name == "Larch Limited"
    api.create_items(tenant, Items(items=[Item(code="LAR", name="Larch")]))
    assert api.get_items(tenant).items[0].code == "LAR"
    line = LineItem(description="Larch", quantity=2.0, unit_amount=50.0, account_code="200", item_code="LAR")
    common: dict[str, Any] = {
        "contact": Contact(contact_id=contact.contact_id),
        "line_items": [line],
        "date": date(2026, 11, 2),
        "status": "AUTHORISED",
    }
    sent = Invoice(type="ACCREC", due_date=date(2026, 12, 2), **common)
    invoice = api.create_invoices(tenant, Invoices(invoices=[sent])).invoices[0]
    assert (invoice.total, invoice.date, invoice.status) == (120, date(2026, 11, 2), "AUTHORISED")
    changed = api.update_invoice(tenant, invoice.invoice_id, Invoices(invoices=[Invoice(reference="PO 5")])).invoices[0]
    assert (changed.reference, len(changed.line_items)) == ("PO 5", 1)
    note = CreditNote(type="ACCRECCREDIT", **common)
    credit = api.create_credit_notes(tenant, CreditNotes(credit_notes=[note])).credit_notes[0]
    ident = Invoice(invoice_id=invoice.invoice_id)
    allocation = Allocation(amount=20.0, date=date(2026, 11, 3), invoice=ident)
    made = api.create_credit_note_allocation(tenant, credit.credit_note_id, Allocations(allocations=[allocation]))
    assert made.allocations[0].amount == 20
    paid = Payment(invoice=ident, account=Account(code="090"), amount=100.0, date=date(2026, 11, 4))
    payment = api.create_payments(tenant, Payments(payments=[paid])).payments[0]
    assert api.get_invoice(tenant, invoice.invoice_id).invoices[0].status == "PAID"
    api.delete_payment(tenant, payment.payment_id, PaymentDelete(status="DELETED"))
    api.delete_credit_note_allocations(tenant, credit.credit_note_id, made.allocations[0].allocation_id)
    listed = api.get_invoices(tenant, page=1, statuses=["AUTHORISED"], order="Date DESC")
    assert [row.amount_due for row in listed.invoices] == [120]
    assert listed.pagination.item_count == 1


def test_a_refusal_arrives_as_the_clients_own_error(sim: Simulator, api: AccountingApi) -> None:
    api.create_contacts(sim.tenant_id, Contacts(contacts=[Contact(name="Larch Ltd")]))
    with pytest.raises(AccountingBadRequestException) as caught:
        api.create_contacts(sim.tenant_id, Contacts(contacts=[Contact(name="Larch Ltd")]))
    assert "is already assigned to another contact" in str(caught.value.error_data)


def test_the_client_repeats_a_lost_create_by_itself(sim: Simulator, api: AccountingApi) -> None:
    """What the idempotency key is for: the transport sends a PUT again when the answer is lost."""
    sim.world.faults.add([{"kind": "lost_answer", "method": "PUT", "times": 2}])
    line = LineItem(description="Timber", quantity=1.0, unit_amount=50.0, account_code="310")
    bill = Invoice(type="ACCPAY", contact=Contact(name="Birch"), line_items=[line], status="DRAFT")
    api.create_invoices(sim.tenant_id, Invoices(invoices=[bill]))
    assert len(sim.books.invoices) == 3


def journal(narration: str, *amounts: tuple[str, float], **fields: Any) -> ManualJournals:
    """The client's own body of one manual journal."""
    lines = [ManualJournalLine(account_code=code, line_amount=amount) for code, amount in amounts]
    return ManualJournals(manual_journals=[ManualJournal(narration=narration, journal_lines=lines, **fields)])


def test_manual_journals_are_made_changed_listed_and_voided(sim: Simulator, api: AccountingApi) -> None:
    tenant, amounts = sim.tenant_id, (("630", 12.5), ("305", -12.5))
    fields = {"date": date(2026, 11, 2), "status": "POSTED", "url": "https://hub.test/1"}
    made = api.create_manual_journals(tenant, journal("Counted", *amounts, **fields)).manual_journals[0]
    assert (made.status, made.date, made.url) == ("POSTED", date(2026, 11, 2), "https://hub.test/1")
    assert made.line_amount_types == LineAmountTypes.NOTAX
    ident = made.manual_journal_id
    renamed = journal("Recounted", *amounts)
    assert api.update_manual_journal(tenant, ident, renamed).manual_journals[0].narration == "Recounted"
    listed = api.get_manual_journals(tenant, where='Status=="POSTED"', page=1)
    assert [len(row.journal_lines) for row in listed.manual_journals] == [2]
    assert listed.pagination.item_count == 1
    read = api.get_manual_journal(tenant, ident).manual_journals[0]
    assert (read.journal_lines[0].line_amount, read.show_on_cash_basis_reports) == (12.5, True)
    ended = ManualJournals(manual_journals=[ManualJournal("Recounted", manual_journal_id=ident, status="VOIDED")])
    assert api.update_or_create_manual_journals(tenant, ended).manual_journals[0].status == "VOIDED"


def test_the_client_is_told_what_is_wrong_with_one_journal_of_several(sim: Simulator, api: AccountingApi) -> None:
    body = journal("Good", ("630", 5), ("305", -5))
    body.manual_journals += journal("Askew", ("630", 5), ("305", -4)).manual_journals
    good, askew = api.create_manual_journals(sim.tenant_id, body, summarize_errors=False).manual_journals
    assert (good.status_attribute_string, askew.status_attribute_string) == ("OK", "ERROR")
    assert askew.validation_errors[0].message == "The total debits (5.00) must equal total credits (-4.00)"


def test_both_reports_are_read_with_their_account_ids(sim: Simulator, api: AccountingApi) -> None:
    tenant = sim.tenant_id
    fields = {"date": date(2026, 11, 2), "status": "POSTED"}
    api.create_manual_journals(tenant, journal("Counted", ("630", 12.5), ("305", -12.5), **fields))
    account = api.get_account(tenant, "630").accounts[0].account_id
    trial = api.get_report_trial_balance(tenant, date=date(2026, 11, 30)).reports[0]
    rows = {row.cells[0].value: row for section in trial.rows for row in section.rows or []}
    stock = rows["Stock on Hand (630)"]
    assert [cell.value for cell in stock.cells[1:]] == ["12.50", "", "12.50", ""]
    assert [entry.value for entry in stock.cells[3].attributes if entry.id == "account"] == [account]
    sheet = api.get_report_balance_sheet(tenant, date=date(2026, 11, 30)).reports[0]
    shown = {row.cells[0].value: row.cells[1].value for section in sheet.rows for row in section.rows or []}
    assert (shown["Stock on Hand"], shown["Current Year Earnings"]) == ("12.50", "12.50")


def test_tracking_and_bank_transactions_work_for_the_client(sim: Simulator, api: AccountingApi) -> None:
    tenant = sim.tenant_id
    category = api.create_tracking_category(tenant, TrackingCategory(name="Region")).tracking_categories[0]
    api.create_tracking_options(tenant, category.tracking_category_id, TrackingOption(name="North"))
    line = LineItem(
        description="Boxes",
        line_amount=20.0,
        account_code="325",
        tracking=[LineItemTracking(name="Region", option="North")],
    )
    spent = BankTransaction(
        type="SPEND", contact=Contact(name="Yard"), bank_account=Account(code="090"), line_items=[line]
    )
    api.create_bank_transactions(tenant, BankTransactions(bank_transactions=[spent]))
    (read,) = api.get_bank_transactions(tenant, page=1).bank_transactions
    assert (read.total, read.line_items[0].tracking[0].option) == (24, "North")
