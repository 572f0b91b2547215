"""The exchange log: what was said on the wire, redacted, cut to size, pruned by age."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.http.answers import Answer
from hub.http.redaction import redact_body, redact_headers, redact_url
from hub.http.tables import EXCHANGE
from hub.models import Exchange, now

if TYPE_CHECKING:
    from hub.store import Store

BATCH = 25
"""Entries written together when nothing else is written anyway."""

PRUNED_AT_ONCE = 5000


@dataclass
class ExchangeLog:
    """Collects entries and writes them in batches; safe to use from several threads."""

    store: Store
    connection_id: int
    run_id: int | None
    body_bytes: int
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry until the next write."""
        with self._lock:
            self._waiting.append({"connection_id": self.connection_id, "run_id": self.run_id, **entry})

    @property
    def is_full(self) -> bool:
        """Whether enough has been collected to be worth a write."""
        return len(self._waiting) >= BATCH

    def flush(self, db: sa.Connection | None = None) -> None:
        """Write what has been collected, within ``db`` or in a transaction of its own."""
        with self._lock:
            rows, self._waiting = self._waiting, []
        if not rows:
            return
        try:
            if db is not None:
                self.store.insert(db, Exchange, rows)
            else:
                with self.store.write(durable=False) as own:
                    self.store.insert(own, Exchange, rows)
        except sa.exc.SQLAlchemyError:
            with self._lock:
                self._waiting = rows + self._waiting
            raise

    def entry(
        self,
        started: datetime,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        outcome: Answer | Exception,
    ) -> dict[str, Any]:
        """One exchange as a row."""
        answer = outcome if isinstance(outcome, Answer) else None
        return {
            "at": started,
            "method": method,
            "url": redact_url(answer.url if answer else url),
            "status": answer.status if answer else None,
            "milliseconds": round((now() - started).total_seconds() * 1000),
            "request": self._shown(headers, body or b""),
            "response": self._shown(answer.headers, answer.content) if answer else "",
            "error": "" if answer else redact_url(str(outcome))[:2000],
        }

    def _shown(self, headers: Mapping[str, str], body: bytes) -> str:
        shown = f"{redact_headers(headers)}\n\n{redact_body(body, self.body_bytes)}"
        return shown.replace("\x00", "\ufffd")  # PostgreSQL's text cannot hold it


def prune_exchanges(store: Store, days: int) -> int:
    """Delete entries older than ``days``, a few thousand at a time; returns how many went."""
    oldest = now() - timedelta(days=days)
    old = sa.select(EXCHANGE.c.id).where(EXCHANGE.c.at < oldest).limit(PRUNED_AT_ONCE).scalar_subquery()
    total = 0
    while True:
        with store.write(durable=False) as db:
            gone = db.execute(sa.delete(EXCHANGE).where(EXCHANGE.c.id.in_(old))).rowcount
        total += gone
        if gone < PRUNED_AT_ONCE:
            return total
