"""A small QuickBooks and a Web Connector that visits the hub over HTTP, each just able to do what the tests need."""

from __future__ import annotations

import copy
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import desktop_machine
import pytest
import requests
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from hub_qbdesktop import soap
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.settings import QuickBooksSettings
from hub_qbdesktop.soap import PATH
from lxml import etree
from werkzeug.serving import make_server

from hub import Account, AccountClass, Facts, Hub, Kind, Organisation, TaxRate
from hub.engine import Decisions
from hub.engine.connections import connect, integrate
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import Flow, FlowMode, table
from hub.settings import load_settings
from hub.store import Store
from hub.testing import MemoryStock
from hub.testing.memory import MemorySettings, Shelf
from hub.vault import Vault

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
INTUIT = "http://developer.intuit.com/"
HEAD = '<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{set}>\n{inner}\n</QBXMLMsgsRs>\n</QBXML>'

pytest.register_assert_rewrite("hub.testing.contract")

desktop, machine, simulated = desktop_machine.desktop, desktop_machine.machine, desktop_machine.simulated
sim = desktop_machine.sim
"""Fixtures of a simulated machine."""


@dataclass
class TinyCompany:
    """A company file that keeps what is added, remembers one message set, and refuses what it is told to refuse."""

    name: str = "Acme Trading Ltd"
    country: str = "UK"
    file_id: str = ""
    lists: dict[str, str] = field(default_factory=dict)
    added: list[tuple[str, etree._Element, str]] = field(default_factory=list)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    stored: dict[str, tuple[str, str]] = field(default_factory=dict)
    carried_out: int = 0
    requests: list[str] = field(default_factory=list)
    set_status: str = ""

    def process(self, text: str) -> str:
        """Carry a request out, or give again what was answered to the identical one."""
        self.requests.append(text)
        root = etree.fromstring(text.encode())
        messages = root.find("QBXMLMsgsRq")
        assert messages is not None
        set_id, old = messages.get("newMessageSetID", ""), messages.get("oldMessageSetID", "")
        if old != set_id:
            self.stored.pop(old, None)
        status = f' messageSetStatusCode="{self.set_status or 0}"' if set_id else ""
        if self.set_status:
            return HEAD.format(set=status, inner="")
        if set_id in self.stored:
            before, answer = self.stored[set_id]
            is_same = before == text or not len(messages)
            return answer if is_same else HEAD.format(set=' messageSetStatusCode="9001"', inner="")
        if set_id and set_id == old:
            return HEAD.format(set=' messageSetStatusCode="9002"', inner="")
        answer = HEAD.format(set=status, inner="\n".join(self._one(each) for each in messages))
        if set_id:
            self.carried_out += 1
            self.stored[set_id] = (text, answer)
        return answer

    def _one(self, node: etree._Element) -> str:
        name, request_id = str(node.tag).removesuffix("Rq"), node.get("requestID", "")
        refused = self.refusals.get(name)
        if refused:
            return self._answer(name, request_id, "", *refused)
        if name.endswith(("Add", "Mod")):
            return self._answer(name, request_id, self._add(name[:-3], node[0]))
        if name in ("TxnVoid", "TxnDel"):
            return self._answer(name, request_id, "")
        inner = self.lists.get(name, "") or self._found(name, node)
        return self._answer(name, request_id, inner, *((0, "Status OK") if inner else (1, "No match.")))

    def _answer(self, name: str, request_id: str, inner: str, code: int = 0, message: str = "Status OK") -> str:
        severity = "Info" if code < 500 else "Error"
        return (
            f'<{name}Rs requestID="{request_id}" statusCode="{code}" statusSeverity="{severity}"'
            f" statusMessage={quoteattr(message)}>{inner}</{name}Rs>"
        )

    def _add(self, sort: str, body: etree._Element) -> str:
        number = f"{len(self.added) + 1:X}-1790000000"
        inner = "".join(etree.tostring(child, encoding="unicode") for child in body)
        own = "ListID" if sort in ("Customer", "Vendor") or sort.startswith("Item") else "TxnID"
        record = (
            f"<{sort}Ret><{own}>{number}</{own}><TimeModified>2026-03-01T10:00:00+00:00</TimeModified>"
            f"<EditSequence>1</EditSequence>{inner}{_totals(sort, body)}</{sort}Ret>"
        )
        self.added.append((sort, body, record))
        return record

    def _found(self, query: str, node: etree._Element) -> str:
        """What was added under a number or a name; everything where nothing is asked for in particular."""
        sort = query.removesuffix("Query")
        wanted = {each.text for each in node if each.tag in ("RefNumber", "FullName", "TxnID", "ListID")}
        if not wanted:
            return ""
        found = [
            record for each, _, record in self.added if each == sort or (sort == "Item" and each.startswith("Item"))
        ]
        return "".join(record for record in found if any(f">{text}<" in record for text in wanted))

    def host_answers(self) -> str:
        """What the Web Connector tells in a session's first call."""
        ext = (
            f"<DataExtRet><OwnerID>{OWNER_ID}</OwnerID><DataExtName>FileID</DataExtName><DataExtType>STR255TYPE"
            f"</DataExtType><DataExtValue>{self.file_id}</DataExtValue></DataExtRet>"
        )
        return HEAD.format(
            set="",
            inner=f'<HostQueryRs requestID="0" statusCode="0">{self._host()}</HostQueryRs>'
            f'<CompanyQueryRs requestID="1" statusCode="0"><CompanyRet><CompanyName>{escape(self.name)}</CompanyName>'
            f"{ext if self.file_id else ''}</CompanyRet></CompanyQueryRs>",
        )

    def _host(self) -> str:
        return (
            f"<HostRet><ProductName>QuickBooks Pro</ProductName><Country>{self.country}</Country>"
            "<SupportedQBXMLVersion>12.0</SupportedQBXMLVersion><SupportedQBXMLVersion>13.0</SupportedQBXMLVersion>"
            "<SupportedQBXMLVersion>16.0</SupportedQBXMLVersion></HostRet>"
        )

    def __post_init__(self) -> None:
        self.lists = {
            "HostQuery": self._host(),
            "CompanyQuery": f"<CompanyRet><CompanyName>{escape(self.name)}</CompanyName></CompanyRet>",
            "PreferencesQuery": "<PreferencesRet><AccountingPreferences/></PreferencesRet>",
            "AccountQuery": _account("200", "Sales", "Income") + _account("090", "Bank", "Bank"),
            **self.lists,
        }


