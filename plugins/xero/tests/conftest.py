"""A UK organisation's lists and small documents, from which each test changes what it is about."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from hub_xero.provider import XeroProvider
from hub_xero.settings import XeroSettings
from migrated import migrated

from hub import (
    Account,
    AccountClass,
    Action,
    Batch,
    Bill,
    Connection,
    Consent,
    Contact,
    CreditNote,
    Document,
    Door,
    Facts,
    Invoice,
    Item,
    Journal,
    JournalLine,
    JournalReason,
    Kind,
    Limits,
    Line,
    Operation,
    Organisation,
    Outcome,
    Page,
    Payment,
    Session,
    SupplierCredit,
    TargetState,
    TaxMode,
    TaxRate,
    TradeDocument,
    Want,
)
from hub.models import ConsentRow
from hub.store import Store
from hub.vault import Vault

pytest.register_assert_rewrite("hub.testing.contract")

CLIENT_ID = "5EEDED0000000000000000000A99A001"
CLIENT_SECRET = "sim-xero-secret-of-the-new-app"
CONTACT = "c0000000-0000-4000-8000-000000000001"
INVOICE = "a0000000-0000-4000-8000-000000000001"
CREDIT = "b0000000-0000-4000-8000-000000000001"
DAY = date(2026, 3, 31)


def _account(code: str, name: str, kind: AccountClass, **values: Any) -> Account:
    return Account(external_id=f"account-{code}", code=code, name=name, account_class=kind, **values)


def _tax(code: str, percent: str, *classes: AccountClass, **values: Any) -> TaxRate:
    return TaxRate(external_id=code, code=code, name=code, percent=Decimal(percent), classes=classes, **values)


@pytest.fixture
def facts() -> Facts:
    """A UK organisation locked up to the end of 2025, with one contact, invoice and credit linked."""
    asset, expense, revenue = AccountClass.ASSET, AccountClass.EXPENSE, AccountClass.REVENUE
    accounts = [
        _account("200", "Sales", revenue),
        _account("310", "Cost of goods sold", expense),
        _account("635", "Stock on hand", asset),
        _account("090", "Current account", asset, takes_payments=True, takes_documents=False, takes_journals=False),
        _account("091", "Dollar account", asset, takes_payments=True, takes_documents=False, currency="USD"),
        _account("610", "Debtors", asset, system="DEBTORS", takes_documents=False),
        _account("860", "Rounding", expense, system="ROUNDING"),
        _account("999", "Old sales", revenue, active=False),
    ]
    taxes = [
        _tax("OUTPUT2", "20", revenue, asset),
        _tax("INPUT2", "20", expense, asset),
        _tax("TAX15", "15"),
        _tax("NONE", "0", special=True),
        _tax("OLD", "17.5", active=False),
    ]
    return Facts(
        organisation=Organisation(id="t1", name="Demo", base_currency="GBP", lock_date=date(2025, 12, 31)),
        accounts={account.code: account for account in accounts},
        taxes={tax.code: tax for tax in taxes},
        targets={
            (Kind.CONTACT, "cust-1"): CONTACT,
            (Kind.INVOICE, "sale-1"): INVOICE,
            (Kind.CREDIT_NOTE, "credit-1"): CREDIT,
        },
        rounding_account="860",
    )


Trade = Callable[..., Any]
_CLASSES: dict[Kind, type[TradeDocument]] = {
    Kind.INVOICE: Invoice,
    Kind.BILL: Bill,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.SUPPLIER_CREDIT: SupplierCredit,
}


@pytest.fixture
def line() -> Callable[..., Line]:
    """A line of one at ten pounds and 20%, with other values as wanted."""

    def make(amount: str = "10.00", tax: str = "2.00", **values: Any) -> Line:
        given: dict[str, Any] = {
            "description": "Goods",
            "unit_price": Decimal(amount),
            "account": "200",
            "tax_code": "OUTPUT2",
        }
        return Line(**(given | {"amount": Decimal(amount), "tax_amount": Decimal(tax)} | values))

    return make


@pytest.fixture
def trade(line: Callable[..., Line]) -> Trade:
    """A trade document whose totals are those of its lines unless given."""

    def make(kind: Kind = Kind.INVOICE, lines: tuple[Line, ...] | None = None, **values: Any) -> TradeDocument:
        lines = (line(),) if lines is None else lines
        mode = values.get("tax_mode", TaxMode.EXCLUSIVE)
        tax = sum((one.tax_amount for one in lines), Decimal(0))
        net = sum((one.amount for one in lines), Decimal(0)) - (tax if mode is TaxMode.INCLUSIVE else 0)
        totals = {"subtotal": net, "tax": tax, "total": net + tax}
        given: dict[str, Any] = {
            "external_id": "sale-1",
            "number": "INV-1",
            "date": DAY,
            "due_date": date(2026, 4, 30),
            "contact_id": "cust-1",
            "contact_name": "Ridgeway",
            "currency": "GBP",
            "lines": lines,
            "source_url": "https://stock.example/Sale#abc",
        }
        return _CLASSES[kind](**(given | totals | values))

    return make


@pytest.fixture
def payment() -> Callable[..., Payment]:
    """A payment of ten pounds into the current account."""

    def make(**values: Any) -> Payment:
        given: dict[str, Any] = {
            "external_id": "pay-1",
            "document_kind": Kind.INVOICE,
            "document_id": "sale-1",
            "reference": "BACS",
            "date": DAY,
            "amount": Decimal("10.00"),
            "currency": "GBP",
            "account": "090",
        }
        return Payment(**(given | values))

    return make


@pytest.fixture
def journal() -> Callable[..., Journal]:
    """What a shipment cost: ten pounds from stock to cost of goods."""

    def make(amount: str = "10.00", **values: Any) -> Journal:
        cost = Decimal(amount)
        given: dict[str, Any] = {
            "external_id": "ship-1",
            "reason": JournalReason.COST_OF_GOODS,
            "number": "SO-1",
            "reference": "PO 77",
            "date": DAY,
            "currency": "GBP",
            "lines": (
                JournalLine(account="310", amount=cost, description="Shipped"),
                JournalLine(account="635", amount=-cost, description="Shipped"),
            ),
            "source_url": "https://stock.example/Sale#abc",
        }
        return Journal(**(given | values))

    return make


@pytest.fixture
def contact() -> Callable[..., Contact]:
    """A customer."""

    def make(**values: Any) -> Contact:
        given: dict[str, Any] = {"external_id": "cust-1", "name": "Ridgeway", "is_customer": True}
        return Contact(**(given | values))

    return make


@pytest.fixture
def item() -> Callable[..., Item]:
    """A stock item."""

    def make(**values: Any) -> Item:
        given: dict[str, Any] = {"external_id": "item-1", "code": "WIDGET", "name": "Widget"}
        return Item(**(given | values))

    return make


@pytest.fixture
def operate() -> Callable[..., Operation]:
    """An operation on a document; a create unless said otherwise."""

    def make(document: Document, action: Action = Action.CREATE, id: int = 1, **values: Any) -> Operation:
        return Operation(id=id, kind=document.kind, action=action, document=document, key=f"b1-{id}", **values)

    return make


@dataclass
class Office:
    """One hub, one simulated Xero, and what tests do with both."""

    sim: Any
    store: Store
    vault: Vault
    settings: XeroSettings
    consent_id: int
    slept: list[float]
    facts: Facts
    patience: float = 300.0
    limits: Limits = field(default_factory=Limits)

    def session(self, tenant_id: str = "") -> Session:
        """A conversation with a tenant, by default the first."""
        tenant = tenant_id or self.sim.tenant_id
        connection = Connection(1, tenant, "Test", self.settings, self.consent())
        return XeroProvider().open(connection, self.door())

    def consent(self) -> Consent:
        return Consent(self.store, self.vault, XeroProvider(), self.settings, self.consent_id)

    def door(self) -> Door:
        return Door(
            self.store,
            connection_id=1,
            name="Xero",
            limits=self.limits,
            clock=lambda: time.time() + sum(self.slept),
            sleep=self.slept.append,
            patience=self.patience,
        )

    def caller(self) -> Any:
        """Somebody else who works in the same organisation."""
        return self.sim.caller(self.sim.tenant_id)

    def fault(self, kind: str, method: str = "", path: str = "", times: int = 1) -> None:
        rule = {"kind": kind, "method": method, "path": path, "times": times}
        answer = self.caller().post("/_sim/faults", {name: value for name, value in rule.items() if value})
        assert answer.status < 300, answer.body

    def calls(self) -> int:
        return int(self.caller().get("/_sim/calls").body["total"])

    def pull(self, feed: str, **values: Any) -> list[Page]:
        (wanted,) = [one for one in XeroProvider().feeds if one.name == feed]
        return list(self.session().pull(Want(wanted, **values)))

    def fitted(self, *operations: Operation) -> list[Operation]:
        fits = [XeroProvider().fit(operation.document, self.facts) for operation in operations]
        assert [fit.problems for fit in fits] == [()] * len(fits)
        return [replace(operation, document=fit.document) for operation, fit in zip(operations, fits, strict=True)]

    def batch(self, *operations: Operation, name: str = "batch-1") -> Batch:
        first = operations[0]
        return Batch(name, first.kind, first.action, operations, XeroProvider().render(operations, self.facts))

    def push(self, *operations: Operation, name: str = "batch-1") -> list[Outcome]:
        return list(self.session().push(self.batch(*operations, name=name)))

    def post(self, operation: Operation) -> TargetState:
        """Fit, push, and remember the link, as the engine does."""
        (fitted,) = self.fitted(operation)
        (outcome,) = self.push(fitted, name=f"b-{operation.id}")
        assert outcome.problem is None, outcome.problem
        assert outcome.state is not None
        self.link(operation.document, outcome.state.target_id)
        return outcome.state

    def link(self, document: Document, target_id: str) -> None:
        known = {**self.facts.targets, (document.kind, document.external_id): target_id}
        self.facts = self.facts.with_targets(known)

    def look(self, *operations: Operation) -> Mapping[int, Sequence[TargetState]]:
        return self.session().look([replace(one, targets=self.facts.targets) for one in operations])


def documents(pages: list[Page], kind: type[Any]) -> list[Any]:
    """The documents that pages delivered."""
    found = [document for page in pages for record in page.records for document in record.documents]
    assert all(isinstance(document, kind) for document in found)
    return found


@pytest.fixture
def sim() -> Iterator[Any]:
    sim_xero = pytest.importorskip("sim_xero")
    with sim_xero.Simulator(limits=False) as simulator:
        yield simulator


@pytest.fixture
def office(sim: Any, tmp_path: Path, facts: Facts) -> Iterator[Office]:
    store = migrated(tmp_path / "hub.db")
    vault = Vault([Fernet.generate_key().decode()])
    settings = XeroSettings(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,  # type: ignore[arg-type]
        api_url=sim.url,
        login_url=f"{sim.url}/identity/connect/authorize",
        token_url=f"{sim.url}/connect/token",
    )
    tokens = sim.connect("", CLIENT_ID, sim.tenant_id)
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
        consent_id = cast(int, row.id)
    made = Office(sim, store, vault, settings, consent_id, [], facts.with_targets({}))
    made.facts = replace(
        made.facts,
        organisation=made.session().check(),
        accounts={one.code: one for one in documents(made.pull("accounts"), Account)},
        taxes={one.code: one for one in documents(made.pull("tax_rates"), TaxRate)},
    )
    yield made
    store.dispose()


@pytest.fixture
def customer(office: Office, contact: Callable[..., Any], operate: Callable[..., Any]) -> TargetState:
    """Ridgeway, posted and linked."""
    return office.post(operate(contact()))


class Recorder:
    """Answers every call with the next of its answers, else with an empty one."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, list[str]], dict[str, str], bytes]] = []
        self.answers: list[tuple[int, str, str]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                recorder.seen.append((self.command, parts.path, parse_qs(parts.query), headers, body))
                status, kind, text = recorder.answers.pop(0) if recorder.answers else _empty(parts.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                """Tests keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def say(self, value: Any, status: int = 200, kind: str = "application/json") -> None:
        self.answers.append((status, kind, value if isinstance(value, str) else json.dumps(value)))


def _empty(path: str) -> tuple[int, str, str]:
    return 200, "application/json", json.dumps({path.rsplit("/", 1)[-1]: []})


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


class _Token:
    """A consent whose token is always good."""

    def access_token(self, *, rejected: str | None = None) -> str:
        return "token"


@pytest.fixture
def session(recorder: Recorder, tmp_path: Path) -> Iterator[Session]:
    store = migrated(tmp_path / "hub.db")
    door = Door(store, connection_id=1, name="Xero", limits=Limits(), sleep=lambda seconds: None)
    settings = XeroSettings(client_id="id", api_url=recorder.url)
    yield XeroProvider().open(Connection(1, "tenant-1", "Test", settings, cast(Consent, _Token())), door)
    store.dispose()
