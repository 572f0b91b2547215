"""What differs between the ledgers that the demo posts to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine import Hub
from hub.models import ConnectionRow, table
from hub.plugins import Plugins
from hub_demo.simulators import Pair
from hub_demo.stock import StockSummary

ACTOR = "demo"
CASH_CUSTOMER = "Cash sales"
STOCK_CODE, STOCK_NAME = "635", "Stock in trade"
"""The account for the stock: the ledger's own account of Core's code is for goods that the ledger counts itself."""

Say = Callable[[str], None]
Sums = Mapping[tuple[Kind, str], Decimal]


class Ledger(ABC):
    """A ledger of the demo: how it is connected and run, and what its own books say.

    ``provider`` is the plugin's name, ``title`` how tables call it, ``company`` the connection's name.
    """

    provider: ClassVar[str]
    title: ClassVar[str]
    company: ClassVar[str]
    compared: ClassVar[Sequence[Kind]]
    """The kinds whose sums both sides' own books tell."""
    taxes: ClassVar[Mapping[str, str]] = {}
    """Tax rules of Core that no suggestion finds a code for, and the code that a bookkeeper chooses."""
    methods: ClassVar[Mapping[str, str]] = {}
    """How customers paid, by the account of Core that the money came into; for a ledger that keeps a list of that."""
    hurry: ClassVar[str]
    """How much faster than in truth the demo is; ``minute`` is how many seconds a minute lasts."""
    visits: ClassVar[bool] = False
    """Whether it visits the hub, which serves it from the beginning then."""
    seconds = 0.0
    """How long its visits took, where it visits."""

    def serving(self, hub: Hub, plugins: Plugins) -> AbstractContextManager[Any]:
        """What the hub has to serve while it works with this ledger."""
        return nullcontext()

    @abstractmethod
    def connect(self, hub: Hub, pair: Pair, limits: Mapping[str, Any], say: Say) -> int:
        """Connect it, or find the connection of an earlier demo; its id."""

    @abstractmethod
    def read_lists(self, hub: Hub, pair: Pair, ledger_id: int, say: Say) -> None:
        """Prepare the ledger for sales that name no customer, and read its lists, once the two sides are joined."""

    @abstractmethod
    def add_stock_account(self, hub: Hub, pair: Pair, integration_id: int, opening: Decimal, day: date) -> None:
        """Add the account for the stock, with what it is worth on that day."""

    @abstractmethod
    def sync(self, hub: Hub, pair: Pair) -> list[str]:
        """Read the stock side, which is wanted, and post what is to be posted; what went wrong, if anything did."""

    @abstractmethod
    def sums(self, pair: Pair) -> Sums:
        """What the ledger's own books hold of the kinds in ``compared``, by kind and currency."""

    def again(self, hub: Hub, pair: Pair, ledger_id: int) -> dict[str, int]:
        """Let a ledger that visits come once more, with nothing to do; what is counted of that visit."""
        return {}

    def idle(self, pair: Pair) -> None:  # noqa: B027 - nothing happens, unless it visits
        """What happens again and again while the pages are left running."""

    @abstractmethod
    def calls(self, pair: Pair) -> dict[str, int]:
        """How much the two talked, by what is counted."""

    @abstractmethod
    def reconciled(self, hub: Hub, pair: Pair, integration_id: int, start: date) -> StockSummary | None:
        """The stock of the first month on both sides; None where the demo keeps none."""


def known(hub: Hub, provider: str) -> ConnectionRow | None:
    """The connection of an earlier demo."""
    rows = table(ConnectionRow)
    with hub.store.read() as db:
        id = db.execute(sa.select(rows.c.id).where(rows.c.provider == provider, rows.c.removed_at.is_(None))).scalar()
    return hub.connection(id) if id is not None else None
