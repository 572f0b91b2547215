"""Everything one running simulator knows, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from . import seed
from .books import Books
from .calls import CallLog
from .clock import Clock
from .faults import Faults
from .idempotency import IdempotencyKeys
from .identity.tokens import Identity
from .limits import Limits
from .records import Organisation
from .settings import Settings
from .store import Store
from .switches import Switchboard


class World:
    """The shared state: organisations, identity, limits, keys, faults, call log."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.clock = Clock()
        self.switches = Switchboard(settings.switches)
        self.limits = Limits(settings)
        self.idempotency = IdempotencyKeys()
        self.faults = Faults()
        self.calls = CallLog()
        self.day_rates = seed.day_rates()
        self.store = Store(settings.state) if settings.state else None
        self.identity = Identity(self.clock, self.switches)
        self.organisations: dict[str, Books] = {}
        if self.store and not self.store.is_empty():
            self._load(self.store)
        else:
            self._seed()

    def books(self, tenant_id: str) -> Books:
        """The books of a tenant; KeyError when there is no such organisation."""
        return self.organisations[tenant_id.lower()]

    def _new_books(self, organisation: Organisation) -> Books:
        books = Books(organisation, self.switches["contact_names_ignore_case"])
        self.organisations[organisation.organisation_id] = books
        return books

    def _seed(self) -> None:
        for tenant_id, name in (
            (seed.DEMO_TENANT, "Demo Trading Ltd"),
            (seed.OTHER_TENANT, "Other Trading Ltd"),
        ):
            books = self._new_books(seed.organisation(tenant_id, name))
            books.organisations.put(books.organisation)
            seed.fill(books)
        self.identity.seed()
        self.commit()

    def _load(self, store: Store) -> None:
        for tenant_id in store.tenants():
            books = self._new_books(seed.organisation(tenant_id, ""))
            for table in books.tables().values():
                store.load(tenant_id, table)
        for table in self.identity.tables():
            store.load("", table)

    def reset(self) -> None:
        """Back to a fresh seed: documents, tokens, keys, faults and logs all go; the clock stays."""
        with self.lock:
            if self.store:
                self.store.erase()
            self.organisations.clear()
            self.identity = Identity(self.clock, self.switches)
            for part in (self.limits, self.idempotency, self.faults, self.calls):
                part.clear()
            self._seed()

    def commit(self) -> None:
        """Write all changes since the last commit to the state file, if there is one."""
        for tenant_id, books in self.organisations.items():
            changes = books.journal.take()
            if self.store and changes:
                self.store.write(tenant_id, changes)
        self.identity.commit(self.store)

    def rollback(self) -> None:
        for books in self.organisations.values():
            books.journal.rollback()
        self.identity.journal.rollback()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, or take everything back when something is raised."""
        with self.lock:
            try:
                yield
            except BaseException:
                self.rollback()
                raise
            self.commit()

    def close(self) -> None:
        if self.store:
            self.store.close()
