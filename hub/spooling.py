"""Spools: what is worked out now and needed later, put by on disk so that memory does not grow with it."""

from __future__ import annotations

import pickle  # nosec B403 # for our own files alone
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Generic, TypeVar

Each = TypeVar("Each")


class Spool(Generic[Each]):
    """Values in the order in which they were added, in a file without a name that is gone in the end.

    Nobody else can reach the file, so what is read from it is what was put there.
    """

    PORTION = 1000

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by those who opened the spool
        self._waiting: list[Each] = []

    def __enter__(self) -> Spool[Each]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, value: Each) -> None:
        """Put one by."""
        self._waiting.append(value)
        if len(self._waiting) >= self.PORTION:
            self._write()

    def clear(self) -> None:
        """Begin anew."""
        self._waiting = []
        self._file.seek(0)
        self._file.truncate()

    def portions(self) -> Iterator[list[Each]]:
        """All that was put by, up to a thousand at a time."""
        self._write()
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield pickle.load(self._file)  # nosec B301 # noqa: S301 - our own file, which has no name

    def __iter__(self) -> Iterator[Each]:
        for part in self.portions():
            yield from part

    def _write(self) -> None:
        if self._waiting:
            pickle.dump(self._waiting, self._file, pickle.HIGHEST_PROTOCOL)
            self._waiting = []
