"""HTTP/1.1 with kept-alive connections, one thread per connection, answers in one write.

The development server of werkzeug closes every connection after one answer, which is neither what Core does
nor quick enough for benchmark runs; so this speaks to the API front directly and to the admin pages through
WSGI.
"""

from __future__ import annotations

import contextlib
import io
import socket
import sys
from collections.abc import Callable, Iterable
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sim_cin7core.api import Api
from sim_cin7core.exchange import Answer, Call
from sim_cin7core.screens import opened, screen_of

ADMIN = "/_sim/"
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Server(ThreadingHTTPServer):
    """Serves the API and the admin pages on one port."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, api: Api, admin: WsgiApp) -> None:
        super().__init__((host, port), Handler)
        self.api = api
        self.admin = admin
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """The connection is done."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening and cut kept-alive connections, so that nobody goes on talking to a stopped
        account.
        """
        super().server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # the client may have gone already
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event; anything else is reported."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if self.path.startswith(ADMIN):
            self._send(
                _through_wsgi(self.server.admin, self.command, self.path, self.headers.get("Content-Type", ""), body)
            )
            return
        if self.command == "GET" and (screen := screen_of(self.path)):
            self._send(opened(screen))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.api.answer(Call.of(self.command, self.path, headers, body)))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815 (names of http.server)

    def _send(self, answer: Answer) -> None:
        if answer.cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        lines = [
            f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {answer.kind}",
            f"Content-Length: {len(answer.body)}",
        ]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are counted by the call log, not printed."""


def _through_wsgi(app: WsgiApp, method: str, target: str, kind: str, body: bytes) -> Answer:
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [status, dict(headers)]

    content = b"".join(app(environ, start))
    return Answer(int(started[0].split()[0]), content, started[1].get("Content-Type", "application/json"))
