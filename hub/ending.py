"""A program that was told to end hears it between its steps.

What a signal's handler raises comes out of whatever line it finds. Halfway through a library's work it breaks that in
another way; out of what cleans up after an object, Python prints it and goes on, and the program was told in vain. So
a handler only notes that it was called, and whoever waits or goes from step to step looks at the note.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SLICE_SECONDS = 0.25

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers


class ToldToEndError(Exception):
    """The program was told to end before it was done."""


class Ending:
    """Whether the program was told to end."""

    def __init__(self) -> None:
        # No lock of the standard library's: the handler may find the main thread holding it, and would wait for ever.
        self.is_asked = False

    def check(self) -> None:
        """Raise ``ToldToEndError`` if it was; for those who go from step to step."""
        if self.is_asked:
            raise ToldToEndError

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it was, or for so many seconds; whether it was."""
        # In slices: a signal that the system hands to another thread wakes nobody.
        latest = None if seconds is None else time.monotonic() + seconds
        while not self.is_asked:
            left = SLICE_SECONDS if latest is None else min(SLICE_SECONDS, latest - time.monotonic())
            if left <= 0:
                break
            time.sleep(left)
        return self.is_asked


@contextmanager
def ending_on_signals(
    signals: Sequence[signal.Signals] = SIGNALS, *, again: Handler = signal.SIG_DFL
) -> Iterator[Ending]:
    """Note signals instead of ending, while the block lasts; in the main thread.

    A second signal is handled by ``again``: the program ends at once unless told otherwise.
    """
    ending = Ending()

    def note(_number: int, _frame: FrameType | None) -> None:
        ending.is_asked = True
        for each in signals:
            signal.signal(each, again)

    before = {number: signal.getsignal(number) for number in signals}
    for number in signals:
        signal.signal(number, note)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
