"""Which line in Xero each line of an update is, so that it keeps what people set there. Pure.

Source: Xero API documentation, Invoices (updating line items): a line sent with its id is changed, one without is new,
and one that is missing is deleted.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence

from hub import Line

Key = Callable[[Line], Hashable | None]


def _product(line: Line) -> str:
    return line.item_id or line.item_code


def _same(line: Line) -> Hashable:
    return _product(line), line.description, line.account, line.amount, line.quantity, line.purpose


def _same_product(line: Line) -> Hashable | None:
    return _product(line) or None


def _same_words(line: Line) -> Hashable | None:
    return None if _product(line) else (line.description, line.purpose)


def _without_product(line: Line) -> Hashable | None:
    """What is left are lines without a product whose words changed: they are taken in their order."""
    return None if _product(line) else line.purpose


_KEYS: tuple[Key, ...] = (_same, _same_product, _same_words, _without_product)
"""By what two lines count as one, the most certain first; ``None`` where a key does not apply."""


def line_ids(lines: Sequence[Line], written: Sequence[Line], ids: Sequence[str]) -> list[str]:
    """For each line the id of the line that it was written as, empty for a new one.

    ``ids`` are the lines that Xero has, in the order of ``written``. Where their numbers differ, people added or took
    away lines, and no id can be told: then all lines are new, which is better than one product's id on another.
    """
    found = [""] * len(lines)
    if len(written) != len(ids):
        return found
    left = dict(enumerate(written))
    for key in _KEYS:
        same = defaultdict[Hashable, deque[int]](deque)
        for place, before in left.items():
            same[key(before)].append(place)
        for place, line in enumerate(lines):
            wanted = key(line)
            if not found[place] and wanted is not None and same[wanted]:
                taken = same[wanted].popleft()
                found[place] = ids[taken]
                del left[taken]
    return found
