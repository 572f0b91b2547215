"""Reading details side by side, and handing them over in order and in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import zip_longest
from types import TracebackType

from hub import ProviderError, Record
from hub_cin7core.client import FaultError
from hub_cin7core.records import Told
from hub_cin7core.walk import Row

CHUNK = 50
"""Details handed over and stored together. As many more are being read meanwhile: two chunks are held in memory, and
a pull that breaks can lose them.
"""

_FAULTS_IN_A_ROW = 3


class Details:
    """Turns rows into records with ``read``, some at once; records that are finished pass by in their place."""

    def __init__(self, read: Callable[[Row], Told], parallel: int) -> None:
        self._one = read
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="cin7core")
        self._faults = 0

    def __enter__(self) -> Details:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def read(self, changed: Sequence[Row | Record]) -> Iterator[tuple[tuple[Record, ...], ProviderError | None]]:
        """Chunk after chunk; while one is handed over and stored, the next is being read."""
        chunks = [changed[start : start + CHUNK] for start in range(0, len(changed), CHUNK)]
        following = self._begin(chunks[0]) if chunks else []
        try:
            for _, later in zip_longest(chunks, chunks[1:], fillvalue=()):
                futures, following = following, self._begin(later)
                yield self._finish(futures)
        finally:
            for future in following:
                future.cancel()

    def _begin(self, chunk: Sequence[Row | Record]) -> list[Future[Told]]:
        return [self._pool.submit(self._record, entry) for entry in chunk]

    def _record(self, entry: Row | Record) -> Told:
        return (entry, None) if isinstance(entry, Record) else self._one(entry)

    def _finish(self, futures: Sequence[Future[Told]]) -> tuple[tuple[Record, ...], ProviderError | None]:
        """Details read side by side, in order; when one call fails for good, what came before it is kept."""
        records: list[Record] = []
        try:
            for future in futures:
                record, fault = future.result()
                self._note(fault)
                records.append(record)
        except ProviderError as error:
            return tuple(records), error
        finally:
            for future in futures:
                future.cancel()
        return tuple(records), None

    def _note(self, fault: FaultError | None) -> None:
        """One record that Core fails on must not stop the others; Core failing on all of them must."""
        if fault is None:
            self._faults = 0
            return
        self._faults += 1
        if self._faults >= _FAULTS_IN_A_ROW:
            raise fault
