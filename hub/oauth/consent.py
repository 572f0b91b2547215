"""Tokens that are refreshed exactly once, however many processes need them.

A refresh token may be good for one use only, so two processes must never refresh at the same time. The lock
is a short lease in the database rather than a row lock held during the network call: on SQLite a row lock is
the lock of the whole database, and every other connection would wait for the vendor's answer. The lease of a
killed process expires. Whoever holds it commits the rotated tokens before anybody uses them; the others read
those.

A lost answer leaves the old tokens stored, and the old refresh token is used again: vendors that rotate keep
it valid for a while for that case.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from hub.errors import UnauthorizedError, UnreachableError, UnsureError
from hub.http import Answer
from hub.models import ConsentRow, Lease, table
from hub.oauth.token import RefusedGrantError, Tokens, ask, granted, problem, reconnect, sign_in_door
from hub.providers import Provider
from hub.store import Store
from hub.vault import Vault

LEASE_SECONDS = 90.0
"""Longer than the tries of one refresh take."""

POLL_SECONDS = 0.1
REFRESH_TRIES = 2

CONSENTS = table(ConsentRow)
LEASES = table(Lease)


class Consent:
    """One consent at the vendor, shared by all connections made from it; for any number of threads.

    ``connection_id`` and ``run_id`` are noted in the exchange log; ``before_send`` may raise to stop a call.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        provider: Provider,
        settings: Any,
        consent_id: int,
        *,
        connection_id: int | None = None,
        run_id: int | None = None,
        before_send: Callable[[], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.id = consent_id
        self._store = store
        self._vault = vault
        self._provider = provider
        self._settings = settings
        self._before_send = before_send
        self._door = sign_in_door(store, provider, connection_id, run_id, before_send)
        self._sleep = sleep
        self._lock = threading.Lock()
        self._known: Tokens | None = None

    def access_token(self, *, rejected: str | None = None) -> str:
        """A valid access token; renewed when it is about to expire, or when it is the ``rejected`` one.

        Raises ``UnauthorizedError`` when the consent is over, ``UnreachableError`` or ``BusyError`` when the
        vendor can't be asked now, ``SettingsError`` when it refuses the client id or secret.
        """
        with self._lock:
            if self._known is None or not _good(self._known, rejected):
                self._known = self._renewed(rejected)
            return self._known.access

    def _renewed(self, rejected: str | None) -> Tokens:
        """The stored tokens when they are good, else new ones; waits while another process fetches them."""
        while True:
            with self._store.read() as db:
                stored = self._stored(db)
            if _good(stored, rejected):
                return stored
            with self._lease() as current:
                if current is not None:
                    return current if _good(current, rejected) else self._refresh(current)
            if self._before_send:
                self._before_send()
            self._sleep(POLL_SECONDS)

    @contextmanager
    def _lease(self) -> Iterator[Tokens | None]:
        """The right to refresh, with the tokens as they are now; ``None`` when another process has it."""
        name, owner = f"consent:{self.id}", secrets.token_hex(16)
        with self._store.write() as db:
            moment = self._store.time(db)
            self._store.upsert(db, Lease, [{"name": name, "owner": "", "until": 0.0}], key=("name",), update=())
            free = sa.update(LEASES).where(LEASES.c.name == name, LEASES.c.until < moment)
            mine = db.execute(free.values(owner=owner, until=moment + LEASE_SECONDS)).rowcount == 1
            current = self._stored(db) if mine else None
        try:
            yield current
        finally:
            if mine:
                with self._store.write() as db:
                    db.execute(sa.delete(LEASES).where(LEASES.c.name == name, LEASES.c.owner == owner))

    def _stored(self, db: sa.Connection) -> Tokens:
        row = db.execute(sa.select(CONSENTS).where(CONSENTS.c.id == self.id)).first()
        if row is None:
            raise UnauthorizedError(reconnect(self._provider, "The consent was removed."))
        if row.broken:
            raise UnauthorizedError(reconnect(self._provider, row.broken))
        opened = self._vault.open(row.secrets)
        return Tokens(opened["access_token"], opened["refresh_token"], row.expires_at, row.version)

    def _refresh(self, old: Tokens) -> Tokens:
        if not old.refresh:
            return self._break(old, "It has expired, and the vendor gave no refresh token.")
        try:
            fresh = granted(self._ask_patiently(old), self._provider, old.refresh)
        except RefusedGrantError as refusal:
            return self._break(old, str(refusal))
        finally:
            self._door.flush()
        return self._commit(old, fresh.row(self._vault)) or fresh

    def _ask_patiently(self, old: Tokens) -> Answer:
        """A lost answer is asked for again with the same refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": old.refresh}
        lost: UnsureError | None = None
        for _ in range(REFRESH_TRIES):
            try:
                return ask(self._door, self._provider, self._settings, form)
            except UnsureError as error:
                lost = error
        raise UnreachableError(problem(self._provider, "The answer was lost on its way.")) from lost

    def _break(self, old: Tokens, reason: str) -> Tokens:
        """The consent is over; unless another process renewed it, whose tokens then count."""
        newer = self._commit(old, {"broken": reason})
        if newer is None:
            raise UnauthorizedError(reconnect(self._provider, reason))
        return newer

    def _commit(self, old: Tokens, values: Mapping[str, Any]) -> Tokens | None:
        """Replace the tokens that we started from; when somebody else has, return theirs instead."""
        with self._store.write() as db:
            unchanged = sa.and_(CONSENTS.c.id == self.id, CONSENTS.c.version == old.version)
            replace = sa.update(CONSENTS).where(unchanged).values(version=old.version + 1, **values)
            return None if db.execute(replace).rowcount == 1 else self._stored(db)


def _good(tokens: Tokens, rejected: str | None) -> bool:
    return tokens.are_fresh and tokens.access != rejected
