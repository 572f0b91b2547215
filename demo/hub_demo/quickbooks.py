"""QuickBooks Desktop as the demo's ledger: its Web Connector visits the hub's own service, with the downloaded file."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from hub.causes import Cause
from hub.documents import Kind
from hub.engine import Hub
from hub.engine.connections import connect, parse_settings
from hub.plugins import Plugins
from hub_demo.browser import Browser, Page
from hub_demo.ledger import ACTOR, CASH_CUSTOMER, STOCK_CODE, STOCK_NAME, Ledger, Say, Sums, known
from hub_demo.owner import OWNER, PASSWORD, ensure_owner
from hub_demo.serving import served
from hub_demo.simulators import Pair
from hub_demo.stock import StockSummary, month_end, worth

_OPENING = "Opening Balance Equity"
_LONGEST = 3600
"""Seconds that a visit may take."""
_MOST_VISITS = 10
_HOME = "GBP"
_CENT = Decimal("0.01")
_SORTS = {
    "Invoice": Kind.INVOICE,
    "CreditMemo": Kind.CREDIT_NOTE,
    "Bill": Kind.BILL,
    "VendorCredit": Kind.SUPPLIER_CREDIT,
    "ReceivePayment": Kind.PAYMENT,
    "BillPaymentCheck": Kind.PAYMENT,
    "Check": Kind.REFUND,
}
_SET = """<?xml version="1.0"?><?qbxml version="13.0"?>
<QBXML><QBXMLMsgsRq onError="stopOnError">{request}</QBXMLMsgsRq></QBXML>"""
_ACCOUNT = """<AccountAddRq><AccountAdd><Name>{name}</Name><AccountType>{type}</AccountType>
<AccountNumber>{number}</AccountNumber>{currency}</AccountAdd></AccountAddRq>"""
_DOLLARS = "<CurrencyRef><FullName>US Dollar</FullName></CurrencyRef>"
_IN_DOLLARS = (("802", "Accounts Payable (USD)", "AccountsPayable"), ("094", "Business Bank Account (USD)", "Bank"))
"""What QuickBooks needs for suppliers who trade in dollars: their accounts are in their currency."""
_BALANCE = """<JournalEntryAddRq><JournalEntryAdd><TxnDate>{day}</TxnDate><RefNumber>OPENING</RefNumber>
<JournalDebitLine><AccountRef><FullName>{stock}</FullName></AccountRef><Amount>{worth}</Amount></JournalDebitLine>
<JournalCreditLine><AccountRef><FullName>{equity}</FullName></AccountRef><Amount>{worth}</Amount></JournalCreditLine>
</JournalEntryAdd></JournalEntryAddRq>"""


class QuickBooks(Ledger):
    """A simulated company file that keeps its books in pounds and knows dollars, and the Web Connector beside it."""

    provider, title, company = "qbdesktop", "QuickBooks", "Demo Trading Ltd (QuickBooks)"
    compared = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT, Kind.PAYMENT, Kind.REFUND)

    taxes = {"No VAT": "No tax"}
    methods = {"090": "Bank transfer"}
    hurry = "Cin7 Core allows 60 calls a minute; here its minute lasts {minute:g} s."
    visits = True

    @contextmanager
    def serving(self, hub: Hub, plugins: Plugins) -> Iterator[None]:
        """The Web Connector visits: the hub's pages and its service are there from the beginning."""
        with served(hub, plugins):
            ensure_owner(hub)
            yield

    def connect(self, hub: Hub, pair: Pair, limits: Mapping[str, Any], say: Say) -> int:
        """Make the entity, and add its .qwc file with a new password to the Web Connector."""
        before = known(hub, self.provider)
        if before is not None and before.id is not None:
            ledger_id = before.id
        else:
            say("connecting QuickBooks: downloading the .qwc file, adding it to the Web Connector")
            provider = hub.provider(self.provider)
            settings = parse_settings(provider, {})
            ledger_id = connect(hub, provider, settings, name=self.company, limits={}, actor=ACTOR)
        entity = Entity(hub, ledger_id)
        pair.ledger.tell("/_sim/applications", {"qwc": entity.file(), "password": entity.new_password()})
        return ledger_id

    def read_lists(self, hub: Hub, pair: Pair, ledger_id: int, say: Say) -> None:
        """The first visit only reads; then the bookkeeper confirms the company file that came."""
        for number, name, type in _IN_DOLLARS:
            _request(pair, _ACCOUNT.format(number=number, name=name, type=type, currency=_DOLLARS))
        _enter(pair, "Customer", Name=CASH_CUSTOMER)
        _must_be_done(self._visit(pair))
        say("confirming the company file that the first visit brought")
        Entity(hub, ledger_id).confirm()

    def add_stock_account(self, hub: Hub, pair: Pair, integration_id: int, opening: Decimal, day: date) -> None:
        """The bookkeeper adds the account in QuickBooks, with its opening balance, and lets the hub read it."""
        _request(pair, _ACCOUNT.format(number=STOCK_CODE, name=STOCK_NAME, type="OtherCurrentAsset", currency=""))
        _request(pair, _BALANCE.format(day=day, stock=STOCK_NAME, equity=_OPENING, worth=f"{opening:.2f}"))
        hub.want(hub.integration(integration_id).ledger_id, "an account was added")
        _must_be_done(self._visit(pair))

    def sync(self, hub: Hub, pair: Pair) -> list[str]:
        """Read the stock side, then let the Web Connector come until it has nothing to do."""
        found = [str(report.problem) for report in hub.run_wanted() if report.problem is not None]
        for _ in range(_MOST_VISITS):
            told = self._visit(pair)
            if told["outcome"] == "no_data":
                return found
            if told["outcome"] != "done":
                return [*found, _trouble(told)]
        return [*found, f"The Web Connector still has something to do after {_MOST_VISITS} visits."]

    def again(self, hub: Hub, pair: Pair, ledger_id: int) -> dict[str, int]:
        """A visit that is wanted, reads what changed, and finds nothing to post."""
        hub.want(ledger_id, "to see that nothing is left")
        before = sum(one["count"] for one in pair.ledger.ask("/_sim/state")["transactions"].values())
        told = _must_be_done(self._visit(pair))
        after = sum(one["count"] for one in pair.ledger.ask("/_sim/state")["transactions"].values())
        return {"round trips": told["exchanges"], "transactions created": after - before}

    def _visit(self, pair: Pair) -> Mapping[str, Any]:
        """Press Update Selected in the Web Connector; what it tells afterwards."""
        begun = time.monotonic()
        told: Mapping[str, Any] = pair.ledger.tell("/_sim/visit", {}, seconds=_LONGEST)
        self.seconds += time.monotonic() - begun
        return told

    def idle(self, pair: Pair) -> None:
        """The Web Connector's schedule, in seconds instead of minutes."""
        self._visit(pair)

    def sums(self, pair: Pair) -> Sums:
        """Transactions of the company file; what was voided counts nothing."""
        named = {one["list_id"]: one["fields"]["CurrencyCode"] for one in pair.ledger.ask("/_sim/state/Currency")}
        found: dict[tuple[Kind, str], Decimal] = defaultdict(Decimal)
        for sort, kind in _SORTS.items():
            for one in pair.ledger.ask(f"/_sim/state/{sort}"):
                found[kind, named.get(one["fields"].get("CurrencyRef"), _HOME)] += Decimal(one["total"])
        return found

    def calls(self, pair: Pair) -> dict[str, int]:
        """Visits of the Web Connector, and requests that it carried to QuickBooks and back."""
        told = pair.ledger.ask("/_sim/visits")
        return {"visits": len(told), "round trips": sum(one["exchanges"] for one in told)}

    def reconciled(self, hub: Hub, pair: Pair, integration_id: int, start: date) -> StockSummary | None:
        """The account of each side's own books; a cent of a converted document may be rounded the other way there."""
        end = month_end(start)
        stock = worth(hub, integration_id, end)
        rows = pair.ledger.ask(f"/_sim/ledger?until={end}")["rows"]
        ledger = sum((Decimal(row["balance"]) for row in rows if row["number"] == STOCK_CODE), Decimal(0))
        difference = stock - ledger
        cause = Cause.ROUNDING if abs(difference) <= _CENT * self._converted(pair) else Cause.UNEXPLAINED
        causes = {cause.value: f"{difference:.2f}"} if difference else {}
        return StockSummary(f"{start} to {end}", f"{stock:.2f}", f"{ledger:.2f}", f"{difference:.2f}", causes)

    @staticmethod
    def _converted(pair: Pair) -> int:
        """How many transactions are in a foreign currency."""
        sorts = [pair.ledger.ask(f"/_sim/state/{sort}") for sort in _SORTS]
        return sum(one["fields"].get("ExchangeRate") not in (None, "1") for listed in sorts for one in listed)


