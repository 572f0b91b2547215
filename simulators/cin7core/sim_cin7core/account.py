"""The simulated company: its state, switches and reference lists, and the two keys that open it."""

from __future__ import annotations

from datetime import date

from sim_cin7core import chart
from sim_cin7core.books.ledger import Books
from sim_cin7core.exchange import Call, RefusedError
from sim_cin7core.lists import Selections
from sim_cin7core.records import JsonObject
from sim_cin7core.store import Collection, R, Store
from sim_cin7core.switches import Switches

DEFAULT_ACCOUNT_ID = "0b6e5c1a-2f43-4c8d-9a57-6d1e8f20c734"
DEFAULT_KEY = "7d4a90e2-81bc-4f36-b5e8-13c7f2a6d905"


class Account:
    """What every endpoint works on."""

    def __init__(self, store: Store, switches: Switches, account_id: str, key: str) -> None:
        self.store = store
        self.switches = switches
        self.account_id = account_id
        self.key = key
        self.me = chart.me()
        self.tax_rules = chart.tax_rules()
        self.selections = Selections()
        self.books = Books(store, switches)

    @property
    def accounts(self) -> list[JsonObject]:
        """The chart: accrual of stock, once switched on, has two accounts of its own."""
        floating = self.switches.on("inventory_accrual") or self.switches.on("stock_in_transit")
        return chart.accounts(floating=floating)

    def settle(self) -> None:
        """After a change: records whose costs it changed say so by their stamps, if the switch wants that."""
        moved = self.books.settle()
        if not self.switches.on("cost_change_moves_stamp"):
            return
        for record_id in sorted(moved):
            record = self.store.record(record_id)
            if record is not None:
                self.store.touch(record)

    def lock(self, day: date | None) -> None:
        """Close the books up to and with a day, as ``/me`` tells it (documentation, Me); None opens them.

        Only told, not enforced: what Core's pages refuse in a closed period is not documented.
        """
        self.me["LockDate"] = None if day is None else f"{day.isoformat()}T00:00:00"

    def check(self, call: Call) -> None:
        """Both headers must be right; wrong or missing ones are 403, never 401 (documentation,
        Introduction).
        """
        given = (
            call.headers.get("api-auth-accountid", "").lower(),
            call.headers.get("api-auth-applicationkey", "").lower(),
        )
        if given != (self.account_id.lower(), self.key.lower()):
            raise RefusedError(403, "Incorrect credentials!")

    def found(self, collection: Collection[R], call: Call, name: str, what: str) -> R:
        """The record that a parameter names; 400 without it, 400 or 404 (a switch) when there is none."""
        record_id = call.text(name)
        if record_id is None:
            raise RefusedError(400, f"{what} ID must be specified")
        task = collection.find(record_id)
        if task is None:
            raise RefusedError(int(self.switches["unknown_id_status"]), f"{what} with specified ID not found")
        return task
