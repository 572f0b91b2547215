"""Pulling stocktakes, adjustments, assemblies and the like: the whole list each time, details only of changed rows.

A row's stamp is a digest of its content. A document that was voided or undone long after it was completed shows in its
row, costs no detail, and takes its journals along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub import Page, Record, RejectedError, Want
from hub_cin7core.client import Client, FaultError
from hub_cin7core.cursor import Cursor, progress, resume_page
from hub_cin7core.details import Details
from hub_cin7core.fields import Native, ReadError, guid, single, text
from hub_cin7core.native_pairs import day_of
from hub_cin7core.native_stock import read_stock, rule_of
from hub_cin7core.records import UNREAD, Told, failed, unreadable
from hub_cin7core.stock_feeds import StockList
from hub_cin7core.unread import read_again
from hub_cin7core.walk import Row, Walk

_ID = "TaskID"
_ROW_DAYS = ("EffectiveDate", "Date")


class StockPull:
    """One pull of one such list."""

    def __init__(
        self, client: Client, stock: StockList, want: Want, *, currency: Callable[[], str], parallel: int
    ) -> None:
        self._client = client
        self._stock = stock
        self._want = want
        self._currency = currency
        self._parallel = parallel
        self._troubled: dict[str, Row] = {}

    def pages(self) -> Iterator[Page]:
        """What changed; nothing is kept between pulls but the stamps of records."""
        walk = Walk(
            lambda start: self._client.pages(self._stock.path, self._stock.key, {}, start),
            resume_page(self._want.progress),
            stamped_row,
        )
        with Details(self._record, self._parallel) as details:
            for page, rows in walk:
                for records, failure in details.read(self._changed(rows)):
                    if records:
                        yield Page(records=records, progress=progress(page.number), expected=page.total)
                    if failure:
                        raise failure
        yield from read_again(self._want, (), _ID, lambda row: self._record(self._troubled.get(row.id, row))[0])
        yield Page(watermark=str(Cursor()))

    def _changed(self, rows: Sequence[Row]) -> list[Row | Record]:
        """The rows that are to be read, and finished records for those that own nothing.

        Those that could not be read before are left for the end: as they have no stamp, all of them would cost a call
        each time.
        """
        known = self._want.known([row.id for row in rows])
        changed: list[Row | Record] = []
        for row in rows:
            stored = known.get(row.id, "")
            if row.id in self._want.unread:
                self._troubled[row.id] = row
            elif row.fault or not row.id:
                changed.append(row)
            elif stored != row.stamp:
                changed.extend(self._worth(row, stored))
        return changed

    def _worth(self, row: Row, stored: str) -> Iterator[Row | Record]:
        was_read = bool(stored) and not stored.endswith(UNREAD)
        if rule := rule_of(row.native):
            yield self._skipped(row, row.stamp, rule)
        elif was_read or not self._is_too_old(row):
            yield row
        elif stored != row.stamp + UNREAD:
            yield self._skipped(row, row.stamp + UNREAD, "before the start date")

    def _skipped(self, row: Row, stamp: str, rule: str) -> Record:
        skipped = {f"{self._stock.form.reason}:{row.id}": rule}
        return Record(row.id, stamp, skipped=skipped, label=self._label(row.native))

    def _is_too_old(self, row: Row) -> bool:
        dated = day_of(row.native, *_ROW_DAYS)
        return bool(self._want.since and dated and dated < self._want.since - self._stock.afterthought)

    def _label(self, native: Native) -> str:
        return text(native, self._stock.form.number, "OrderNumber")

    def _record(self, row: Row) -> Told:
        if row.fault or not row.id:
            return unreadable(row, row.native, row.fault or "the row has no id"), None
        native: Any = row.native
        try:
            native = self._whole(row)
            found = read_stock(native, self._stock.form, self._currency())
        except (FaultError, RejectedError, ValueError, ArithmeticError) as error:
            return failed(row, native, error)
        return Record(row.id, row.stamp, tuple(found.documents), found.skipped, label=self._label(row.native)), None

    def _whole(self, row: Row) -> Native:
        """The document, by a call where the row is only a summary or is not at hand."""
        if self._stock.detail:
            native = single(self._client.get(self._stock.detail, {_ID: text(row.native, _ID)}))
        elif row.stamp:
            native = row.native
        else:
            page = next(self._client.pages(self._stock.path, self._stock.key, {_ID: row.id}))
            native = next((one for one in page.rows if guid(one, _ID) == row.id), {})
        if guid(native, _ID) != row.id:
            raise ReadError("the detail is not that of the record asked for")
        return native


def stamped_row(native: Native) -> Row:
    """A row whose stamp is its content; one whose status or day is odd is told as that."""
    content = hashlib.sha256(json.dumps(native, sort_keys=True, default=str).encode()).hexdigest()[:32]
    try:
        rule_of(native)
        day_of(native, *_ROW_DAYS)
    except ReadError as error:
        return Row(guid(native, _ID), content, native, fault=str(error))
    return Row(guid(native, _ID), content, native)
