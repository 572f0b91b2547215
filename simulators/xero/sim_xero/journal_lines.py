"""The lines of manual journals: reading, checking, tax, balance.

Source: Xero API documentation, ManualJournals (JournalLines): debits are positive and credits negative, at least two
lines, at most two tracking categories a line. The message of a journal that does not balance is the documented one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from . import line_accounts, line_taxes, line_tracking
from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, number, short_text, text
from .money import ZERO, line_tax, rounded
from .records import Account, JournalLine, ManualJournal

_PLACE = "JournalLines"
_FEWEST = 2
_LONGEST_DESCRIPTION = 4000


@dataclass(slots=True)
class JournalDraft:
    """A manual journal being written: what is wrong, what is to be warned of. A person is bound by fewer rules."""

    call: Call
    raw: Raw
    by_person: bool = False
    problems: ValidationError = field(default_factory=ValidationError)
    warnings: list[str] = field(default_factory=list)

    def allows(self, switch: str) -> bool:
        return self.call.world.switches[switch]


def build(
    draft: JournalDraft, journal: ManualJournal, sent: list[Raw], present: list[JournalLine]
) -> list[JournalLine]:
    """The journal's new lines in place of the present ones: journal lines have no id to be changed by."""
    if not draft.allows("omitted_journal_line_fields_are_blanked"):
        kept = [as_sent(journal, line) for line in present]
        sent = [{**old, **raw} for old, raw in zip(kept, sent, strict=False)] + sent[len(kept) :]
    return [_line(draft, journal, index, raw) for index, raw in enumerate(sent)]


def as_sent(journal: ManualJournal, line: JournalLine) -> Raw:
    """A line as if it were sent again."""
    raw: Raw = {"LineAmount": line.amount, "Description": line.description, "Tracking": line.tracking}
    if line.account_id:
        raw["AccountID"] = line.account_id
    if line.tax_type and journal.line_amount_types != "NoTax":
        raw["TaxType"] = line.tax_type
    return raw


def check(draft: JournalDraft, journal: ManualJournal) -> None:
    """At least two lines, and as much debit as credit, tax included."""
    if len(journal.lines) < _FEWEST:
        draft.problems.add("A manual journal must have at least two journal lines.", _PLACE)
        return
    amounts = [journal.gross(line) for line in journal.lines]
    debits, credits = (sum((x for x in amounts if (x > 0) is side), ZERO) for side in (True, False))
    unfinished = journal.status == "DRAFT" and not draft.allows("unbalanced_draft_journals_refused")
    if debits + credits and not unfinished:
        draft.problems.add(f"The total debits ({debits:.2f}) must equal total credits ({credits:.2f})", _PLACE)


def _line(draft: JournalDraft, journal: ManualJournal, index: int, raw: Raw) -> JournalLine:
    problems = draft.problems
    account = _account(draft, journal, index, raw)
    amount = number(raw, "LineAmount")
    if amount is None:
        problems.add("A LineAmount must be specified for each journal line.", _PLACE, index)
    line = JournalLine(
        account_id=account.account_id if account else "",
        amount=rounded(amount or ZERO),
        description=short_text(raw, "Description", _LONGEST_DESCRIPTION, problems) or "",
        tracking=line_tracking.read(draft.call, raw, [], problems, _PLACE, index),
    )
    line.tax_type, line.tax_amount = _tax(draft, journal, index, text(raw, "TaxType"), account, line.amount)
    return line


def _account(draft: JournalDraft, journal: ManualJournal, index: int, raw: Raw) -> Account | None:
    """By AccountCode or AccountID. A draft loses an account nobody knows, with a warning (docs)."""
    code = text(raw, "AccountCode") or (text(raw, "AccountID") or "").lower()
    if not code:
        if journal.status != "DRAFT":
            draft.problems.add("Account code must be specified", _PLACE, index)
        return None
    account = line_accounts.recognised(draft.call, code)
    if account is None and journal.status == "DRAFT":
        draft.warnings.append(line_accounts.removed(code))
    elif account is None or not line_accounts.usable(account, draft.allows("inventory_account_in_journals_refused")):
        draft.problems.add(line_accounts.not_valid(code), _PLACE, index)
    return account


def _tax(
    draft: JournalDraft, journal: ManualJournal, index: int, sent: str | None, account: Account | None, amount: Decimal
) -> tuple[str, Decimal]:
    """Tax type and amount: what was sent or the account's own, none without tax; the amount is always worked out."""
    tax_type = sent or (account.tax_type if account else "")
    if journal.line_amount_types == "NoTax" or not tax_type:
        return "NONE", ZERO
    rate = line_taxes.rate_of(draft.call, tax_type, account, draft.problems, _PLACE, index)
    percent = rate.rate if rate else ZERO
    return tax_type, line_tax(amount, percent, journal.line_amount_types == "Inclusive")


def shown(call: Call, line: JournalLine) -> dict[str, Any]:
    """One line as the API shows it."""
    account = call.books.accounts.get(line.account_id)
    named = {"AccountCode": account.code, "AccountID": account.account_id} if account else {}
    return {
        "Description": line.description,
        "TaxType": line.tax_type,
        "TaxAmount": line.tax_amount,
        "LineAmount": line.amount,
        **named,
        "Tracking": line.tracking,
        "IsBlank": False,
    }
