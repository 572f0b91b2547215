"""The plain server that the hub is compared with: one invoice a call, nothing stored, nothing recovered.

It does as little as a web service for the Web Connector can: it hands out one request after another from memory and
never looks at an answer.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from bench.generated import customer, invoice
from hub.documents import Invoice

NAMESPACE = "http://developer.intuit.com/"
ITEM = "OAK"
"""An item of the simulated company file that a line may name."""
PREFIX = "P-"


def request(number: int) -> str:
    """The request for one invoice."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
        f'<InvoiceAddRq requestID="{number}">{_body(invoice(number))}</InvoiceAddRq></QBXMLMsgsRq></QBXML>'
    )


def _body(document: Invoice) -> str:
    name = customer(int(document.contact_id[1:])).name
    lines = "".join(
        f"<InvoiceLineAdd><ItemRef><FullName>{ITEM}</FullName></ItemRef><Desc>{escape(line.description)}</Desc>"
        f"<Quantity>{line.quantity.normalize():f}</Quantity><Amount>{line.amount:.2f}</Amount></InvoiceLineAdd>"
        for line in document.lines
    )
    return (
        f"<InvoiceAdd><CustomerRef><FullName>{escape(name)}</FullName></CustomerRef>"
        f"<TxnDate>{document.date}</TxnDate><RefNumber>{PREFIX}{document.number[3:]}</RefNumber>"
        f"<DueDate>{document.due_date}</DueDate>{lines}</InvoiceAdd>"
    )


class Service(ThreadingHTTPServer):
    """Hands out so many requests."""

    def __init__(self, count: int) -> None:
        super().__init__(("127.0.0.1", 0), Answerer)
        self.requests: Iterator[str] = map(request, range(count))
        self.left = count

    def answer(self, operation: str) -> str:
        """What is inside the result of an operation."""
        if operation == "authenticate":
            return "<string>ticket</string><string></string>"
        if operation == "sendRequestXML":
            return escape(next(self.requests, ""))
        if operation == "receiveResponseXML":
            self.left -= 1
            return "99" if self.left else "100"
        return "OK" if operation == "closeConnection" else ""


class Answerer(BaseHTTPRequestHandler):
    """One call."""

    server: Service
    wbufsize = -1

    def do_GET(self) -> None:
        """The Web Connector looks whether there is anybody."""
        self._send(b"plain", "text/plain")

    def do_POST(self) -> None:
        """Any operation."""
        self.rfile.read(int(self.headers["Content-Length"]))
        operation = re.sub(r".*/|\"", "", self.headers["SOAPAction"])
        result = self.server.answer(operation)
        body = (
            '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
            f'<soap:Body><{operation}Response xmlns="{NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
            f"</{operation}Response></soap:Body></soap:Envelope>"
        )
        self._send(body.encode(), "text/xml; charset=utf-8")

    def _send(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """It prints nothing."""


def main() -> None:
    """Serve so many invoices as the command line says, until standard input ends; the port is printed."""
    service = Service(int(sys.argv[1]))
    sys.stdout.write(f"{service.server_address[1]}\n")
    sys.stdout.flush()
    from threading import Thread

    Thread(target=service.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
