"""Reconciliations and proofs that are wanted, worked on beside the runs: one at a time in each process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.engine import reconciling
from hub.engine.reconciling import work
from hub.models import Proof, Reconciliation, table

if TYPE_CHECKING:
    from hub.engine import Hub

log = logging.getLogger("hub.workers")

SORTS = ((table(Reconciliation), reconciling.reconcile), (table(Proof), reconciling.prove))
"""What there is to do: the table that says what is wanted, and what does one."""


class Comparer:
    """A thread that does what is wanted of this sort; it is asked for more each time the workers look."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reconcile")
        self._doing: Future[bool] | None = None
        self._at: tuple[sa.Table, int] | None = None

    def dispatch(self) -> int:
        """Begin the next that is wanted, unless one is under way; how many were begun."""
        if self._doing is not None and not self._doing.done():
            return 0
        for rows, do in SORTS:
            for id in work.wanted(self._hub, rows):
                self._at = rows, id
                self._doing = self._pool.submit(self._do, do, id)
                return 1
        return 0

    def stop(self) -> None:
        """Give up what is under way: it is wanted again, and the next start begins it anew."""
        if self._doing is not None and not self._doing.done() and self._at is not None:
            rows, id = self._at
            work.give_up(self._hub, rows, id)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _do(self, do: Callable[[Hub, int], bool], id: int) -> bool:
        try:
            return do(self._hub, id)
        except Exception:
            log.exception("what was to be compared could not be")
            return False


def fail_dead(hub: Hub) -> int:
    """Mark what died with its process as failed, so that it can be asked for again; how many there were."""
    return sum(work.fail_dead(hub, rows) for rows, _ in SORTS)
