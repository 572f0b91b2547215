"""A simulator to be started from a test or the command line."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Any

from . import seed
from .application import build
from .books import Books
from .caller import Caller
from .identity.scopes import GRANULAR, PLAIN
from .identity.tokens import NEW_APP
from .ledger import Ledger, balances
from .money import ZERO
from .person import perform
from .server import Server
from .settings import Settings
from .world import World


class Simulator:
    """One Xero stand-in. `Simulator(minute=1, switches={...})` takes the fields of `Settings`.

    Use as a context manager, or `start()` and `stop()`. The state is at hand in `world` and `books`.
    """

    tenant_id = seed.DEMO_TENANT
    other_tenant_id = seed.OTHER_TENANT

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.world = World(self.settings)
        self._server = Server(build(self.world), self.settings.host, self.settings.port)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, e.g. http://127.0.0.1:40123."""
        return f"http://{self.settings.host}:{self._server.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api.xro/2.0"

    @property
    def books(self) -> Books:
        """The books of the first organisation, for direct looks."""
        return self.world.books(self.tenant_id)

    def start(self) -> Simulator:
        """Serve in a background thread; connections are accepted when this returns."""
        serve = partial(self._server.serve_forever, poll_interval=0.01)
        self._thread = threading.Thread(target=serve, name="sim-xero", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End serving and every open connection; the state file is closed. Harmless when never started."""
        if self._thread:
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self._server.close_connections()
        with self.world.lock:
            self.world.close()

    def person(self, action: str, tenant_id: str = tenant_id, /, **values: Any) -> dict[str, Any]:
        """Do what a person does in Xero's screens, as `POST /_sim/person/{action}` does.

        Raises ValidationError with the messages of a refusal, KeyError for an unknown action or record.
        """
        return perform(self.world, self.world.books(tenant_id), action, values)

    def balance(self, account: str, on: date | None = None, tenant_id: str = tenant_id) -> Decimal:
        """What an account (by code) stands at, at the end of a day (default: ever), debits positive."""
        with self.world.lock:
            books = self.world.books(tenant_id)
            found = books.account(account)
            if found is None:
                raise KeyError(account)
            sums = balances(Ledger(books).postings(), None, on or date.max)
            return sums.get(found.account_id, ZERO)

    def connect(self, scopes: str = "", client_id: str = NEW_APP.client_id, *tenant_ids: str) -> dict[str, Any]:
        """Consent and tokens without a browser: the token endpoint's answer. Default: every granular scope."""
        wanted = scopes.split() or sorted(GRANULAR | PLAIN)
        with self.world.transaction():
            grant = self.world.identity.connect(client_id, wanted, list(tenant_ids or (self.tenant_id,)))
            return self.world.identity.issue(grant)

    def caller(self, *tenant_ids: str, scopes: str = "", client_id: str = NEW_APP.client_id) -> Caller:
        """A test client with a fresh consent to one organisation (the first of those given)."""
        tokens = self.connect(scopes, client_id, *tenant_ids)
        return Caller(self.url, tokens["access_token"], (*tenant_ids, self.tenant_id)[0])

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
