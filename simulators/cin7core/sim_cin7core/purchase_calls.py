"""The endpoints of purchases (documentation: Purchase, Advanced purchase, their lists and payments)."""

from __future__ import annotations

from collections.abc import Sequence

from sim_cin7core import purchase_view
from sim_cin7core.account import Account
from sim_cin7core.exchange import Answer, Call, RefusedError
from sim_cin7core.journal_view import manual_journals
from sim_cin7core.lines_view import encoded
from sim_cin7core.lists import Page, envelope, moment, selected
from sim_cin7core.person.tasks import void_over_api as void_task
from sim_cin7core.records import Document, JsonObject, Task

_EXACT = {
    "status": "Status",
    "orderstatus": "OrderStatus",
    "restockreceivedstatus": "StockReceivedStatus",
    "invoicestatus": "InvoiceStatus",
    "creditnotestatus": "CreditNoteStatus",
    "unstockstatus": "UnstockStatus",
    "dropshiptaskid": "DropShipTaskID",
}
_SEARCHED = ("OrderNumber", "Status", "Supplier", "InvoiceNumber", "CreditNoteNumber")
_SIMPLE = "Simple Purchase"


def purchase_list(account: Account, call: Call) -> Answer:
    """GET purchaseList."""
    page = Page.of(call, account.switches)
    tasks = _tasks(account, call)
    rows = [encoded(purchase_view.row(task, account.switches)) for task in page.of_rows(tasks)]
    return envelope(page, len(tasks), "PurchaseList", rows)


def credit_note_list(account: Account, call: Call) -> Answer:
    """GET purchaseCreditNoteList, whose key is PurchaseList too and whose stamps have no Z."""
    page = Page.of(call, account.switches)
    every = account.switches["credit_note_rows"] == "per_credit_note"
    pairs: list[tuple[Task, Document]] = [
        (task, credit)
        for task in _tasks(account, call)
        if task.credits
        for credit in (task.credits if every else task.credits[-1:])
    ]
    rows = [encoded(purchase_view.credit_row(task, credit, account.switches)) for task, credit in page.of_rows(pairs)]
    return envelope(page, len(pairs), "PurchaseList", rows)


def _tasks(account: Account, call: Call) -> Sequence[Task]:
    since, until = moment(call, "updatedsince"), moment(call, "updateduntil")
    exact = {field: wanted.casefold() for name, field in _EXACT.items() if (wanted := call.text(name))}
    search = (call.text("search") or "").casefold()

    def choose() -> Sequence[Task]:
        tasks = selected(account.store.purchases, account.switches, since, until)
        if not exact and not search:
            return tasks
        return [task for task in tasks if _matches(purchase_view.row(task, account.switches), exact, search)]

    key = ("purchases", since, until, tuple(exact.items()), search, *account.switches.as_dict().values())
    return account.selections.get(key, account.store.purchases.version, choose)


def _matches(row: JsonObject, exact: dict[str, str], search: str) -> bool:
    if any(str(row[field] or "").casefold() != wanted for field, wanted in exact.items()):
        return False
    return not search or any(search in str(row[field] or "").casefold() for field in _SEARCHED)


def _purchase(account: Account, call: Call, name: str) -> Task:
    account.books.refresh()
    return account.found(account.store.purchases, call, name, "Purchase")


def _simple(account: Account, call: Call, name: str) -> Task:
    task = _purchase(account, call, name)
    if task.type != _SIMPLE and account.switches.on("simple_purchase_refuses_others"):
        raise RefusedError(
            400, f"Purchase {task.number} is not a simple purchase. Please use AdvancedPurchase endpoint"
        )
    return task


def simple(account: Account, call: Call) -> Answer:
    """GET purchase."""
    task, combine = _simple(account, call, "id"), call.flag("combineadditionalcharges")
    return Answer(
        200,
        account.store.rendered.get(
            task.id,
            f"simple {combine:d}",
            lambda: encoded(purchase_view.simple(task, account, combine)),
        ),
    )


def advanced(account: Account, call: Call) -> Answer:
    """GET advanced-purchase."""
    task, combine = _purchase(account, call, "id"), call.flag("combineadditionalcharges")
    return Answer(
        200,
        account.store.rendered.get(
            task.id,
            f"advanced {combine:d}",
            lambda: encoded(purchase_view.advanced(task, account, combine)),
        ),
    )


def simple_payments(account: Account, call: Call) -> Answer:
    """GET purchase/payment: a bare array; the parameter is called TaskID and takes the purchase's ID."""
    name = "taskid" if call.text("taskid") else "id"
    return Answer.json(purchase_view.payment_rows(_simple(account, call, name), with_purchase_id=False))


def advanced_payments(account: Account, call: Call) -> Answer:
    """GET advanced-purchase/payment: a bare array, by purchase, order number, bill or credit note number."""
    wanted = {name: call.text(name) for name in ("ordernumber", "invoicenumber", "creditnotenumber")}
    if call.text("purchaseid") or not any(wanted.values()):
        tasks = [_purchase(account, call, "purchaseid")]
    else:
        tasks = [task for task in account.store.purchases if _named(task, wanted)]
    return Answer.json([row for task in tasks for row in purchase_view.payment_rows(task, with_purchase_id=True)])


def _named(task: Task, wanted: dict[str, str | None]) -> bool:
    return (
        task.number == wanted["ordernumber"]
        or wanted["invoicenumber"] in [document.number for document in task.invoices]
        or wanted["creditnotenumber"] in [document.number for document in task.credits]
    )


def simple_manual_journal(account: Account, call: Call) -> Answer:
    """GET purchase/manualJournal: the parameter is called TaskID and takes the purchase's ID."""
    task = _simple(account, call, "taskid")
    shown = manual_journals(account.books.journal_lines(task), with_system=True)
    return Answer.json({"TaskID": task.id, **shown})


def advanced_manual_journals(account: Account, call: Call) -> Answer:
    """GET advanced-purchase/manualJournal."""
    task = _purchase(account, call, "purchaseid")
    shown = purchase_view.journal_objects(task, account)
    return Answer.json({"PurchaseID": task.id, "ManualJournals": shown})


def void_simple(account: Account, call: Call) -> Answer:
    """DELETE purchase: Void=true voids it. Undoing a whole purchase is not simulated."""
    task = _simple(account, call, "id")
    void_task(account, task, call)
    return Answer.json(purchase_view.simple(task, account, combine=False))


def void_advanced(account: Account, call: Call) -> Answer:
    """DELETE advanced-purchase, as ``void_simple``."""
    task = _purchase(account, call, "id")
    void_task(account, task, call)
    return Answer.json(purchase_view.advanced(task, account, combine=False))