def _account(number: str, name: str, sort: str) -> str:
    return (
        f"<AccountRet><ListID>A-{number}</ListID><Name>{name}</Name><FullName>{name}</FullName><IsActive>true</IsActive>"
        f"<AccountType>{sort}</AccountType><AccountNumber>{number}</AccountNumber></AccountRet>"
    )


def _totals(sort: str, body: etree._Element) -> str:
    """What QuickBooks works out itself."""
    total = Decimal(0)
    for line in body:
        if str(line.tag).startswith(("InvoiceLine", "CreditMemoLine", "ItemLine")):
            price = line.findtext("Rate") or line.findtext("Cost") or "0"
            total += (Decimal(line.findtext("Quantity") or "1") * Decimal(price)).quantize(Decimal("0.01"))
        elif str(line.tag).startswith("ExpenseLine"):
            total += Decimal(line.findtext("Amount") or "0")
    if sort == "Invoice":
        left = f"<BalanceRemaining>{total}</BalanceRemaining>"
        return f"<Subtotal>{total}</Subtotal><SalesTaxTotal>0.00</SalesTaxTotal>{left}"
    if sort == "CreditMemo":
        return f"<TotalAmount>{total}</TotalAmount><CreditRemaining>{total}</CreditRemaining>"
    return f"<AmountDue>{total}</AmountDue>" if sort == "Bill" else ""


