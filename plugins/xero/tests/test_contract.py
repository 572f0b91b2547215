"""The contract of every provider, kept by Xero's plugin against the simulator over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet
from hub_xero.provider import XeroProvider
from hub_xero.settings import XeroSettings
from migrated import migrated

from hub import (
    Account,
    Allocation,
    Connection,
    Consent,
    Document,
    Facts,
    Kind,
    Limits,
    Provider,
    Refund,
    Session,
    TaxRate,
    Tracking,
    Want,
)
from hub.http import Door
from hub.models import ConsentRow
from hub.store import Store
from hub.testing.contract import ProviderContract
from hub.vault import Vault

sim_xero = pytest.importorskip("sim_xero")

CLIENT_ID = "5EEDED0000000000000000000A99A001"
CLIENT_SECRET = "sim-xero-secret-of-the-new-app"
Make = Callable[..., Any]


def consented(store: Store, vault: Vault, tokens: Mapping[str, Any]) -> int:
    """The id of a stored consent with these tokens."""
    moment = datetime.now(UTC)
    with store.session() as db:
        row = ConsentRow(
            provider="xero",
            secrets=vault.seal({name: tokens[name] for name in ("access_token", "refresh_token")}),
            expires_at=moment + timedelta(seconds=tokens["expires_in"]),
            refreshed_at=moment,
        )
        db.add(row)
        db.flush()
        return cast(int, row.id)


def open_session(simulator: Any, store: Store) -> Session:
    """A conversation with the simulator's first organisation, through the hub's real door and consent."""
    vault = Vault([Fernet.generate_key().decode()])
    settings = XeroSettings(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,  # type: ignore[arg-type]
        api_url=simulator.url,
        login_url=f"{simulator.url}/identity/connect/authorize",
        token_url=f"{simulator.url}/connect/token",
    )
    provider = XeroProvider()
    consent_id = consented(store, vault, simulator.connect("", CLIENT_ID, simulator.tenant_id))
    consent = Consent(store, vault, provider, settings, consent_id)
    door = Door(store, connection_id=1, name="Xero", limits=Limits())
    return provider.open(Connection(1, simulator.tenant_id, "Test", settings, consent), door)


def keep_books(simulator: Any) -> None:
    """What people made in Xero themselves: contacts, items, a tracking category, a part-paid invoice, a credit."""
    person = simulator.caller()
    line = {"Description": "Theirs", "Quantity": 1, "UnitAmount": 99, "AccountCode": "200"}
    document = {"Contact": {"Name": "Theirs"}, "Date": "2026-03-02", "Status": "AUTHORISED", "LineItems": [line]}
    sale = {"Type": "ACCREC", "InvoiceNumber": "THEIRS-1", "DueDate": "2026-04-02", **document}
    payment = {"Invoice": {"InvoiceNumber": "THEIRS-1"}, "Account": {"Code": "090"}, "Date": "2026-03-05", "Amount": 5}
    for path, body in (
        ("/Contacts", {"Contacts": [{"Name": "Theirs"}, {"Name": "Also theirs"}]}),
        ("/Items", {"Items": [{"Code": "TEA", "Name": "Tea"}, {"Code": "COFFEE", "Name": "Coffee"}]}),
        ("/TrackingCategories", {"Name": "Region"}),
        ("/Accounts", {"Code": "635", "Name": "Stock on hand", "Type": "CURRENT"}),
        ("/Invoices", {"Invoices": [sale]}),
        ("/CreditNotes", {"CreditNotes": [{"Type": "ACCRECCREDIT", "CreditNoteNumber": "THEIRS-2", **document}]}),
        ("/Payments", payment),
    ):
        reply = person.put(path, body)
        assert reply.status == 200, reply.body


def listed(session: Session, feed_name: str) -> list[Any]:
    """The documents of one feed."""
    [feed] = [feed for feed in XeroProvider.feeds if feed.name == feed_name]
    pages = session.pull(Want(feed))
    return [document for page in pages for record in page.records for document in record.documents]


class TestContract(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return XeroProvider()

    @pytest.fixture
    def session(self, tmp_path: Path) -> Iterator[Session]:
        store = migrated(tmp_path / "hub.db")
        with sim_xero.Simulator(limits=False) as simulator:
            keep_books(simulator)
            yield open_session(simulator, store)
        store.dispose()

    @pytest.fixture
    def facts(self, session: Session) -> Facts:
        accounts: list[Account] = listed(session, "accounts")
        taxes: list[TaxRate] = listed(session, "tax_rates")
        categories: list[Tracking] = listed(session, "tracking")
        return Facts(
            organisation=session.check(),
            accounts={account.code: account for account in accounts},
            taxes={tax.code: tax for tax in taxes},
            tracking={category.name: category for category in categories},
        )

    @pytest.fixture
    def samples(
        self, contact: Make, item: Make, trade: Make, line: Make, payment: Make, journal: Make
    ) -> Mapping[Kind, Document]:
        bought = (line(account="310", tax_code="INPUT2"),)
        money: dict[str, Any] = {"date": date(2026, 4, 1), "currency": "GBP"}
        to_credit: dict[str, Any] = {"document_kind": Kind.CREDIT_NOTE, "document_id": "credit-1"}
        documents: list[Document] = [
            contact(),
            item(),
            trade(),
            trade(Kind.BILL, bought, external_id="bill-1", number="B-1"),
            trade(Kind.CREDIT_NOTE, external_id="credit-1", number="CR-1"),
            trade(Kind.SUPPLIER_CREDIT, bought, external_id="back-1", number="SC-1"),
            payment(amount=Decimal("5.00")),
            Refund(external_id="refund-1", amount=Decimal("1.00"), account="090", **to_credit, **money),
            Allocation(
                external_id="allocation-1",
                credit_kind=Kind.CREDIT_NOTE,
                credit_id="credit-1",
                document_kind=Kind.INVOICE,
                document_id="sale-1",
                amount=Decimal("2.00"),
                **money,
            ),
            journal(),
        ]
        return {document.kind: document for document in documents}
