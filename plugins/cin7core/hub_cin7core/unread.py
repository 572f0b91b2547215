"""Asking once more for records that could not be read.

Lists of changes bring a record again only when it changes. One that was odd for a moment, or that an older version of
this plugin did not understand, would never be read; so each pull asks for such records by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from hub import BusyError, Page, ProviderError, Record, UnauthorizedError, UnreachableError, Want
from hub_cin7core.client import FaultError
from hub_cin7core.records import NAMELESS, unreadable
from hub_cin7core.walk import Row

GIVE_UP = 5
"""So many in a row that still can't be read end it for this pull: each costs a call that changes may need."""


def read_again(want: Want, listed: Collection[str], id_key: str, read: Callable[[Row], Record]) -> Iterator[Page]:
    """Each record of ``want.unread`` that the pull did not list anyway, as long as some of them can be read."""
    failed = 0
    for id, label in want.unread.items():
        if id in listed or id.startswith(NAMELESS):
            continue
        record = _read(Row(id, "", {id_key: id, "OrderNumber": label}), read)
        yield Page(records=(record,))
        failed = failed + 1 if record.problem else 0
        if failed == GIVE_UP:
            return


def _read(row: Row, read: Callable[[Row], Record]) -> Record:
    try:
        return read(row)
    except FaultError as fault:
        return unreadable(row, row.native, fault.problem.detail)
    except (BusyError, UnauthorizedError, UnreachableError):
        raise  # no matter of this record
    except ProviderError as refusal:
        return unreadable(row, row.native, refusal.problem.detail)