@dataclass
class Connector:
    """The Web Connector, as far as it shows on the wire."""

    url: str
    user: str = ""
    password: str = ""
    company: TinyCompany = field(default_factory=TinyCompany)
    path: str = r"C:\Books\Acme.qbw"
    ticket: str = ""
    first: bool = True
    is_rpc: bool = False
    raw: list[bytes] = field(default_factory=list)

    def call(self, operation: str, **parameters: str | None) -> Any:
        """One call; a text, or the texts of a list."""
        body = self._rpc(operation, parameters) if self.is_rpc else self._document(operation, parameters)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{INTUIT}{operation}"'}
        answer = requests.post(self.url, data=body.encode(), headers=headers, timeout=20)
        self.raw.append(answer.content)
        assert answer.status_code == 200, answer.text
        root = etree.fromstring(answer.content)
        result = next(each for each in root.iter() if str(each.tag).endswith(f"{operation}Result"))
        texts = [each.text or "" for each in result]
        return texts if texts else result.text or ""

    def _document(self, operation: str, parameters: dict[str, str | None]) -> str:
        inner = "".join(f"<{n}>{escape(v)}</{n}>" if v else f"<{n} />" for n, v in parameters.items() if v is not None)
        return (
            f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
            f'<{operation} xmlns="{INTUIT}">{inner}</{operation}></soap:Body></soap:Envelope>'
        )

    def _rpc(self, operation: str, parameters: dict[str, str | None]) -> str:
        inner = "".join(f'<{n} xsi:type="xsd:string">{escape(v or "")}</{n}>' for n, v in parameters.items())
        return (
            f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
            '<soap:Body soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
            f'<q1:{operation} xmlns:q1="{INTUIT}">{inner}</q1:{operation}></soap:Body></soap:Envelope>'
        )

    def sign_in(self) -> str:
        """Sign in; the second word of the answer."""
        self.first = True
        self.ticket, told = self.call("authenticate", strUserName=self.user, strPassword=self.password)[:2]
        return str(told)

    def ask(self) -> str:
        """The next request."""
        answers = self.company.host_answers() if self.first else ""
        self.first = False
        parameters = {
            "ticket": self.ticket,
            "strHCPResponse": answers,
            "strCompanyFileName": self.path,
            "qbXMLCountry": "US",
            "qbXMLMajorVers": "13",
            "qbXMLMinorVers": "0",
        }
        return str(self.call("sendRequestXML", **parameters))

    def tell(self, answer: str, hresult: str = "", message: str = "") -> int:
        """Bring an answer."""
        told = self.call("receiveResponseXML", ticket=self.ticket, response=answer, hresult=hresult, message=message)
        return int(told)

    def until(self, mark: str) -> str:
        """Answer requests until one with ``mark`` in it comes."""
        for _ in range(60):
            text = self.ask()
            assert text, self.error()
            if mark in text:
                return text
            self.tell(self.company.process(text))
        raise AssertionError(f"nobody asked for {mark}")

    def error(self) -> str:
        return str(self.call("getLastError", ticket=self.ticket))

    def leave(self) -> str:
        return str(self.call("closeConnection", ticket=self.ticket))

    def visit(self) -> list[int]:
        """A whole visit; the percentages that were told."""
        told: list[int] = []
        if self.sign_in() in ("none", "busy", "nvu"):
            return told
        for _ in range(100):
            text = self.ask()
            if not text:
                break
            told.append(self.tell(self.company.process(text)))
            if told[-1] == 100 or told[-1] < 0:
                break
        self.leave()
        return told


@dataclass
class Clock:
    at: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def on(self, **more: float) -> None:
        self.at += timedelta(**more)


