"""A small QuickBooks: a company file just able to do what the tests of the service need."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from hub_qbdesktop.connectors import OWNER_ID
from lxml import etree

HEAD = '<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{set}>\n{inner}\n</QBXMLMsgsRs>\n</QBXML>'


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
