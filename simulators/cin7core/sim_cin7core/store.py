"""The state of the account: tasks and cards with their change stamps, and what has been rendered of them."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from sim_cin7core import stamps
from sim_cin7core.clock import Clock
from sim_cin7core.records import Card, Task
from sim_cin7core.stock_records import Journal, StockTask


class Record(Protocol):
    """Anything kept in a collection."""

    id: str
    created: int
    updated: int


R = TypeVar("R", bound=Record)
Entity = Task | Card | StockTask | Journal
Keep = Callable[[str, Record], None]


class Collection(Generic[R]):
    """Records in order of creation, with an index by change stamp: no list call sorts anything."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = 0
        self._records: dict[str, R] = {}
        self._by_update: list[tuple[int, str]] = []
        self._indexed: dict[str, int] = {}
        self._all: list[R] | None = None

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._records.values()))

    def find(self, record_id: str) -> R | None:
        """The record with this ID in any letter case."""
        return self._records.get(record_id.lower())

    def put(self, record: R) -> None:
        """Add a record or note that it changed (its ``updated`` has moved)."""
        key = record.id.lower()
        if key not in self._records:
            self._all = None
        elif (old := (self._indexed[key], key)) != (record.updated, key):
            del self._by_update[bisect_left(self._by_update, old)]
        self._records[key] = record
        if self._indexed.get(key) != record.updated:
            insort(self._by_update, (record.updated, key))
        self._indexed[key] = record.updated
        self.version += 1

    def in_order(self) -> list[R]:
        """All records in order of creation."""
        if self._all is None:
            self._all = list(self._records.values())
        return self._all

    def by_update(self) -> list[R]:
        """All records, the longest unchanged first."""
        return [self._records[key] for _, key in self._by_update]

    def changed(self, since: int | None, until: int | None, inclusive: bool) -> list[R]:
        """Records changed after ``since`` and before ``until``, the longest unchanged first."""
        low = 0
        if since is not None:
            low = (
                bisect_left(self._by_update, (since, "")) if inclusive else bisect_right(self._by_update, (since, "~"))
            )
        high = len(self._by_update) if until is None else bisect_left(self._by_update, (until, ""))
        return [self._records[key] for _, key in self._by_update[low:high]]


class Rendered:
    """Finished JSON by record and variant, dropped on change; bounded in bytes, oldest out first."""

    def __init__(self, budget: int = 384 * 1024 * 1024) -> None:
        self._budget = budget
        self._size = 0
        self._texts: OrderedDict[str, dict[str, bytes]] = OrderedDict()

    def get(self, record_id: str, variant: str, render: Callable[[], bytes]) -> bytes:
        """The JSON of a record in one variant, rendered on first use."""
        variants = self._texts.setdefault(record_id, {})
        text = variants.get(variant)
        if text is None:
            text = variants[variant] = render()
            self._size += len(text)
            while self._size > self._budget and len(self._texts) > 1:
                self._size -= sum(map(len, self._texts.popitem(last=False)[1].values()))
        return text

    def drop(self, record_id: str) -> None:
        """Forget everything rendered of a record."""
        self._size -= sum(map(len, self._texts.pop(record_id, {}).values()))


class Store:
    """Everything the account holds. Hold ``lock`` while reading or changing more than one thing."""

    def __init__(self, clock: Clock, varied_fractions: bool = True) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.sales: Collection[Task] = Collection("sales")
        self.purchases: Collection[Task] = Collection("purchases")
        self.customers: Collection[Card] = Collection("customers")
        self.suppliers: Collection[Card] = Collection("suppliers")
        self.products: Collection[Card] = Collection("products")
        self.stock_tasks: Collection[StockTask] = Collection("stock_tasks")
        self.journals: Collection[Journal] = Collection("journals")
        self.rendered = Rendered()
        self.keep: Keep | None = None
        self._watchers: list[Callable[[Entity], None]] = []
        self._varied = varied_fractions
        self._last = 0
        self._stamped = 0

    def collections(self) -> tuple[Collection[Any], ...]:
        """All seven."""
        cards = (self.customers, self.suppliers, self.products)
        return (self.sales, self.purchases, *cards, self.stock_tasks, self.journals)

    def watch(self, watcher: Callable[[Entity], None]) -> None:
        """Tell ``watcher`` of every record that is new or changed."""
        self._watchers.append(watcher)

    def record(self, record_id: str) -> Task | StockTask | Journal | None:
        """The task or journal with this ID."""
        found = (one.find(record_id) for one in (self.sales, self.purchases, self.stock_tasks, self.journals))
        return next((record for record in found if record is not None), None)

    def add(self, record: Entity) -> None:
        """Take a new record in as it is, stamp included."""
        self._last = max(self._last, record.updated)
        self._put(record)

    def add_all(self, records: Iterable[Entity]) -> None:
        """Take many in."""
        for record in records:
            self.add(record)

    def touch(self, record: Entity) -> None:
        """Say that a record changed: its stamp moves forward and is kept before this returns."""
        record.updated = self.next_stamp()
        self._put(record)

    def next_stamp(self) -> int:
        """A change stamp later than every earlier one."""
        self._stamped += 1
        now = stamps.truncated(self.clock.ticks(), stamps.digits_for(self._stamped, self._varied))
        self._last = now if now > self._last else self._last + 1
        return self._last

    def collection_of(self, record: Entity) -> Collection[Any]:
        """The collection that a record belongs to."""
        if isinstance(record, Task):
            return self.sales if record.side == "sale" else self.purchases
        if isinstance(record, StockTask):
            return self.stock_tasks
        if isinstance(record, Journal):
            return self.journals
        if "SKU" in record.fields:
            return self.products
        return self.suppliers if "AccountPayable" in record.fields else self.customers

    def _put(self, record: Entity) -> None:
        collection = self.collection_of(record)
        collection.put(record)
        self.rendered.drop(record.id)
        for watcher in self._watchers:
            watcher(record)
        if self.keep is not None:
            self.keep(collection.name, record)
