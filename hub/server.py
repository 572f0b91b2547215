"""The server that carries the web application."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import waitress  # type: ignore[import-untyped]
from waitress import wasyncore
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer  # type: ignore[import-untyped]

from hub.errors import SettingsError
from hub.web import security

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from hub.engine import Hub

SLICE_SECONDS = 0.25
FINISHING_SECONDS = 5.0
"""How long those who have begun to ask are answered, once it is over."""


class PageServer:
    """Takes the hub's port as soon as it is made, so that what is told and started after this holds.

    It trusts no forwarding header and names itself to nobody. Give it a ``door``, and it listens there instead.

    Raises ``SettingsError`` where passwords could be overheard, and for an address that can't be listened on.
    """

    def __init__(self, app: WSGIApplication, hub: Hub, *, door: socket.socket | None = None) -> None:
        security.check_listening(hub.settings)
        host, port = hub.settings.listen_host, hub.settings.listen_port
        where: dict[str, Any] = {"host": host, "port": port} if door is None else {"sockets": [door]}
        self._sockets: dict[int, Any] = {}
        try:
            self._server = waitress.create_server(
                app, map=self._sockets, threads=8, ident=None, clear_untrusted_proxy_headers=True, **where
            )
        except OSError as error:
            raise SettingsError(_why_not(error, host, port)) from error
        except ValueError as error:  # what the server makes of a name that leads nowhere
            raise SettingsError(f"HUB_LISTEN_HOST is {host!r}, which is no address of this machine.") from error
        self._doors = [each for each in self._sockets.values() if isinstance(each, BaseWSGIServer)]

    @property
    def port(self) -> int:
        """Where it listens; at several addresses, at the first of them."""
        return int(self._doors[0].effective_port)

    def run(self, is_over: Callable[[], bool]) -> None:
        """Answer until it is over, which is asked several times a second; then answer who has asked, and close.

        Raises ``RuntimeError`` when the system has closed the port.
        """
        try:
            while not is_over():
                if not all(each.accepting for each in self._doors):
                    raise RuntimeError("The port of the pages was closed by an error, which the log tells.")
                self._turn(SLICE_SECONDS)
            self._finish()
        finally:
            self.close()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Answer in a thread of its own as long as the block lasts; raises what :meth:`run` raised."""
        over = threading.Event()
        errors: list[Exception] = []

        def answer() -> None:
            try:
                self.run(over.is_set)
            except Exception as error:  # noqa: BLE001  (raised again in the thread that waits)
                errors.append(error)

        thread = threading.Thread(target=answer, name="pages", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if errors:
            raise errors[0]

    def close(self) -> None:
        """Let go of the port and of everybody who is connected."""
        for each in self._connected():
            each.handle_close()  # wakes the thread that waits for a slow reader
        if self._sockets:
            self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._sockets)

    def _turn(self, seconds: float) -> None:
        """Do what there is to do, or wait so long for it."""
        wasyncore.loop(seconds, self._server.adj.asyncore_use_poll, self._sockets, count=1)

    def _finish(self) -> None:
        """Answer who stands at the door or has begun to ask; who comes now is refused by the system."""
        latest = time.monotonic() + FINISHING_SECONDS
        while time.monotonic() < latest and self._is_anybody_at_the_door():
            self._turn(0)
        for each in self._doors:
            wasyncore.dispatcher.close(each)  # its own close would take from the others what wakes this thread
        self._turn(0)  # reads what those have said who were let in last
        while time.monotonic() < latest and any(map(_is_asking, self._connected())):
            self._turn(SLICE_SECONDS)

    def _is_anybody_at_the_door(self) -> bool:
        open_ones = [each.socket for each in self._doors if each.accepting and not each.in_connection_overflow]
        return bool(open_ones) and bool(select.select(open_ones, [], [], 0)[0])

    def _connected(self) -> list[HTTPChannel]:
        return [each for each in list(self._sockets.values()) if isinstance(each, HTTPChannel)]


def _is_asking(one: HTTPChannel) -> bool:
    """Whether somebody has begun to ask who has not got all of the answer yet."""
    return bool(one.request or one.requests or one.writable())


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is taken: another program listens there, perhaps another hub. End that one, or"
            " choose another port: HUB_LISTEN_PORT, or hub serve --port."
        )
    reason = error.strerror or str(error)
    return f"{host}, port {port}, can't be listened on: {reason}. Change HUB_LISTEN_HOST or HUB_LISTEN_PORT."