@dataclass
class Office:
    """A hub with a stock system and a QuickBooks connection, served over HTTP, and the Web Connector that visits it."""

    hub: Hub
    clock: Clock
    shelf: Shelf
    connector: Connector
    stock_id: int
    ledger_id: int
    integration_id: int

    @property
    def company(self) -> TinyCompany:
        return self.connector.company

    def confirm(self) -> None:
        """Let the company file be seen, and say that it is the right one."""
        self.connector.visit()
        connectors = Connectors(self.hub)
        row = connectors.of(self.ledger_id)
        assert row is not None
        connectors.confirm(self.ledger_id, row.seen, "bookkeeper@example.com")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "template.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.dispose()
    return path


KEY = Fernet.generate_key().decode()
STOCK, LEDGER, INTEGRATION = 1, 2, 1
"""The ids in every database of these tests."""


@dataclass(frozen=True)
class Kept:
    """An office as it was set up once, for others to begin with."""

    database: bytes
    password: str
    company: TinyCompany
    at: datetime


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Where the database of each test lies: one place, so that the statements compiled for it are used again."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('place') / 'hub.db'}")
    yield store
    store.dispose()


@contextmanager
def opened(store: Store, database: bytes, kept: Kept | None = None) -> Iterator[Office]:
    """An office on a database: a fresh one, or what was kept of another."""
    assert store.file is not None
    store.file.write_bytes(database)
    clock = Clock(kept.at) if kept else Clock()
    shelf = Shelf()
    stock, ledger = MemoryStock(shelf), QuickBooksProvider()
    port = _free_port()
    settings = load_settings(freshness_seconds=0, base_url=f"http://localhost:{port}")
    hub = Hub(store, Vault([KEY]), {stock.name: stock, ledger.name: ledger}, settings, clock=clock)
    connectors = Connectors(hub)
    if kept is None:
        connect(hub, stock, MemorySettings(), name="Shelf")
        connect(hub, ledger, QuickBooksSettings.model_validate({}), name="Acme books", account_id="acme")
        integrate(hub, STOCK, LEDGER, start_date=date(2026, 1, 1))
    row = connectors.made(LEDGER)
    password = kept.password if kept else connectors.new_password(LEDGER, "owner")
    company = copy.deepcopy(kept.company) if kept else TinyCompany(file_id=row.file_id)
    # The service alone; that the whole application lets it through has a test of its own.
    app = Flask("service")
    app.register_blueprint(soap.blueprint(hub))
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    connector = Connector(f"http://127.0.0.1:{port}{PATH}", row.user_name, password, company)
    try:
        yield Office(hub, clock, shelf, connector, STOCK, LEDGER, INTEGRATION)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.dispose()
        for left in store.file.parent.glob("hub.db-*"):
            left.unlink()


@pytest.fixture
def office(place: Store, template: Path) -> Iterator[Office]:
    """Everything connected, nothing visited yet."""
    with opened(place, template.read_bytes()) as made:
        yield made


@pytest.fixture(scope="session")
def shop_kept(place: Store, template: Path) -> Kept:
    """Everything mapped, contacts and invoices automatic, the company file confirmed and read."""
    with opened(place, template.read_bytes()) as made:
        _furnish(made)
        made.clock.on(minutes=40)
    assert place.file is not None
    return Kept(place.file.read_bytes(), made.connector.password, made.company, made.clock.at)


def _furnish(office: Office) -> None:
    hub = office.hub
    hub.run(STOCK)
    office.confirm()
    person = Decisions(hub, "bookkeeper")
    person.confirm_others_off(INTEGRATION)
    Pilot(hub, "bookkeeper").skip(INTEGRATION, "Tests are about what comes after it.")
    person.set_mapping(INTEGRATION, MappingList.ACCOUNT, {"200": "200"})
    person.set_mapping(INTEGRATION, MappingList.TAX_RATE, {"NONE": "No tax"})
    flows = table(Flow)
    with hub.store.read() as db:
        found = {row.kind: row.id for row in db.execute(sa.select(flows))}
    for kind in (Kind.CONTACT, Kind.INVOICE):
        person.set_flow(found[kind], mode=FlowMode.AUTOMATIC)
    with hub.store.write() as db:
        db.execute(sa.update(flows).values(checked_at=office.clock()))


