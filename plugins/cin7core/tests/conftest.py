"""A small Core of our own on a free port, and hand-made natives in Core's shapes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hub_cin7core.provider import Cin7Core, Cin7CoreSettings
from migrated import migrated

from hub import Connection, Limits, Session
from hub.http import Door

pytest.register_assert_rewrite("hub.testing.contract")

LIST_KEYS = {
    "saleList": "SaleList",
    "saleCreditNoteList": "SaleList",
    "purchaseList": "PurchaseList",
    "purchaseCreditNoteList": "PurchaseList",
    "customer": "CustomerList",
    "supplier": "SupplierList",
    "product": "Products",
    "ref/account": "AccountsList",
    "ref/account/bank": "BankAccountsList",
    "ref/tax": "TaxRuleList",
    "ref/paymentterm": "PaymentTermList",
    "ref/productavailability": "ProductAvailabilityList",
    "transactions": "Transactions",
    "stockadjustmentList": "StockAdjustmentList",
    "stockTakeList": "StockAdjustmentList",
    "finishedGoodsList": "FinishedGoods",
    "disassemblyList": "Disassemblies",
    "inventoryWriteOffList": "InventoryWriteOffs",
    "journal": "Journals",
}
STOCK_DETAILS = ("stockadjustment", "stocktake", "finishedGoods", "disassembly", "inventoryWriteOff")
DETAILS = ("sale", "purchase", "advanced-purchase", *STOCK_DETAILS)


@dataclass(frozen=True)
class Reply:
    """One answer, as it goes over the wire."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Call:
    """One request that arrived."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


class FakeCore:
    """Lists that page, details by id, and replies that are forced."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {path: [] for path in LIST_KEYS}
        self.details: dict[str, dict[str, Any]] = {path: {} for path in DETAILS}
        self.forced: dict[str, list[Reply]] = {}
        self.calls: list[Call] = []
        self.page_cap = 1000
        self.counts_both_ends = False
        self.before_answer: Callable[[Call], None] = lambda call: None
        self.url = ""
        self._lock = threading.Lock()

    def force(self, path: str, *replies: Reply) -> None:
        """The next calls of a path get these replies."""
        self.forced.setdefault(path, []).extend(replies)

    def count(self, path: str) -> int:
        """How many calls of a path came in."""
        return sum(call.path == path for call in self.calls)

    def add_sale(self, row: dict[str, Any], detail: dict[str, Any]) -> None:
        """A sale in the list and its detail."""
        self.lists["saleList"].append(row)
        self.details["sale"][detail["ID"]] = detail

    def add_purchase(self, row: dict[str, Any], detail: dict[str, Any], path: str = "advanced-purchase") -> None:
        """A purchase in the list and its detail on one path."""
        self.lists["purchaseList"].append(row)
        self.details[path][detail["ID"]] = detail

    def reply(self, call: Call) -> Reply:
        """What Core says."""
        with self._lock:
            self.calls.append(call)
            if self.forced.get(call.path):
                return self.forced[call.path].pop(0)
        self.before_answer(call)
        if call.path in self.details:
            found = self.details[call.path].get((call.params.get("ID") or call.params["TaskID"]).lower())
            return (
                Reply(body=found) if found is not None else Reply(404, [{"ErrorCode": 404, "Exception": "not found"}])
            )
        if call.path in self.lists:
            return Reply(body=self._page(call))
        return Reply(body="<html><body>Page not found</body></html>", content_type="text/html")

    def _page(self, call: Call) -> dict[str, Any]:
        since = call.params.get("UpdatedSince") or call.params.get("ModifiedSince") or ""
        rows = [row for row in self.lists[call.path] if not since or self._stamp(row)[:23] > since]
        if "FromDate" in call.params:
            rows = [row for row in rows if self._is_between(row, call.params["FromDate"], call.params["ToDate"])]
        if "TaskID" in call.params:
            rows = [row for row in rows if row["TaskID"] == call.params["TaskID"]]
        number, size = int(call.params["Page"]), min(int(call.params["Limit"]), self.page_cap)
        part = rows[(number - 1) * size : number * size]
        return {"Total": len(rows), "Page": number, LIST_KEYS[call.path]: part}

    def _is_between(self, row: Mapping[str, Any], first: str, last: str) -> bool:
        """What the documentation leaves open: whether the two days count themselves."""
        day = f"{row['EffectiveDate']}.000"
        return first < day < last or (self.counts_both_ends and day in (first, last))

    @staticmethod
    def _stamp(row: Mapping[str, Any]) -> str:
        return str(row.get("Updated") or row.get("LastUpdatedDate") or row.get("LastModifiedOn"))


