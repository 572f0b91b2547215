"""A Web Connector that visits the hub over HTTP, with a small company file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import requests
from lxml import etree
from tiny_company import TinyCompany

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
INTUIT = "http://developer.intuit.com/"


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
        answer = requests.post(self.url, data=body.encode(), headers=headers, timeout=60)
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
