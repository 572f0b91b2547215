"""A conversation with one Core account; it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from hub import Batch, Operation, Organisation, Outcome, Page, ProviderError, TargetState, Want
from hub_cin7core.cards import pull_cards
from hub_cin7core.client import Client
from hub_cin7core.cursor import Cursor
from hub_cin7core.feeds import CARD_LISTS, ORGANISATION, TASK_LISTS
from hub_cin7core.fields import ReadError, day, text
from hub_cin7core.tasks import TaskPull

_CARDS = {cards.feed.name: cards for cards in CARD_LISTS}
_TASKS = {tasks.feed.name: tasks for tasks in TASK_LISTS}


class CoreSession:
    """Implements the hub's ``Session`` for a system that nothing is posted to."""

    def __init__(self, client: Client, *, account_id: str, site: str, parallel: int) -> None:
        self._client = client
        self._account_id = account_id
        self._site = site
        self._parallel = parallel

    def check(self) -> Organisation:
        """Ask ``/me`` whose account it is; its id is the Account ID, for ``/me`` names none."""
        me = self._client.get("me")
        try:
            return Organisation(
                id=self._account_id,
                name=text(me, "Company"),
                base_currency=text(me, "Currency").upper(),
                time_zone=text(me, "TimeZone") or "UTC",
                lock_date=day(me, "LockDate"),
            )
        except (AttributeError, ReadError) as error:
            raise ProviderError(f"Cin7 Core's answer about the company could not be read: {error}") from error

    def pull(self, want: Want) -> Iterator[Page]:
        """What changed in a feed since its cursor."""
        started = datetime.now(UTC)
        name = want.feed.name
        if name == ORGANISATION.name:
            return iter([Page(organisation=self.check(), watermark=str(Cursor()))])
        if name in _CARDS:
            return pull_cards(self._client, _CARDS[name], want, self._site, started)
        if name in _TASKS:
            return TaskPull(
                self._client,
                _TASKS[name],
                want,
                site=self._site,
                started=started,
                parallel=self._parallel,
            ).pages()
        raise ProviderError(f"Cin7 Core has no feed named {name!r}.")

    def push(self, batch: Batch) -> Iterator[Outcome]:
        """Nothing is ever written to Core."""
        raise ProviderError("Cin7 Core is only read; nothing can be posted to it.")

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        """Nothing is ever written to Core, so there is nothing to look for."""
        return {}