def _enter(pair: Pair, kind: str, **fields: str) -> None:
    """What a person enters in a list of QuickBooks."""
    pair.ledger.tell("/_sim/person/add_entry", {"kind": kind, "fields": {**fields, "IsActive": True}})


def _request(pair: Pair, request: str) -> None:
    """What a person enters in a form of QuickBooks that has more than plain fields."""
    answer = pair.ledger.tell("/_sim/request", {"qbxml": _SET.format(request=request)})["answer"]
    if 'statusCode="0"' not in answer:
        raise SystemExit(f"The simulated company file refused what was entered: {answer}")


def _must_be_done(told: Mapping[str, Any]) -> Mapping[str, Any]:
    if told["outcome"] != "done":
        raise SystemExit(_trouble(told))
    return told


def _trouble(told: Mapping[str, Any]) -> str:
    return f"The visit of the Web Connector ended with '{told['outcome']}': {' '.join(told['shown'])}"


class Entity:
    """The page of the connection, in the browser of somebody who is signed in."""

    def __init__(self, hub: Hub, ledger_id: int) -> None:
        self.browser = Browser(f"http://localhost:{hub.settings.listen_port}")
        self.browser.sign_in(OWNER.email, PASSWORD)
        self.path = f"/qbdesktop/entities/{ledger_id}/"

    def file(self) -> str:
        """The .qwc file, by the link on the page."""
        return self.browser.read(self.browser.open(self.path).links["Download the .qwc file"])

    def new_password(self) -> str:
        """The password that the page shows once."""
        return self._press("/password").texts["password"]

    def confirm(self) -> None:
        """Say that the company file on the page is the right one."""
        self._press("/company")

    def _press(self, action: str) -> Page:
        return self.browser.press(self.browser.open(self.path), action)
