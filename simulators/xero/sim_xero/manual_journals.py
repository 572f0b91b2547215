"""Manual journals. Source: Xero API documentation, ManualJournals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from . import batch, journal_lines, listing
from .dates import day_stamp, stamp
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw
from .filters import Reader
from .invoices import UNKNOWN_ID
from .journal_lines import JournalDraft
from .journal_writing import create, update
from .records import ManualJournal

_BATCH = ("ManualJournals", "ManualJournalID", "HasValidationErrors")
FIELDS: dict[str, Reader[ManualJournal]] = {
    "manualjournalid": lambda journal: journal.journal_id,
    "narration": lambda journal: journal.narration,
    "date": lambda journal: journal.date,
    "status": lambda journal: journal.status,
    "lineamounttypes": lambda journal: journal.line_amount_types,
    "url": lambda journal: journal.url,
    "showoncashbasisreports": lambda journal: journal.show_on_cash_basis,
    "updateddateutc": lambda journal: journal.updated,
}


def render(call: Call, found: ManualJournal, with_lines: bool = True) -> dict[str, Any]:
    """A manual journal as the API shows it: its dates come without a readable twin."""
    shown: dict[str, Any] = {
        "Date": day_stamp(found.date),
        "Status": found.status,
        "LineAmountTypes": found.line_amount_types,
        "UpdatedDateUTC": stamp(found.updated),
        "ManualJournalID": found.journal_id,
        "Narration": found.narration,
        "JournalLines": [journal_lines.shown(call, line) for line in found.lines] if with_lines else [],
        "ShowOnCashBasisReports": found.show_on_cash_basis,
        "HasAttachments": False,
    }
    if found.url:
        shown["Url"] = found.url
    return shown


@endpoint("GET", "/ManualJournals", "manual_journals")
def list_manual_journals(call: Call) -> Payload:
    """Without a page there are no lines."""
    paged = listing.page_number(call) is not None
    with_lines = paged or not call.world.switches["unpaged_manual_journals_have_no_lines"]

    def show(call: Call, found: ManualJournal) -> dict[str, Any]:
        return render(call, found, with_lines)

    plan = listing.ListOf("ManualJournals", "ManualJournal", FIELDS, show, lambda journal: journal.updated)
    journals = call.books.manual_journals
    if paged and "order" in call.query and call.world.switches["ordered_manual_journals_are_one_page"]:
        return _one_page(call, plan, journals)
    return listing.answer(call, plan, journals)


def _one_page(call: Call, plan: listing.ListOf[ManualJournal], journals: Iterable[ManualJournal]) -> Payload:
    """Everything on the first page, whatever the page size: seen by an extractor that asked for an order."""
    query = {name: value for name, value in call.query.items() if name not in ("page", "pagesize")}
    rows = listing.answer(replace(call, query=query), plan, journals)["ManualJournals"]
    page = listing.page_number(call) or 1
    counted = {"page": page, "pageSize": len(rows), "pageCount": 1, "itemCount": len(rows)}
    return {"pagination": counted, "ManualJournals": rows if page == 1 else []}


def _find(call: Call) -> ManualJournal:
    journal = call.books.manual_journals.get(call.args["key"].lower())
    if journal is None:
        raise not_found()
    return journal


@endpoint("GET", "/ManualJournals/<key>", "manual_journals")
def get_manual_journal(call: Call) -> Payload:
    return {"ManualJournals": [render(call, _find(call))]}


@endpoint("PUT", "/ManualJournals", "manual_journals")
def put_manual_journals(call: Call) -> Payload:
    """PUT creates, always."""
    return batch.run(call, *_BATCH, lambda call, raw: _answer(JournalDraft(call, raw), None))


@endpoint("POST", "/ManualJournals", "manual_journals")
def post_manual_journals(call: Call) -> Payload:
    """POST changes what it finds by id, else creates: nothing else of a journal is unique."""
    return batch.run(call, *_BATCH, lambda call, raw: _answer(JournalDraft(call, raw), _match(call, raw)))


@endpoint("POST", "/ManualJournals/<key>", "manual_journals")
def post_manual_journal(call: Call) -> Payload:
    journal = _find(call)
    raw = call.element("ManualJournals")
    return batch.single(call, *_BATCH, raw, lambda call, raw: _answer(JournalDraft(call, raw), journal))


def _match(call: Call, raw: Raw) -> ManualJournal | None:
    if not raw.get("ManualJournalID"):
        return None
    found = call.books.manual_journals.get(str(raw["ManualJournalID"]).lower())
    if found is None:
        raise ValidationError(UNKNOWN_ID)
    return found


def _answer(draft: JournalDraft, journal: ManualJournal | None) -> dict[str, Any]:
    written = create(draft) if journal is None else update(draft, journal)
    return batch.with_status(render(draft.call, written), draft.warnings)
