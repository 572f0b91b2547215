"""The calls over HTTP, and what can happen to them on the way."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..clock import Clock
from ..faults import Faults
from ..switches import Switchboard
from . import soap
from .qwc import Qwc
from .soap import AnswerError

# The default of .NET's SOAP client; no capture of the Web Connector's own shows it.
USER_AGENT = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"
_MARK = b"\xef\xbb\xbf"


class CrashError(Exception):
    """The connector is gone in this moment: nothing is told to anybody any more."""


@dataclass(slots=True)
class Call:
    """One call as it was made: the parameters (the password masked), and what came back or why nothing did."""

    at: str
    method: str
    parameters: dict[str, str | None]
    result: object = None
    error: str = ""
    milliseconds: float = 0.0


def fetch(
    url: str, seconds: float, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, str, bytes]:
    """Status, content type and body of an HTTP exchange; redirections are not followed. AnswerError without answer."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        trusted = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=trusted
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body or None, headers or {})
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), response.read()
    except (OSError, http.client.HTTPException) as problem:
        raise AnswerError(f"The underlying connection was closed: {problem}") from problem
    finally:
        connection.close()


class Wire:
    """Makes the calls of one session and keeps a record of them."""

    def __init__(self, qwc: Qwc, clock: Clock, faults: Faults, switches: Switchboard, seconds: float) -> None:
        self.qwc = qwc
        self.clock = clock
        self.faults = faults
        self.switches = switches
        self.seconds = seconds
        self.calls: list[Call] = []

    def text(self, method: str, **values: str | None) -> str:
        """The string that a method returns. AnswerError for an answer that can't be read."""
        result: str = self._call(method, values, soap.text_result)
        return result

    def array(self, method: str, **values: str | None) -> list[str]:
        result: list[str] = self._call(method, values, soap.array_result)
        return result

    def integer(self, method: str, **values: str | None) -> int:
        result: int = self._call(method, values, soap.integer_result)
        return result

    def crash(self, point: str) -> None:
        """CrashError when a crash is planted for this point."""
        if self.faults.take("crash", at=point):
            raise CrashError(point)

    def _call(self, method: str, values: dict[str, str | None], read: Callable[[str, bytes, bool], Any]) -> Any:
        self.crash(f"before {method}")
        if slow := self.faults.take("slow", method):
            time.sleep(float(slow.params.get("seconds", 2)))
        if self.faults.take("stale_ticket", method):
            values = {**values, "ticket": "{00000000-0000-0000-0000-000000000000}"}
        shown = {name: "<MaskedForSecurity>" if name == "strPassword" else value for name, value in values.items()}
        call = Call(self.clock.now().isoformat(), method, shown)
        self.calls.append(call)
        started = time.monotonic()
        try:
            call.result = read(method, self._exchange(method, values), self.qwc.style == "RPC")
        except AnswerError as problem:
            call.error = str(problem)
            raise
        finally:
            call.milliseconds = round((time.monotonic() - started) * 1000, 1)
        self.crash(f"after {method}")
        return call.result

    def _exchange(self, method: str, values: dict[str, str | None]) -> bytes:
        """Post a call, and whatever is planted to happen to it."""
        if self.faults.take("lost_request", method):
            raise AnswerError("Unable to connect to the remote server")
        body = soap.request(
            method, values, self.qwc.style, self.switches["parameters"], self.switches["parameter_case"]
        )
        if self.faults.take("repeat", method):
            self._post(method, body)
        answer = self._post(method, body)
        if self.faults.take("lost_answer", method):
            raise AnswerError("The underlying connection was closed: The connection was closed unexpectedly.")
        return answer

    def _post(self, method: str, body: bytes) -> bytes:
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{soap.NAMESPACE}{method}"',
        }
        status, content_type, answer = fetch(self.qwc.url, self.seconds, "POST", body, headers)
        if "text/xml" not in content_type:
            raise AnswerError(f"Client found response content type of '{content_type}', but expected 'text/xml'.")
        if status != 200 and b"Fault" not in answer:
            raise AnswerError(f"The request failed with HTTP status {status}.")
        if answer.startswith(_MARK) and self.switches["byte_order_mark"] == "refused":
            raise AnswerError("Response is not well-formed XML. A byte order mark stands before it.")
        return answer