def _handler(core: FakeCore) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/ExternalApi/v2/")
            reply = core.reply(Call(path, dict(parse_qsl(parts.query)), dict(self.headers.items())))
            raw = reply.body if isinstance(reply.body, str) else json.dumps(reply.body, default=_plain)
            content = raw.encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests keep quiet."""

    return Handler


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)  # written as the number it is; only reading it back must be exact
    raise TypeError(type(value).__name__)


@pytest.fixture
def core() -> Iterator[FakeCore]:
    """An empty Core on a free port."""
    made = FakeCore()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}/ExternalApi/v2"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def slept() -> list[float]:
    """How long the door rested; nobody waits in tests."""
    return []


@pytest.fixture
def connect(tmp_path: Path, slept: list[float]) -> Iterator[Callable[..., Session]]:
    """Open a session to an address, through the hub's real door on a database of its own."""
    store = migrated(tmp_path / "hub.sqlite")
    time = [1_000_000.0]

    def open_session(url: str, *, rest: Callable[[float], None] | None = None, **settings: Any) -> Session:
        def sleep(seconds: float) -> None:
            slept.append(seconds)
            time[0] += seconds
            if rest:
                rest(seconds)

        values = {"account_id": "my-account", "application_key": "my-key", "base_url": url, **settings}
        chosen = Cin7CoreSettings.model_validate(values)
        door = Door(
            store,
            connection_id=1,
            name="Cin7 Core",
            limits=Limits(),
            clock=lambda: time[0],
            sleep=sleep,
            patience=200.0,
        )
        return Cin7Core().open(Connection(1, chosen.account_id, "Test", chosen), door)

    yield open_session
    store.dispose()


