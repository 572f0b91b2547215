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
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    Invoice,
    Invoices,
    Item,
    Items,
    LineItem,
    Payment,
    PaymentDelete,
    Payments,
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
