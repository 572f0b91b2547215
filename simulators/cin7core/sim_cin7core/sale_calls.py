"""The endpoints of sales (documentation: Sale, its lists and sub-resources)."""

from __future__ import annotations

from collections.abc import Sequence

from sim_cin7core import sale_view
from sim_cin7core.account import Account
from sim_cin7core.cards import number
from sim_cin7core.exchange import Answer, Call, RefusedError
from sim_cin7core.journal_view import manual_journals
from sim_cin7core.lines_view import encoded
from sim_cin7core.lists import Page, envelope, moment, selected
from sim_cin7core.person.tasks import void_over_api as void_task
from sim_cin7core.records import NOT_AVAILABLE, STANDALONE_CREDIT, Document, JsonObject, Task

_EXACT = {
    "status": "Status",
    "quotestatus": "QuoteStatus",
    "orderstatus": "OrderStatus",
    "externalid": "ExternalID",
    "combinedpickstatus": "CombinedPickingStatus",
    "combinedpackstatus": "CombinedPackingStatus",
    "combinedshippingstatus": "CombinedShippingStatus",
    "combinedinvoicestatus": "CombinedInvoiceStatus",
    "creditnotestatus": "CreditNoteStatus",
    "orderlocationid": "OrderLocationID",
}
_SEARCHED = ("OrderNumber", "Status", "Customer", "InvoiceNumber", "CustomerReference", "CreditNoteNumber")


def sale_list(account: Account, call: Call) -> Answer:
    """GET saleList."""
    page = Page.of(call, account.switches)
    tasks = _tasks(account, call)
    rendered = account.store.rendered
    rows = [
        rendered.get(task.id, "row", lambda task=task: encoded(sale_view.row(task)))  # type: ignore[misc]
        for task in page.of_rows(tasks)
    ]
    return envelope(page, len(tasks), "SaleList", rows)


def _tasks(account: Account, call: Call) -> Sequence[Task]:
    """The sales that the filters of a list call leave over."""
    since, until, created = (
        moment(call, "updatedsince"),
        moment(call, "updateduntil"),
        moment(call, "createdsince"),
    )
    exact = {field: wanted.casefold() for name, field in _EXACT.items() if (wanted := call.text(name))}
    search = (call.text("search") or "").casefold()
    alone = account.switches.on("standalone_credits_in_sale_list")

    def choose() -> list[Task]:
        tasks = selected(account.store.sales, account.switches, since, until)
        return [
            task
            for task in tasks
            if (alone or task.type != STANDALONE_CREDIT)
            and (created is None or task.created > created)
            and ((not exact and not search) or _matches(sale_view.row(task), exact, search))
        ]

    key = ("sales", since, until, created, tuple(exact.items()), search, *account.switches.as_dict().values())
    return account.selections.get(key, account.store.sales.version, choose)


def _matches(row: JsonObject, exact: dict[str, str], search: str) -> bool:
    if any(str(row[field] or "").casefold() != wanted for field, wanted in exact.items()):
        return False
    return not search or any(search in str(row[field] or "").casefold() for field in _SEARCHED)


def credit_note_list(account: Account, call: Call) -> Answer:
    """GET saleCreditNoteList, whose key is SaleList too."""
    page = Page.of(call, account.switches)
    since, until, created = (
        moment(call, "updatedsince"),
        moment(call, "updateduntil"),
        moment(call, "createdsince"),
    )
    exact = {_EXACT[name]: wanted.casefold() for name in ("status", "creditnotestatus") if (wanted := call.text(name))}
    search = (call.text("search") or "").casefold()
    every = account.switches["credit_note_rows"] == "per_credit_note"

    def choose() -> list[tuple[Task, Document]]:
        tasks = selected(account.store.sales, account.switches, since, until)
        pairs = [
            (task, credit)
            for task in tasks
            if task.credits and (created is None or task.created > created)
            for credit in (task.credits if every else task.credits[-1:])
        ]
        return [
            pair for pair in pairs if (not exact and not search) or _matches(sale_view.credit_row(*pair), exact, search)
        ]

    key = (
        "credits",
        since,
        until,
        created,
        tuple(exact.items()),
        search,
        *account.switches.as_dict().values(),
    )
    rows = account.selections.get(key, account.store.sales.version, choose)
    return envelope(page, len(rows), "SaleList", [encoded(sale_view.credit_row(*pair)) for pair in page.of_rows(rows)])


def _sale(account: Account, call: Call, name: str) -> Task:
    account.books.refresh()
    return account.found(account.store.sales, call, name, "Sale")


def detail(account: Account, call: Call) -> Answer:
    """GET sale."""
    task = _sale(account, call, "id")
    options = sale_view.Options(
        call.flag("combineadditionalcharges"),
        call.flag("includetransactions"),
        not call.flag("hideinventorymovements"),
    )
    return Answer(
        200,
        account.store.rendered.get(task.id, options.variant, lambda: encoded(sale_view.detail(task, account, options))),
    )


def invoices(account: Account, call: Call) -> Answer:
    """GET sale/invoice."""
    task, combine = _sale(account, call, "saleid"), call.flag("combineadditionalcharges")
    shown = [
        {"CombineAdditionalCharges": combine, **sale_view.invoice(item, account.switches, combine)}
        for item in task.invoices
    ]
    return Answer.json({"SaleID": task.id, "Invoices": shown})


def credit_notes(account: Account, call: Call) -> Answer:
    """GET sale/creditnote."""
    task, combine = _sale(account, call, "saleid"), call.flag("combineadditionalcharges")
    shown = [{"CombineAdditionalCharges": combine, **sale_view.credit_note(item, combine)} for item in task.credits]
    if call.flag("includepaymentinfo"):
        refunds = [row for row in sale_view.payment_rows(task) if row["Type"] == "Refund"]
        for item, note in zip(task.credits, shown, strict=True):
            note["CreditNoteBalance"] = number(item.total - item.paid)
            note["Payments"] = [row for row in refunds if row["CreditNoteNumber"] == item.number]
    return Answer.json({"SaleID": task.id, "CreditNotes": shown})


def payments(account: Account, call: Call) -> Answer:
    """GET sale/payment: a bare array."""
    return Answer.json(sale_view.payment_rows(_sale(account, call, "saleid")))


def order(account: Account, call: Call) -> Answer:
    """GET sale/order."""
    task = _sale(account, call, "saleid")
    if task.order.status == NOT_AVAILABLE and task.type != STANDALONE_CREDIT:
        raise RefusedError(400, "Sale has no order")
    shown = sale_view.detail(task, account, sale_view.Options(call.flag("combineadditionalcharges")))["Order"]
    return Answer.json({"SaleID": task.id, **shown})


def manual_journal(account: Account, call: Call) -> Answer:
    """GET sale/manualJournal."""
    task = _sale(account, call, "saleid")
    return Answer.json({"SaleID": task.id, **manual_journals(task.journals)})


def void(account: Account, call: Call) -> Answer:
    """DELETE sale: Void=true voids it. Undoing a whole sale is not simulated."""
    task = _sale(account, call, "id")
    void_task(account, task, call)
    return Answer.json(sale_view.detail(task, account, sale_view.Options()))
