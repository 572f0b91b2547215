"""A hand on QuickBooks for tests: sends requests straight to a session, without the Web Connector in between."""

from __future__ import annotations

from .qbxml.tree import Element, parse
from .quickbooks import Session
from .simulator import Simulator


def document(*requests: str, version: str = "13.0", **attributes: str) -> str:
    """A qbXML document around requests; onError is stopOnError unless it is given."""
    shown = "".join(f' {name}="{value}"' for name, value in {"onError": "stopOnError", **attributes}.items())
    body = "".join(requests)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><?qbxml version="{version}"?>'
        f"<QBXML><QBXMLMsgsRq{shown}>{body}</QBXMLMsgsRq></QBXML>"
    )


class Caller:
    """One session that lasts as long as the caller."""

    def __init__(self, simulator: Simulator, application: str = "test") -> None:
        self.simulator = simulator
        self.session: Session = simulator.session(application)

    def send(self, *requests: str, **attributes: str) -> Element:
        """The QBXMLMsgsRs for a message set. HResultError when QuickBooks throws."""
        return parse(self.session.process(document(*requests, **attributes))).root.children[0]

    def ask(self, request: str) -> Element:
        """The answer to a single request, whatever its status."""
        return self.send(request).children[0]

    def do(self, request: str) -> Element:
        """The object in the answer to a request that is expected to go well. AssertionError otherwise."""
        answer = self.ask(request)
        if answer.attributes["statusCode"] != "0":
            raise AssertionError(f"{answer.attributes['statusCode']}: {answer.attributes['statusMessage']}")
        return answer.children[0]

    def status(self, request: str) -> int:
        """The status code of the answer to a request."""
        return int(self.ask(request).attributes["statusCode"])


def add(kind: str, content: str) -> str:
    """An Add request."""
    return f"<{kind}AddRq><{kind}Add>{content}</{kind}Add></{kind}AddRq>"


def modify(current: Element, content: str) -> str:
    """A Mod request of an object as an answer showed it."""
    kind = current.tag.removesuffix("Ret")
    id_tag = "TxnID" if current.find("TxnID") else "ListID"
    head = f"<{id_tag}>{current.value(id_tag)}</{id_tag}><EditSequence>{current.value('EditSequence')}</EditSequence>"
    return f"<{kind}ModRq><{kind}Mod>{head}{content}</{kind}Mod></{kind}ModRq>"


def named(tag: str, full_name: str) -> str:
    """A reference by name."""
    return f"<{tag}><FullName>{full_name}</FullName></{tag}>"


def sale(customer: str = "Brook Stores", header: str = "", *lines: str, kind: str = "Invoice") -> str:
    """An invoice or credit memo. A line is its content: item, then what follows it; without any, four boards at 25."""
    contents = lines or (f"{named('ItemRef', 'OAK')}<Quantity>4</Quantity>",)
    body = "".join(f"<{kind}LineAdd>{content}</{kind}LineAdd>" for content in contents)
    return add(kind, f"{named('CustomerRef', customer)}{header}{body}")


def bill(vendor: str = "Ironworks Ltd", header: str = "", *lines: str, kind: str = "Bill") -> str:
    """A bill or vendor credit; its lines as they are, without any an expense of 50."""
    body = "".join(lines) or expense("General Expenses", "50.00")
    return add(kind, f"{named('VendorRef', vendor)}{header}{body}")


def expense(account: str, amount: str) -> str:
    return f"<ExpenseLineAdd>{named('AccountRef', account)}<Amount>{amount}</Amount></ExpenseLineAdd>"


def item_line(item: str, quantity: str, cost: str) -> str:
    return f"<ItemLineAdd>{named('ItemRef', item)}<Quantity>{quantity}</Quantity><Cost>{cost}</Cost></ItemLineAdd>"


def payment(customer: str, *applied: tuple[str, str], total: str = "", dated: str = "", header: str = "") -> str:
    """A customer's payment of invoices: pairs of TxnID and amount; without any, nothing is applied.

    `dated` is a TxnDate, `header` what comes after the total.
    """
    sum_of_it = f"<TotalAmount>{total}</TotalAmount>" if total else ""
    rows = "".join(
        f"<AppliedToTxnAdd><TxnID>{txn_id}</TxnID><PaymentAmount>{amount}</PaymentAmount></AppliedToTxnAdd>"
        for txn_id, amount in applied
    )
    tail = rows or "<IsAutoApply>false</IsAutoApply>"
    return add("ReceivePayment", f"{named('CustomerRef', customer)}{dated}{sum_of_it}{header}{tail}")
