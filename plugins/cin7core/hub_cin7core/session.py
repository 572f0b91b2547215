"""A conversation with one Core account; it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from hub import (
    Batch,
    Entry,
    Operation,
    Organisation,
    Outcome,
    Page,
    ProviderError,
    StockValue,
    TargetState,
    UnmatchedGoods,
    Want,
)
from hub_cin7core import goods, ledger
from hub_cin7core.cards import pull_cards
from hub_cin7core.client import Client
from hub_cin7core.cursor import Cursor
from hub_cin7core.feeds import CARD_LISTS, ORGANISATION, TASK_LISTS
from hub_cin7core.reference import Reference
from hub_cin7core.stock import StockPull
from hub_cin7core.stock_feeds import STOCK_LISTS
from hub_cin7core.tasks import TaskPull

_CARDS = {cards.feed.name: cards for cards in CARD_LISTS}
_TASKS = {tasks.feed.name: tasks for tasks in TASK_LISTS}
_STOCK = {stock.feed.name: stock for stock in STOCK_LISTS}


class CoreSession:
    """The hub's ``Session``, ``KeepsStock`` and ``TellsUnmatchedGoods`` for a system that nothing is posted to."""

    def __init__(self, client: Client, *, account_id: str, site: str, parallel: int) -> None:
        self._client = client
        self._reference = Reference(client, account_id)
        self._site = site
        self._parallel = parallel

    def check(self) -> Organisation:
        """Ask ``/me`` whose account it is."""
        return self._reference.organisation()

    def pull(self, want: Want) -> Iterator[Page]:
        """What changed in a feed since its cursor."""
        started = datetime.now(UTC)
        name = want.feed.name
        if name == ORGANISATION.name:
            return iter([Page(organisation=self.check(), watermark=str(Cursor()))])
        if name in _CARDS:
            return pull_cards(self._client, _CARDS[name], want, self._site, started, self._reference.passed)
        if name in _TASKS:
            return TaskPull(
                self._client,
                _TASKS[name],
                want,
                books=self._reference.books,
                site=self._site,
                started=started,
                parallel=self._parallel,
            ).pages()
        if name in _STOCK:
            pull = StockPull(
                self._client, _STOCK[name], want, currency=self._reference.currency, parallel=self._parallel
            )
            return pull.pages()
        raise ProviderError(f"Cin7 Core has no feed named {name!r}.")

    def stock_value(self) -> StockValue:
        """What the stock is worth now, by Core's own valuation of what is on hand."""
        return ledger.stock_value(self._client)

    def entries(self, since: date, until: date) -> Iterator[Entry]:
        """Both sides of every row of the general ledger dated in the period, back-dated ones included."""
        return ledger.entries(self._client, self._reference.books, since, until)

    def unmatched_goods(self) -> Iterator[UnmatchedGoods]:
        """Purchases whose goods and bill have not both come."""
        return goods.unmatched_goods(self._client, self._reference.books, self._site)

    def push(self, batch: Batch) -> Iterator[Outcome]:
        """Nothing is ever written to Core."""
        raise ProviderError("Cin7 Core is only read; nothing can be posted to it.")

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        """Nothing is ever written to Core, so there is nothing to look for."""
        return {}
