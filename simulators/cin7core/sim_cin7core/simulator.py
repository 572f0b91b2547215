"""A simulated Cin7 Core account behind a real HTTP port, to start and stop from tests."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from sim_cin7core.account import DEFAULT_ACCOUNT_ID, DEFAULT_KEY, Account
from sim_cin7core.admin import create_admin
from sim_cin7core.api import Api
from sim_cin7core.calls import CallLog
from sim_cin7core.clock import Clock
from sim_cin7core.faults import Faults
from sim_cin7core.limits import Limiter
from sim_cin7core.loading import Sources, load
from sim_cin7core.persistence import StateFile
from sim_cin7core.records import JsonObject
from sim_cin7core.store import Entity, Store
from sim_cin7core.switches import FIXED_AT_START, Switches
from sim_cin7core.transport import Server


class Simulator:
    """One account. A context manager: the port is open inside.

    Without ``sources`` it is empty; ``Sources()`` loads the extract in the package. ``limits`` is off by
    default here and on at the command line. ``minute`` is the length of the budget's window in seconds.
    """

    def __init__(
        self,
        sources: Sources | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        state: Path | None = None,
        switches: Mapping[str, str] | None = None,
        limits: bool = False,
        per_minute: int = 60,
        minute: float = 60.0,
        account_id: str = DEFAULT_ACCOUNT_ID,
        key: str = DEFAULT_KEY,
    ) -> None:
        self.switches = Switches(switches)
        self.store = Store(Clock(), self.switches.on("varied_fractions"))
        self.account = Account(self.store, self.switches, account_id, key)
        self.limiter = Limiter(self.switches, per_minute, minute, enabled=limits)
        self.faults = Faults(self.switches)
        self.calls = CallLog()
        self._state = None if state is None else StateFile(state)
        self._fill(sources or Sources(empty=True))
        self._server = Server(host, port, Api(self.account, self.limiter, self.faults, self.calls), create_admin(self))
        self._thread: threading.Thread | None = None

    def _fill(self, sources: Sources) -> None:
        if self._state is not None and not self._state.empty:
            self._state.load_into(self.store)
        else:
            load(self.store, sources, self.switches)
            if self._state is not None:
                self._state.save_all(self.store)
        if self._state is not None:
            self.store.keep = self._state.save

    @property
    def account_id(self) -> str:
        """The value that header api-auth-accountid must have."""
        return self.account.account_id

    @property
    def key(self) -> str:
        """The value that header api-auth-applicationkey must have."""
        return self.account.key

    @property
    def headers(self) -> dict[str, str]:
        """Both headers."""
        return {"api-auth-accountid": self.account_id, "api-auth-applicationkey": self.key}

    @property
    def root(self) -> str:
        """http://host:port without a path; the admin pages are under /_sim/ of it."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def url(self) -> str:
        """The base address of the API."""
        return f"{self.root}/ExternalApi/v2"

    def switch(self, name: str, value: str) -> None:
        """Set a switch; what was rendered under the old one is forgotten. ValueError for one that shapes
        the data.
        """
        if name in FIXED_AT_START:
            raise ValueError(f"switch {name} can only be chosen at the start")
        with self.store.lock:
            self.switches.set(name, value)
            for collection in self.store.collections():
                for record in collection:
                    self.store.rendered.drop(record.id)
            self.account.books.forget()

    def add(self, record: Entity) -> Entity:
        """Take a record from the builders in; returns it."""
        with self.store.lock:
            self.store.add(record)
        return record

    def person(self, action: str, **params: object) -> JsonObject:
        """Do what a person does in Core; the same as POST /_sim/person/<action>."""
        from sim_cin7core.person import perform

        return perform(self.account, action, dict(params))

    def start(self) -> Self:
        """Serve from a background thread."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and the state file."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        if self._state is not None:
            with self.store.lock:
                self.store.keep = None
                self._state.close()
                self._state = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *unused: object) -> None:
        self.stop()
