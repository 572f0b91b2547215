"""Completing, undoing, voiding and dating again: the same for stock tasks and journals."""

from __future__ import annotations

from sim_cin7core import work_view
from sim_cin7core.account import Account
from sim_cin7core.journal_view import journal
from sim_cin7core.person.action import ImpossibleError, day_of
from sim_cin7core.records import DRAFT, VOIDED, JsonObject
from sim_cin7core.stock_records import COMPLETED, STATUSES, Journal, StockTask


def complete(account: Account, params: JsonObject) -> JsonObject:
    """A draft or a task in progress stands in the books, ``date`` its effective date; with ``status`` (IN PROGRESS,
    WORK IN PROGRESS, AUTHORISED) it only gets that far."""
    item = _found(account, params)
    _check_open(item)
    status = str(params.get("status", COMPLETED))
    if isinstance(item, StockTask) and status not in STATUSES[item.kind]:
        raise ImpossibleError(f"{item.kind} can not be {status}", 400)
    item.status, item.date = status, day_of(params, default=item.date)
    return _changed(account, item)


def undo(account: Account, params: JsonObject) -> JsonObject:
    """Back to a draft: out of the books, still there."""
    item = _found(account, params)
    if item.status in (DRAFT, VOIDED):
        raise ImpossibleError(f"{item.number} is {item.status}")
    item.status = DRAFT
    return _changed(account, item)


def void(account: Account, params: JsonObject) -> JsonObject:
    """Out of the books for good."""
    item = _found(account, params)
    if item.status == VOIDED:
        raise ImpossibleError(f"{item.number} is {item.status}")
    item.status = VOIDED
    return _changed(account, item)


def redate(account: Account, params: JsonObject) -> JsonObject:
    """Give it another ``date``, however long ago (undo, edit and complete again in one)."""
    item = _found(account, params)
    if item.status == VOIDED:
        raise ImpossibleError(f"{item.number} is {item.status}")
    day = day_of({"date": params["date"]})
    if isinstance(item, StockTask) and item.wip_date is not None:
        item.wip_date = min(item.wip_date, day)
    item.date = day
    return _changed(account, item)


def _found(account: Account, params: JsonObject) -> StockTask | Journal:
    wanted = str(params.get("id", ""))
    found: StockTask | Journal | None = account.store.stock_tasks.find(wanted) or account.store.journals.find(wanted)
    everything = (*account.store.stock_tasks, *account.store.journals)
    found = found or next((item for item in everything if item.number == params.get("number")), None)
    if found is None:
        raise ImpossibleError("no such stock task or journal", 404)
    return found


def _check_open(item: StockTask | Journal) -> None:
    if item.status in (COMPLETED, VOIDED):
        raise ImpossibleError(f"{item.number} is {item.status}")


def _changed(account: Account, item: StockTask | Journal) -> JsonObject:
    account.store.touch(item)
    return journal(item, account.switches) if isinstance(item, Journal) else work_view.detail(item, account)
