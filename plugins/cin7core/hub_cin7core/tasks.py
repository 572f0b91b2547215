"""Pulling sales and purchases: a list of rows, and one detail call for each row that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hub import Page, Record, RejectedError, Want
from hub_cin7core.client import Client, FaultError
from hub_cin7core.cursor import Cursor, parameter, progress, resume_page, stamp
from hub_cin7core.details import Details
from hub_cin7core.feeds import STANDALONE_CREDIT, TaskList
from hub_cin7core.fields import Native, ReadError, blocks, guid, number, single, text
from hub_cin7core.native_books import Books
from hub_cin7core.records import UNREAD, Told, failed, unreadable
from hub_cin7core.unread import read_again
from hub_cin7core.walk import Row, Walk, read_row

_AFTERTHOUGHT = timedelta(days=31)
"""How long before its date a document may have been touched last."""

_TOO_EARLY = frozenset({"DRAFT", "ESTIMATING", "ESTIMATED", "ORDERING"})
_NOT_STARTED = frozenset({"", "NOT AVAILABLE", "NOT INVOICED"})
_STATUS_KEYS = ("CombinedInvoiceStatus", "InvoiceStatus", "CreditNoteStatus")
_NUMBER_KEYS = ("InvoiceNumber", "CreditNoteNumber", "InvoiceDate")
_AMOUNT_KEYS = ("InvoiceAmount", "PaidAmount", "SaleInvoicesTotalAmount", "CombinedPaymentTotal")


class TaskPull:
    """One pull of one list of sales or purchases."""

    def __init__(
        self,
        client: Client,
        tasks: TaskList,
        want: Want,
        *,
        books: Callable[[], Books],
        site: str,
        started: datetime,
        parallel: int,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._want = want
        self._books = books
        self._site = site
        self._started = started
        self._parallel = parallel
        self._paths = tasks.details

    def pages(self) -> Iterator[Page]:
        """What changed, in pages of at most :data:`CHUNK` records; the last one moves the cursor."""
        cursor = Cursor.parse(self._want.cursor)
        since = {self._tasks.since: parameter(cursor.since)} if cursor.since else {}
        walk = Walk(
            lambda start: self._client.pages(self._tasks.path, self._tasks.key, since, start),
            resume_page(self._want.progress),
            self._row,
        )
        with Details(self._record, self._parallel) as details:
            for page, rows in walk:
                changed = self._changed([row for row in rows if self._is_ours(row)])
                for records, failure in details.read(changed):
                    if records:
                        yield Page(records=records, progress=progress(page.number), expected=page.total)
                    if failure:
                        raise failure
        yield from read_again(self._want, walk.ids, self._tasks.id, lambda row: self._record(row)[0])
        yield Page(watermark=str(cursor.moved_to(walk.newest, self._started) if walk.complete else cursor))

    def _row(self, native: Native) -> Row:
        # A credit list may have a row for each credit note of a sale or purchase.
        part = text(native, "CreditNoteNumber") if self._tasks.standalone_credits else ""
        return read_row(native, guid(native, self._tasks.id), self._tasks.stamp, part)

    def _is_ours(self, row: Row) -> bool:
        is_standalone = text(row.native, "Type").casefold() == STANDALONE_CREDIT
        return is_standalone is self._tasks.standalone_credits

    def _changed(self, rows: Sequence[Row]) -> list[Row | Record]:
        """The rows whose detail is needed, and finished records for those that can own no document yet."""
        known = self._want.known([row.id for row in rows])
        changed: list[Row | Record] = []
        for row in rows:
            stored = known.get(row.id, "")
            if row.stamp and stored == row.stamp:
                continue
            was_read = bool(stored) and not stored.endswith(UNREAD)
            rule = "" if was_read or row.fault else needless(row, self._want.since)
            if not rule:
                changed.append(row)
            elif stored != row.stamp + UNREAD:
                changed.append(_unread(row, rule))
        return changed

    def _record(self, row: Row) -> Told:
        if row.fault or not row.id:
            return unreadable(row, row.native, row.fault or "the row has no id"), None
        native: Any = row.native
        try:
            native = self._detail(row)
            if guid(native, "ID") != row.id:
                raise ReadError("the detail is not that of the record asked for")
            task = self._tasks.read(native, self._site, self._books() if names_entries(native) else None)
            seen = row.stamp or stamp(text(native, "LastModifiedOn", "LastUpdatedDate"))
        except (FaultError, RejectedError, ValueError, ArithmeticError) as error:
            return failed(row, native, error)
        label = text(row.native, "OrderNumber", "CreditNoteNumber")
        return Record(row.id, seen, tuple(task.documents), task.skipped, label=label), None

    def _detail(self, row: Row) -> Native:
        """The detail from the first path that serves this type of purchase or sale.

        Core refuses an advanced purchase on the simple one's path and asks for the other; should an account
        do the same the other way round, simple purchases are asked for on their own path from then on.
        """
        is_simple = text(row.native, "Type").casefold().startswith("simple")
        paths = self._paths if is_simple else self._tasks.details
        params = {"ID": text(row.native, self._tasks.id), **self._tasks.detail_params}
        for path in paths[:-1]:
            try:
                return single(self._client.get(path, params))
            except RejectedError:
                if is_simple:
                    self._paths = tuple(reversed(self._tasks.details))
        return single(self._client.get(paths[-1], params))


def names_entries(native: Native) -> bool:
    """Whether a detail shows what was booked, so that the chart must be known to read it."""
    return bool(native.get("Transactions")) or any(block.get("Lines") for block in blocks(native, "ManualJournals"))


def _unread(row: Row, rule: str) -> Record:
    return Record(row.id, row.stamp + UNREAD, skipped={f"task:{row.id}": rule}, label=text(row.native, "OrderNumber"))


def needless(row: Row, since: date | None) -> str:
    """Why a row's detail holds nothing to read, as a rule; empty when it may hold something.

    Core's combined statuses are not trusted to say that something is invoiced. That nothing can be is
    believed only when the task has not come as far as an authorised order, nobody has named a number, a date
    or an amount, and every status agrees. A row is also left out when neither it nor its invoice reaches the
    first date anybody needs.
    """
    native = row.native
    try:
        amounts = [number(native, key) for key in _AMOUNT_KEYS]
    except ReadError:
        return ""
    if (
        text(native, "Status").upper() in _TOO_EARLY
        and all(text(native, key).upper() in _NOT_STARTED for key in _STATUS_KEYS)
        and not any(text(native, key) for key in _NUMBER_KEYS)
        and not any(amounts)
    ):
        return "no invoice or credit yet"
    latest = max(row.stamp[:10], text(native, "InvoiceDate")[:10], text(native, "OrderDate")[:10])
    if since and row.stamp and latest < (since - _AFTERTHOUGHT).isoformat():
        return "before the start date"
    return ""
