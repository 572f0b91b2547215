"""The server of the pages: it has its port at once, and when it ends, who has asked is answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from flask import Flask, request
from houses import called
from patience import PATIENCE

from hub.app import create_app
from hub.engine import Hub
from hub.errors import SettingsError
from hub.server import PageServer
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

LONG = b"x" * 8_000_000
"""More than the system keeps for a reader."""


@pytest.fixture
def hub(store: Store, vault: Vault) -> Hub:
    """A hub whose pages may listen at any port."""
    hub = called(store, vault, on=False).hub
    hub.settings = load_settings(listen_port=0)
    return hub


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "hub.example.com"])  # noqa: S104
def test_it_refuses_to_take_passwords_over_an_open_network(hub: Hub, host: str) -> None:
    hub.settings = load_settings(listen_host=host)
    with pytest.raises(SettingsError, match="HUB_LISTEN_HOST"):
        PageServer(create_app(hub), hub)
    hub.settings = load_settings(listen_host=host, base_url="https://hub.example.com")
    assert create_app(hub).config["SESSION_COOKIE_SECURE"] is True


def test_health_and_pages_are_answered_and_it_names_itself_to_nobody(hub: Hub) -> None:
    server = PageServer(create_app(hub), hub)
    with server.beside():
        address = f"http://127.0.0.1:{server.port}"
        health = requests.get(f"{address}/healthz", timeout=PATIENCE)
        assert health.json() == {"status": "ok", "database": "ok", "version": "0.1.0"}
        page = requests.get(f"{address}/", timeout=PATIENCE)
        assert page.status_code == 200
        assert "Server" not in page.headers


def test_its_port_is_taken_before_it_runs_and_free_once_it_has_ended(hub: Hub) -> None:
    server = PageServer(Flask("empty"), hub)
    taken = load_settings(listen_port=server.port)
    hub.settings = taken
    with pytest.raises(SettingsError, match=f"Port {server.port} of 127.0.0.1 is taken"):
        PageServer(Flask("other"), hub)
    with server.beside():
        pass
    with PageServer(Flask("other"), hub).beside():
        assert requests.get(f"http://127.0.0.1:{taken.listen_port}/", timeout=PATIENCE).status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_at_its_end_who_has_asked_is_answered_in_full(hub: Hub, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.server.FINISHING_SECONDS", PATIENCE)
    app, asked, told = Flask("slow"), threading.Event(), threading.Event()

    @app.get("/")
    def slow() -> bytes:
        asked.set()
        assert told.wait(PATIENCE)
        return LONG

    hub.settings = load_settings(listen_port=0, listen_host=host)
    server = PageServer(app, hub)
    with ThreadPoolExecutor(1) as browser:
        with server.beside():
            answer = browser.submit(requests.get, f"http://{host}:{server.port}/", timeout=PATIENCE)
            assert asked.wait(PATIENCE)
            threading.Timer(0.5, told.set).start()  # after it was told to end
        assert answer.result().content == LONG


def test_at_its_end_who_stands_at_the_door_is_answered_and_who_has_half_asked_may_finish(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.server.FINISHING_SECONDS", PATIENCE)
    app = Flask("echo")
    app.add_url_rule("/", view_func=lambda: request.get_data(), methods=["POST"])
    server = PageServer(app, hub)
    callers = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(12)]
    for caller in callers:
        caller.sendall(b"POST / HTTP/1.0\r\nContent-Length: 10\r\n\r\n12345")
    for caller in callers[:-1]:
        caller.sendall(b"67890")
    last = threading.Timer(0.5, callers[-1].sendall, (b"67890",))
    last.start()
    server.run(lambda: True)  # told to end before it has let anybody in
    for caller in callers:
        with caller, caller.makefile("rb") as answer:
            assert answer.read().endswith(b"\r\n\r\n1234567890")


def test_its_end_does_not_wait_for_who_is_connected_and_asks_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.server.FINISHING_SECONDS", 3 * PATIENCE)
    server = PageServer(Flask("empty"), hub)
    begun = time.monotonic()
    with server.beside():
        silent = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        with requests.Session() as kept:
            assert kept.get(f"http://127.0.0.1:{server.port}/", timeout=PATIENCE).status_code == 404
    assert time.monotonic() - begun < 2 * PATIENCE
    with silent:
        assert silent.recv(1) == b""


def test_its_end_waits_only_so_long_for_who_does_not_read_and_leaves_no_thread(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.server.FINISHING_SECONDS", 0.5)
    app, asked, let_go = Flask("endless"), threading.Event(), threading.Event()

    @app.get("/")
    def endless() -> Iterator[bytes]:
        try:
            while True:
                asked.set()
                yield LONG
        finally:
            let_go.set()

    server = PageServer(app, hub)
    with server.beside():
        idle = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        idle.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert asked.wait(PATIENCE)
    assert let_go.wait(PATIENCE)
    idle.close()


def test_one_of_several_ports_that_the_system_takes_away_is_told(hub: Hub) -> None:
    server, other = PageServer(Flask("empty"), hub), PageServer(Flask("empty"), hub)
    server._doors += other._doors
    other.close()
    with pytest.raises(RuntimeError, match="port of the pages was closed"):
        server.run(lambda: False)


def test_what_ends_a_server_in_a_thread_is_told_to_who_waits_for_it(hub: Hub) -> None:
    server = PageServer(Flask("empty"), hub)
    server._doors[0].accepting = False
    with pytest.raises(RuntimeError, match="port of the pages was closed"), server.beside():
        pass