@pytest.fixture
def shop(place: Store, shop_kept: Kept) -> Iterator[Office]:
    """An office that is set up, to post from."""
    with opened(place, shop_kept.database, shop_kept) as made:
        yield made


def _rate(code: str, percent: str, **more: Any) -> TaxRate:
    return TaxRate(external_id=code, code=code, name=code, percent=Decimal(percent), **more)


@pytest.fixture
def facts() -> Facts:
    """A company in the United States with one customer, vendor, item, invoice and bill linked."""
    sorts = {
        "4000": ("Sales", AccountClass.REVENUE, "Income"),
        "5000": ("Purchases", AccountClass.EXPENSE, "CostOfGoodsSold"),
        "1200": ("Inventory", AccountClass.ASSET, "OtherCurrentAsset"),
        "1000": ("Checking", AccountClass.ASSET, "Bank"),
        "1100": ("Receivable", AccountClass.ASSET, "AccountsReceivable"),
    }
    accounts = {
        code: Account(external_id=f"8000-{code}", code=code, name=name, account_class=sort, type=type)
        for code, (name, sort, type) in sorts.items()
    }
    rates = [
        _rate("Tax:San Mateo", "8.25", on_purchases=False),
        _rate("Tax:Alameda", "9.5", on_purchases=False),
        _rate("Non", "0", on_purchases=False, special=True),
        _rate("In cost", "0", on_sales=False, special=True),
    ]
    return Facts(
        organisation=Organisation(id="f1", name="Acme Inc", base_currency="USD"),
        accounts=accounts,
        taxes={rate.code: rate for rate in rates},
        targets={
            (Kind.CONTACT, "c1"): "customer:80000001-1",
            (Kind.CONTACT, "s1"): "vendor:80000002-1",
            (Kind.ITEM, "p1"): "noninventory:80000003-1",
            (Kind.INVOICE, "i1"): "1A-1",
            (Kind.BILL, "b1"): "1B-1",
            (Kind.CREDIT_NOTE, "cn1"): "1C-1",
            (Kind.SUPPLIER_CREDIT, "sc1"): "1D-1",
            (Kind.CONTACT, "=invoice:i1"): "customer:80000001-1",
            (Kind.CONTACT, "=credit_note:cn1"): "customer:80000001-1",
            (Kind.CONTACT, "=bill:b1"): "vendor:80000002-1",
        },
    )


class _Parts(etree.Resolver):
    """The schema's parts by the names that they have in the folder, whether or not somebody amended them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def resolve(self, system_url: str, public_id: str, *context: Any) -> Any:
        plain = self.folder / Path(system_url).name.replace("_modified", "")
        here: Any = self
        return here.resolve_filename(str(plain), *context) if plain.exists() else None


@pytest.fixture(scope="session")
def schema() -> Callable[[bytes], list[str]]:
    """What Intuit's own schema of qbXML 13.0 has against a request, where the specifications are at hand."""
    folder = os.environ.get("LEDGERPORT_SPECS", "")
    path = Path(folder) / "qbdesktop" / "xsd130" / "qbxmlops130.xsd"
    if not folder or not path.exists():
        pytest.skip("set LEDGERPORT_SPECS to a folder with qbdesktop/xsd130 of the QuickBooks Desktop SDK")
    parser = etree.XMLParser()
    parser.resolvers.add(_Parts(path.parent))
    known = etree.XMLSchema(etree.parse(str(path), parser))

    def faults(content: bytes) -> list[str]:
        known.validate(etree.fromstring(content))
        log: Any = known.error_log
        return [str(error.message) for error in log]

    return faults
