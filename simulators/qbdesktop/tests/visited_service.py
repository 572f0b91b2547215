"""A small strict web service for the Web Connector to visit, scripted by the test.

It reads envelopes with its own eyes: namespaces, names and order of the parameters, and the SOAPAction must be those of
the contract.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

INTUIT = "http://developer.intuit.com/"
PASSWORD = "correct horse"
"""Of the service's user, as a person enters it in the connector."""
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
PARAMETERS = {
    "serverVersion": [],
    "clientVersion": ["strVersion"],
    "authenticate": ["strUserName", "strPassword"],
    "sendRequestXML": [
        "ticket",
        "strHCPResponse",
        "strCompanyFileName",
        "qbXMLCountry",
        "qbXMLMajorVers",
        "qbXMLMinorVers",
    ],
    "receiveResponseXML": ["ticket", "response", "hresult", "message"],
    "connectionError": ["ticket", "hresult", "message"],
    "getLastError": ["ticket"],
    "closeConnection": ["ticket"],
    "getInteractiveURL": ["wcTicket", "sessionID"],
    "interactiveDone": ["wcTicket"],
}
Reply = Callable[..., Any]


@dataclass
class Received:
    """One call as the service saw it; a parameter that was absent or nil is None."""

    method: str
    values: dict[str, str | None]
    raw: bytes
    headers: dict[str, str]


@dataclass
class WebService:
    """Answers calls; `requests` are handed out one by one, `replies` override what a method says."""

    requests: list[str] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    raw_answers: dict[str, bytes] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    page_status: dict[str, int] = field(default_factory=dict)
    content_type: str = "text/xml; charset=utf-8"
    status: int = 200
    rpc: bool = False
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/qbwc"

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.received]

    def calls(self, method: str) -> list[dict[str, str | None]]:
        return [call.values for call in self.received if call.method == method]

    # ------------------------------------------------------------------ what it says

    def answer(self, method: str, values: dict[str, str | None]) -> Any:
        if method in self.replies:
            return self.replies[method](**values)
        if method == "authenticate":
            return ["T-1", ""]
        if method == "sendRequestXML":
            return self.requests.pop(0) if self.requests else ""
        if method == "receiveResponseXML":
            return 50 if self.requests else 100
        return {"serverVersion": "1.0", "connectionError": "done", "closeConnection": "OK"}.get(method, "")

    def envelope(self, method: str, result: Any) -> bytes:
        if isinstance(result, list):
            inside = "".join(f"<string>{escape(each)}</string>" for each in result)
        else:
            inside = escape(str(result))
        body = (
            f'<{method}Response xmlns="{INTUIT}"><{method}Result>{inside}</{method}Result></{method}Response>'
            if not self.rpc
            else f'<n1:{method}Response xmlns:n1="urn:other"><return>{inside}</return></n1:{method}Response>'
        )
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
        )
        return text.encode()

    # ------------------------------------------------------------------ how it reads

    def read(self, body: bytes, headers: dict[str, str]) -> Received:
        root = etree.fromstring(body)
        assert root.tag == f"{{{SOAP}}}Envelope"
        operation = root[0][0]
        method = etree.QName(operation).localname
        assert etree.QName(operation).namespace == INTUIT
        assert headers["SOAPAction"] == f'"{INTUIT}{method}"'
        assert headers["Content-Type"] == "text/xml; charset=utf-8"
        space = "" if self.rpc else f"{{{INTUIT}}}"
        seen = {str(child.tag): None if child.get(NIL) == "true" else child.text or "" for child in operation}
        order = [f"{space}{name}" for name in PARAMETERS[method]]
        folded = [name.lower() for name in order]
        assert [tag.lower() for tag in seen] == [name for name in folded if name in map(str.lower, seen)]
        found = {tag.lower().removeprefix(space.lower()): value for tag, value in seen.items()}
        return Received(method, {name: found.get(name.lower()) for name in PARAMETERS[method]}, body, headers)

    def handle(self, body: bytes, headers: dict[str, str]) -> bytes:
        call = self.read(body, headers)
        self.received.append(call)
        if call.method in self.raw_answers:
            return self.raw_answers[call.method]
        return self.envelope(call.method, self.answer(call.method, call.values))

    # ------------------------------------------------------------------ HTTP

    def start(self) -> WebService:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.pages.append(self.path)
                self._say(service.page_status.get(self.path, 200), "text/plain", b"here")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._say(service.status, service.content_type, service.handle(body, dict(self.headers.items())))

            def _say(self, status: int, content_type: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet: the test looks at `received`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def qwc(self, **changes: str) -> str:
        """A .qwc file for this service; a value of "" leaves an element out."""
        values = {
            "AppName": "Stock Hub",
            "AppID": "",
            "AppURL": self.url,
            "AppDescription": "Tests",
            "AppSupport": f"http://localhost:{self.port}/support",
            "UserName": "hub",
            "OwnerID": "{11111111-2222-3333-4444-555555555555}",
            "FileID": "{66666666-7777-8888-9999-000000000000}",
            "QBType": "QBFS",
            "Scheduler": "<RunEveryNMinutes>5</RunEveryNMinutes>",
            "IsReadOnly": "false",
            **changes,
        }
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value or name == "AppID")
        return f'<?xml version="1.0"?><QBWCXML>{inside}</QBWCXML>'
