"""The outermost layer: counts every call, strikes with faults, drops connections. Plain WSGI around the
Flask app.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from .calls import LoggedCall
from .dates import moment_string
from .faults import AFTER, Fault
from .server import ConnectionClosedError
from .world import World

if TYPE_CHECKING:
    Headers = list[tuple[str, str]]

_HTML = "text/html; charset=utf-8"
_PAGE = b"<!DOCTYPE html><html><head><title>Xero</title></head><body><h1>%s</h1></body></html>"


class Captured:
    """What the Flask app answered."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: Headers = []
        self.body = b""

    def run(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            self.status, self.headers = status, list(headers)
            return lambda data: None

        parts = app(environ, start)
        try:
            self.body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def replace(self, status: str, body: bytes, content_type: str = _HTML, **headers: str) -> None:
        self.status, self.body = status, body
        self.headers = [
            ("Content-Type", content_type),
            *((k.replace("_", "-"), v) for k, v in headers.items()),
        ]

    @property
    def code(self) -> int:
        return int(self.status[:3])


def _page(title: str) -> bytes:
    return _PAGE % title.encode()


def _strike_before(fault: Fault, answer: Captured) -> None:
    """Answer in the platform's stead; nothing is processed."""
    wait = str(fault.params.get("retry_after", 40_000 if fault.kind == "429_day" else 5))
    limited = ("429 Too Many Requests", b"You have exceeded the rate limit.", "text/plain; charset=utf-8")
    match fault.kind:
        case "429_minute" | "429_day":
            problem = fault.kind.removeprefix("429_")
            answer.replace(*limited, X_Rate_Limit_Problem=problem, Retry_After=wait)
        case "429_concurrent":
            answer.replace(*limited, X_Rate_Limit_Problem="concurrent")
        case "503_html":
            answer.replace("503 Service Unavailable", _page("The service is unavailable"))
        case "503_retry_after":
            answer.replace("503 Service Unavailable", _page("The service is unavailable"), Retry_After=wait)
        case "404_html":
            answer.replace("404 Not Found", _page("The page was not found"))
        case "500_html":
            answer.replace("500 Internal Server Error", _page("An error occurred"))
        case "html_200":
            answer.replace("200 OK", _page("Xero is being updated"))
        case "token_expired":
            body = (
                b'{"Type":null,"Title":"Unauthorized","Status":401,'
                b'"Detail":"TokenExpired: token expired at 01/01/2026 00:00:00",'
                b'"Instance":"00000000-0000-4000-8000-000000000401","Extensions":{}}'
            )
            answer.replace("401 Unauthorized", body, "application/json; charset=utf-8")


class Gateway:
    """WSGI middleware; the admin pages under /_sim pass untouched."""

    def __init__(self, world: World, app: WSGIApplication) -> None:
        self.world = world
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_sim"):
            return self.app(environ, start_response)
        tenant_id = environ.get("HTTP_XERO_TENANT_ID", "").lower()
        environ["sim.in_flight"] = self.world.calls.enter(tenant_id)
        answer, fault, started = (
            Captured(),
            self.world.faults.take(environ["REQUEST_METHOD"], path),
            time.monotonic(),
        )
        answered = False
        try:
            self._answer(environ, answer, fault)
            answered = not (fault and fault.kind in ("lost_answer", "drop_before"))
        finally:
            self.world.calls.leave(tenant_id)
            self._log(environ, answer, fault, answered, started)
        if not answered:
            raise ConnectionClosedError
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _answer(self, environ: WSGIEnvironment, answer: Captured, fault: Fault | None) -> None:
        if fault is None:
            answer.run(self.app, environ)
            return
        if fault.kind == "slow":
            time.sleep(float(fault.params.get("seconds", 2)))
            answer.run(self.app, environ)
        elif fault.kind in AFTER:
            answer.run(self.app, environ)
            if fault.kind == "500_after_commit":
                answer.replace("500 Internal Server Error", _page("An error occurred"))
            elif fault.kind == "truncated_json":
                answer.body = answer.body[: len(answer.body) // 2]
        else:
            _strike_before(fault, answer)

    def _log(
        self, environ: WSGIEnvironment, answer: Captured, fault: Fault | None, answered: bool, since: float
    ) -> None:
        """Note the call; `answered` is false when the connection is closed instead."""
        call = LoggedCall(
            at=moment_string(self.world.clock.now()),
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", ""),
            query=environ.get("QUERY_STRING", ""),
            status=answer.code if answered else 0,
            fault=fault.kind if fault else "",
            idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY", ""),
            if_modified_since=environ.get("HTTP_IF_MODIFIED_SINCE", ""),
            tenant_id=environ.get("HTTP_XERO_TENANT_ID", ""),
            bytes_in=int(environ.get("CONTENT_LENGTH") or 0),
            bytes_out=len(answer.body) if answered else 0,
            milliseconds=round((time.monotonic() - since) * 1000, 2),
            in_flight=environ["sim.in_flight"],
        )
        self.world.calls.add(call)