class Natives:
    """Core's shapes, filled with values of our own; keywords replace fields."""

    Reply = Reply

    @staticmethod
    def id(number: int) -> str:
        """The n-th GUID."""
        return f"00000000-0000-4000-8000-{number:012d}"

    def line(self, total: str = "100", tax: str = "20", **fields: Any) -> dict[str, Any]:
        """A line of goods."""
        return {
            "ProductID": self.id(900),
            "SKU": "BREAD",
            "Name": "Bread",
            "Quantity": Decimal(10),
            "Price": Decimal(total) / 10,
            "Discount": 0,
            "Tax": Decimal(tax),
            "Total": Decimal(total),
            "TaxRule": "20% (VAT on Income)",
            "Account": "200",
            "Comment": "",
            **fields,
        }

    def charge(self, total: str = "5", tax: str = "1", **fields: Any) -> dict[str, Any]:
        """An additional charge."""
        return {
            "Description": "Freight",
            "Quantity": 1,
            "Price": Decimal(total),
            "Discount": 0,
            "Tax": Decimal(tax),
            "Total": Decimal(total),
            "TaxRule": "20% (VAT on Income)",
            "Account": "260",
            "Comment": "",
            **fields,
        }

    def money(self, number: int, amount: str = "50", **fields: Any) -> dict[str, Any]:
        """A payment, refund or prepayment."""
        return {
            "ID": self.id(number),
            "Reference": "",
            "Amount": Decimal(amount),
            "DatePaid": "2026-09-05T00:00:00",
            "Account": "090",
            "CurrencyRate": 1,
            "DateCreated": "2026-09-05T06:58:21.8882229Z",
            **fields,
        }

    def invoice(self, number: int = 10, **fields: Any) -> dict[str, Any]:
        """An authorised invoice of 100 and 20 tax, of a sale or an advanced purchase."""
        return {
            "TaskID": self.id(number),
            "InvoiceNumber": f"INV-{number}",
            "Status": "AUTHORISED",
            "InvoiceDate": "2026-09-02T00:00:00",
            "InvoiceDueDate": "2026-10-02T00:00:00",
            "Lines": [self.line()],
            "AdditionalCharges": [],
            "Payments": [],
            "TotalBeforeTax": Decimal(100),
            "Tax": Decimal(20),
            "Total": Decimal(120),
            "Paid": 0,
            **fields,
        }

    def credit(self, number: int = 20, of: str = "INV-10", **fields: Any) -> dict[str, Any]:
        """An authorised credit of 10 and 2 tax."""
        return {
            "TaskID": self.id(number),
            "CreditNoteInvoiceNumber": of,
            "Status": "AUTHORISED",
            "CreditNoteDate": "2026-09-09T00:00:00",
            "CreditNoteNumber": f"CR-{number}",
            "Lines": [self.line("10", "2", Quantity=1, Price=Decimal(10))],
            "AdditionalCharges": [],
            "Refunds": [],
            "TotalBeforeTax": Decimal(10),
            "Tax": Decimal(2),
            "Total": Decimal(12),
            **fields,
        }

    def sale(self, number: int = 1, **fields: Any) -> dict[str, Any]:
        """A sale in pounds with one authorised invoice."""
        return {
            "ID": self.id(number),
            "Customer": "Acme",
            "CustomerID": self.id(800),
            "DefaultAccount": "200",
            "BaseCurrency": "GBP",
            "CustomerCurrency": "GBP",
            "CurrencyRate": 1,
            "TaxRule": "20% (VAT on Income)",
            "TaxCalculation": "Exclusive",
            "Terms": "30 days",
            "CustomerReference": "PO 7",
            "LastModifiedOn": "2026-09-02T03:00:48.04Z",
            "Status": "INVOICED",
            "Type": "Simple Sale",
            "Quote": {"Status": "NOT AVAILABLE", "Prepayments": [], "Lines": []},
            "Order": {"SaleOrderNumber": f"SO-{number}", "Status": "AUTHORISED", "Lines": []},
            "Invoices": [self.invoice(number * 1000 + 10)] if number > 1 else [self.invoice()],
            "CreditNotes": [],
            **fields,
        }

    def sale_row(self, number: int = 1, updated: str = "2026-09-02T03:00:48.043Z", **fields: Any) -> dict[str, Any]:
        """The list row of an invoiced sale."""
        return {
            "SaleID": self.id(number),
            "OrderNumber": f"SO-{number}",
            "Status": "INVOICED",
            "OrderDate": "2026-09-01T00:00:00",
            "InvoiceDate": "2026-09-02T00:00:00",
            "InvoiceNumber": f"INV-{number}",
            "InvoiceAmount": 120,
            "PaidAmount": 0,
            "CreditNoteNumber": None,
            "CombinedInvoiceStatus": "INVOICED",
            "CreditNoteStatus": "NOT AVAILABLE",
            "Updated": updated,
            "Type": "Simple Sale",
            **fields,
        }

    def purchase(self, number: int = 1, **fields: Any) -> dict[str, Any]:
        """An advanced purchase in pounds with one authorised bill."""
        return {
            "ID": self.id(number),
            "SupplierID": self.id(700),
            "Supplier": "Carlton",
            "InventoryAccount": "715",
            "BaseCurrency": "GBP",
            "SupplierCurrency": "GBP",
            "CurrencyRate": 1,
            "TaxRule": "20% (VAT on Expenses)",
            "TaxCalculation": "Exclusive",
            "OrderNumber": f"PO-{number}",
            "Type": "Advanced Purchase",
            "Status": "RECEIVED",
            "LastUpdatedDate": "2026-04-23T05:57:45.847Z",
            "Order": {"Status": "AUTHORISED", "Lines": [], "Prepayments": []},
            "StockReceived": [],
            "Invoice": [self.invoice()],
            "CreditNote": [],
            **fields,
        }

    def purchase_row(self, number: int = 1, **fields: Any) -> dict[str, Any]:
        """The list row of an invoiced advanced purchase."""
        return {
            "ID": self.id(number),
            "OrderNumber": f"PO-{number}",
            "Status": "RECEIVED",
            "OrderDate": "2026-09-01T00:00:00",
            "InvoiceDate": "2026-09-02T00:00:00",
            "InvoiceNumber": "B-1",
            "InvoiceAmount": 120,
            "PaidAmount": 0,
            "CombinedInvoiceStatus": "INVOICED",
            "InvoiceStatus": "AUTHORISED",
            "CreditNoteStatus": "NOT AVAILABLE",
            "LastUpdatedDate": "2026-04-23T05:57:45.847Z",
            "Type": "Advanced Purchase",
            **fields,
        }


@pytest.fixture
def natives() -> Natives:
    """Builders of Core's shapes."""
    return Natives()
