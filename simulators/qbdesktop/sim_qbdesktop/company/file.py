"""A company file: its tables, its ids, the names in its lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from .. import statuses
from ..clock import Clock
from ..switches import Switchboard
from .kinds import LISTS
from .links import Links
from .moments import Moments
from .owing import Owing
from .records import (
    Deleted,
    Entry,
    Extension,
    ExtensionDefinition,
    Fields,
    Preferences,
    Ref,
    StoredSet,
    Transaction,
)
from .stock import Stock
from .tables import Store, Table


class Company:
    """One company file at a path such as `C:\\Books\\Demo.qbw`. Nothing in here asks who may do what."""

    def __init__(self, path: str, clock: Clock, switches: Switchboard, preferences: Preferences) -> None:
        self.path = path
        self.clock = clock
        self.switches = switches
        self.entries: Table[Entry] = Table("entries")
        self.transactions: Table[Transaction] = Table("transactions")
        self.links = Links()
        self.deleted: Table[Deleted] = Table("deleted")
        self.extensions: Table[Extension] = Table("extensions")
        self.definitions: Table[ExtensionDefinition] = Table("definitions")
        self.stored_sets: Table[StoredSet] = Table("stored_sets")
        self._settings: Table[Any] = Table("settings")
        self._settings.put("preferences", preferences)
        self._settings.put("counter", 0)
        self._names: dict[tuple[str, str], str] = {}
        self._names_of: dict[str, tuple[str, str]] = {}
        self._below: dict[str, dict[str, None]] = {}
        self._windows: set[str] = set()
        self.stock = Stock()
        self.owing = Owing(self.account_type)

    @property
    def preferences(self) -> Preferences:
        preferences: Preferences = self._settings["preferences"]
        return preferences

    def set_preferences(self, **changes: Any) -> None:
        """Change preferences; AttributeError for one that there is not."""
        for name, value in changes.items():
            getattr(self.preferences, name)
            setattr(self.preferences, name, value)
        self._settings.put("preferences", self.preferences)

    @property
    def moments(self) -> Moments:
        return Moments(self.preferences.timezone, self.switches["summer_offset"] == "right")

    def today(self) -> date:
        return self.moments.local(self.clock.now()).date()

    # ------------------------------------------------------------------ ids

    def _count(self) -> int:
        number: int = self._settings.put("counter", self._settings["counter"] + 1)
        return number

    def new_id(self, is_list: bool) -> str:
        """A ListID or TxnID: a number in hexadecimal (from 80000000 for lists) and the second it was made."""
        number = self._count()
        return f"{(0x80000000 if is_list else 0) + number:X}-{int(self.clock.now().timestamp())}"

    def new_line_id(self) -> str:
        return f"{self._count():X}-{int(self.clock.now().timestamp())}"

    def new_number(self) -> int:
        return self._count()

    def next_sequence(self, before: str = "") -> str:
        """An EditSequence: the second of the change, later than the one before."""
        now = int(self.clock.now().timestamp())
        return str(max(now, int(before) + 1) if before else now)

    # ------------------------------------------------------------------ lists

    def full_name(self, entry: Entry) -> str:
        """The names of those above and its own, with colons."""
        return self.name_under(entry.fields.get("ParentRef"), entry.name)

    def name_under(self, parent: Ref | None, name: str) -> str:
        above = self.entries.get(parent.list_id) if parent else None
        return f"{self.full_name(above)}:{name}" if above else name

    def level(self, entry: Entry) -> int:
        """How many entries are above this one."""
        return self.full_name(entry).count(":")

    def named(self, kinds: Iterable[str], full_name: str) -> Entry | None:
        """The entry of one of these kinds with that FullName, in any letter case."""
        for space in dict.fromkeys(LISTS[kind].names for kind in kinds):
            entry = self.entries.get(self._names.get((space, full_name.casefold()), ""))
            if entry and entry.kind in kinds:
                return entry
        return None

    def holder(self, kind: str, full_name: str) -> Entry | None:
        """Whoever has that name in the space of names of a kind: a vendor's name is taken by a customer, too."""
        return self.entries.get(self._names.get((LISTS[kind].names, full_name.casefold()), ""))

    def of_kinds(self, kinds: Iterable[str]) -> list[Entry]:
        wanted = set(kinds)
        return [entry for entry in self.entries if entry.kind in wanted]

    def below(self, entry: Entry) -> list[Entry]:
        """The entries directly under this one."""
        return [self.entries[list_id] for list_id in self._below.get(entry.list_id, {})]

    def put_entry(self, entry: Entry) -> Entry:
        """Keep an entry, new or changed, and the names that it and those below it now have."""
        self._forget(entry.list_id)
        self.entries.put(entry.list_id, entry)
        self._remember(entry)
        return entry

    def _remember(self, entry: Entry) -> None:
        self._names.pop(self._names_of.get(entry.list_id, ("", "")), None)
        key = LISTS[entry.kind].names, self.full_name(entry).casefold()
        self._names[key], self._names_of[entry.list_id] = entry.list_id, key
        if parent := entry.fields.get("ParentRef"):
            self._below.setdefault(parent.list_id, {})[entry.list_id] = None
        for each in self.below(entry):
            self._remember(each)

    def _forget(self, list_id: str) -> None:
        self._names.pop(self._names_of.pop(list_id, ("", "")), None)
        for children in self._below.values():
            children.pop(list_id, None)

    def remove_entry(self, entry: Entry) -> None:
        now = self.clock.now()
        name = self.full_name(entry)
        gone = Deleted(entry.kind, entry.list_id, True, entry.created, now, name)
        self._forget(entry.list_id)
        self.entries.remove(entry.list_id)
        self.deleted.put(entry.list_id, gone)

    def add_entry(self, kind: str, **fields: Any) -> Entry:
        """A new entry from fields that need no check: for seeds and for a person's own additions."""
        now = self.clock.now()
        known: Fields = {name: value for name, value in fields.items() if value is not None}
        return self.put_entry(Entry(kind, self.new_id(True), now, now, self.next_sequence(), known))

    # ------------------------------------------------------------------ transactions

    def put_transaction(self, transaction: Transaction) -> Transaction:
        """Keep a transaction, new or changed, and work out again what the stock that it moves costs."""
        before = self.transactions.get(transaction.txn_id)
        self.transactions.put(transaction.txn_id, transaction)
        self._replace(before, transaction)
        return transaction

    def remove_transaction(self, transaction: Transaction) -> None:
        number = transaction.fields.get("RefNumber", "")
        gone = Deleted(transaction.kind, transaction.txn_id, False, transaction.created, self.clock.now(), number)
        self.transactions.remove(transaction.txn_id)
        self._replace(transaction, None)
        self.deleted.put(transaction.txn_id, gone)

    def _replace(self, before: Transaction | None, after: Transaction | None) -> None:
        self.stock.replace(before, after)
        self.owing.replace(before, after)

    def account_type(self, list_id: str) -> str:
        """The AccountType of an account; empty for what is none."""
        entry = self.entries.get(list_id)
        return str(entry.fields.get("AccountType", "")) if entry else ""

    def transaction(self, txn_id: str) -> Transaction:
        """StatusError 3120 when there is none."""
        found = self.transactions.get(txn_id)
        if found is None:
            raise statuses.not_found(txn_id)
        return found

    # ------------------------------------------------------------------ open windows

    def open_window(self, object_id: str) -> None:
        """A person opens an object in a window and edits it: others can't change it until the window is closed."""
        self._windows.add(object_id)

    def close_windows(self) -> None:
        self._windows.clear()

    def is_in_window(self, object_id: str) -> bool:
        return object_id in self._windows

    # ------------------------------------------------------------------ the state file

    @property
    def _tables(self) -> list[Table[Any]]:
        return [
            self.entries,
            self.transactions,
            self.links.table,
            self.deleted,
            self.extensions,
            self.definitions,
            self.stored_sets,
            self._settings,
        ]

    def save(self, store: Store) -> None:
        store.save(self.path, self._tables)

    def load(self, store: Store) -> None:
        """Read everything from the file and work out what is not kept there."""
        for table in self._tables:
            store.load(self.path, table)
        self.links.index()
        for entry in self.entries:
            self._remember(entry)
        for transaction in self.transactions:
            self._replace(None, transaction)
