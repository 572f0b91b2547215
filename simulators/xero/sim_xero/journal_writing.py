"""Writing manual journals: new ones, changes, and which status may follow which.

Source: Xero API documentation, ManualJournals (status codes): a draft is posted or deleted, a posted journal is voided;
both ends are final. The refusal of a status is quoted by users of the API; what only vendors tell is a switch.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from . import journal_lines, links, locks
from .errors import ValidationError
from .fields import choice, day, flag, rows, text
from .journal_lines import JournalDraft
from .records import ManualJournal

_AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
_NEXT = {
    "DRAFT": {"DRAFT", "POSTED", "DELETED"},
    "POSTED": {"POSTED", "VOIDED"},
    "ARCHIVED": set[str](),
    "VOIDED": set[str](),
    "DELETED": set[str](),
}
_NOT_MODIFIABLE = "Manual journal not of valid status for modification"
_NARRATION = "The Narration field is mandatory"


def create(draft: JournalDraft) -> ManualJournal:
    """A new journal, stored; raises ValidationError with everything that is wrong."""
    call, raw = draft.call, draft.raw
    status = text(raw, "Status") or "DRAFT"
    if status not in ("DRAFT", "POSTED"):
        raise ValidationError(_not_applicable(status))
    today = call.world.clock.today(call.books.organisation.timezone)
    journal = ManualJournal(str(uuid.uuid4()), "", today, status, call.now, client_id=call.client_id)
    _fill(draft, journal)
    journal.lines = journal_lines.build(draft, journal, rows(raw, "JournalLines") or [], [])
    return _finish(draft, journal)


def update(draft: JournalDraft, journal: ManualJournal) -> ManualJournal:
    """Apply what was sent to a journal that exists, and store it; what is not sent stays, save in the lines."""
    status = _next_status(draft, journal)
    if text(draft.raw, "Narration") is None and not draft.by_person and draft.allows("journal_update_needs_narration"):
        draft.problems.add(_NARRATION, "Narration")
    if status in ("VOIDED", "DELETED"):
        return end(draft, journal, status)
    changed = replace(journal, status=status, updated=draft.call.now)
    _fill(draft, changed)
    sent = rows(draft.raw, "JournalLines")
    if not sent and (status, changed.line_amount_types) != (journal.status, journal.line_amount_types):
        sent = [journal_lines.as_sent(journal, line) for line in journal.lines]
    if sent:
        changed.lines = journal_lines.build(draft, changed, sent, journal.lines)
    if changed.date != journal.date:
        _check_lock(draft, journal)
    return _finish(draft, changed)


def end(draft: JournalDraft, journal: ManualJournal, status: str) -> ManualJournal:
    """VOIDED or DELETED: final; nothing else of the request is applied."""
    _check_lock(draft, journal)
    if status == "VOIDED" and draft.allows("archived_account_blocks_voiding"):
        _check_accounts(draft, journal)
    draft.problems.raise_if_any()
    return draft.call.books.manual_journals.put(replace(journal, status=status, updated=draft.call.now))


def _next_status(draft: JournalDraft, journal: ManualJournal) -> str:
    """The status asked for, or the present one; raises when it may not follow or the journal takes no change."""
    asked = text(draft.raw, "Status")
    following = set(_NEXT[journal.status])
    if journal.status == "POSTED" and draft.allows("posted_journals_return_to_draft"):
        following.add("DRAFT")
    if asked is not None and asked not in following:
        raise ValidationError(_not_applicable(asked))
    status = asked or journal.status
    frozen = journal.status == "POSTED" and not draft.by_person and not draft.allows("posted_journals_can_be_edited")
    if status not in following or (frozen and status == "POSTED"):
        raise ValidationError(_NOT_MODIFIABLE)
    return status


def _not_applicable(status: str) -> str:
    return f"The status '{status}' cannot be applied to the document"


def _fill(draft: JournalDraft, journal: ManualJournal) -> None:
    """Plain fields sent. Without LineAmountTypes a journal has no tax; it shows on cash basis reports (docs)."""
    raw = draft.raw
    narration = text(raw, "Narration")
    journal.narration = journal.narration if narration is None else narration
    types = choice(raw, "LineAmountTypes", _AMOUNT_TYPES, "Xero.API.Library.LineAmountType")
    journal.line_amount_types = types or journal.line_amount_types
    journal.date = day(raw, "Date") or journal.date
    cash_basis = flag(raw, "ShowOnCashBasisReports")
    journal.show_on_cash_basis = journal.show_on_cash_basis if cash_basis is None else cash_basis
    journal.url = links.read(draft.call, raw, journal.url, draft.problems)


def _finish(draft: JournalDraft, journal: ManualJournal) -> ManualJournal:
    """Last checks; raises when anything was wrong, else stores."""
    if not journal.narration.strip() and _NARRATION not in draft.problems.messages:
        draft.problems.add(_NARRATION, "Narration")
    journal_lines.check(draft, journal)
    _check_lock(draft, journal)
    draft.problems.raise_if_any()
    return draft.call.books.manual_journals.put(journal)


def _check_lock(draft: JournalDraft, journal: ManualJournal) -> None:
    if journal.status != "DRAFT" or draft.allows("lock_dates_bind_drafts"):
        locks.check(draft.call, journal.date, draft.problems)


def _check_accounts(draft: JournalDraft, journal: ManualJournal) -> None:
    for index, line in enumerate(journal.lines):
        account = draft.call.books.accounts[line.account_id]
        if account.status != "ACTIVE":
            draft.problems.add(f"The account '{account.code}' has been archived.", "JournalLines", index)
