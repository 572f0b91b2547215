"""Journals as Xero's manual journals: made to fit, and written. Pure.

Source: Xero API documentation, Manual Journals. Debits are positive, credits negative, and they add up to nothing; an
amount is in the base currency. A line that is changed loses whatever is not sent, so every line is sent complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from hub import Action, Facts, Fit, Journal, JournalLine, Operation, Problem, Status, TargetStatus
from hub_xero import marks, tracking, validity
from hub_xero.arithmetic import cents
from hub_xero.exact import Json
from hub_xero.wording import DESCRIPTION_LENGTH, Notes, one_line

FEWEST_LINES = 2
_WORD = re.compile(r"[^\W_]+")
_NARRATION_ROOM = marks.NARRATION_LENGTH - 20
"""The rest is kept for our mark."""
_NEW = {Status.DRAFT: "DRAFT", Status.AUTHORISED: "POSTED"}
_KEPT = {TargetStatus.DRAFT: "DRAFT", TargetStatus.OPEN: "POSTED"}


def narration(journal: Journal) -> str:
    """What people read in Xero's reports. It is never empty, and tells the number: a manual journal has none."""
    text = one_line(journal.narration)
    if _words(journal.number) in _words(text):
        return text
    reason = journal.reason.replace("_", " ").capitalize()
    head = journal.number if _words(journal.number).startswith(_words(reason)) else f"{reason} {journal.number}"
    if journal.reference:
        head = f"{head} ({journal.reference})"
    return one_line(f"{head}: {text}" if text else head)


def _words(text: str) -> str:
    """The words alone, so that commas and dashes do not count, and SO-1 is not found in SO-12."""
    return f" {' '.join(_WORD.findall(text)).casefold()} "


def fit(journal: Journal, facts: Facts) -> Fit:
    """The journal as it will be posted, or why it can not be."""
    notes = Notes()
    problems = [*_journal_problems(journal, facts), *_line_problems(journal, facts)]
    lines = [_line(line, position, notes) for position, line in enumerate(journal.lines, 1)]
    values = {"narration": notes.cut(narration(journal), _NARRATION_ROOM, "The narration"), "lines": tuple(lines)}
    return Fit(journal.model_copy(update=values), tuple(notes), tuple(problems))


def _line(line: JournalLine, position: int, notes: Notes) -> JournalLine:
    text = notes.cut(one_line(line.description), DESCRIPTION_LENGTH, f"The description of line {position}")
    return line.model_copy(update={"description": text})


def _journal_problems(journal: Journal, facts: Facts) -> Iterator[Problem]:
    if len(journal.lines) < FEWEST_LINES:
        yield Problem(
            code="journal_too_short",
            what=f"The journal of {journal.label} has fewer than {FEWEST_LINES} lines.",
            fix="Correct the document in the stock system, or leave it out with a reason.",
        )
    for difference in journal.differences():
        yield Problem(
            code="unbalanced",
            what=f"The journal of {journal.label} does not balance: {difference}.",
            fix="Correct the amounts in the stock system.",
        )
    if any(line.amount != cents(line.amount) for line in journal.lines):
        yield Problem(
            code="currency_decimals",
            what=f"Amounts of the journal of {journal.label} have more than the two decimals that Xero keeps.",
            fix="Enter it in Xero by hand.",
            subject=journal.currency,
        )
    base = facts.organisation.base_currency
    if journal.currency != base:
        yield Problem(
            code="journal_currency",
            what=f"The journal of {journal.label} is in {journal.currency}; Xero takes journals in {base} alone.",
            why="The base currencies of the stock system and of Xero differ.",
            fix="Connect an organisation whose base currency is that of the stock system.",
            subject=journal.currency,
        )


def _line_problems(journal: Journal, facts: Facts) -> Iterator[Problem]:
    for code in dict.fromkeys(line.account for line in journal.lines):
        yield from validity.journal_account_problems(code, facts)
    yield from tracking.problems((line.tracking for line in journal.lines), facts)


def body(operation: Operation, facts: Facts) -> Json:
    """A manual journal to create, or all of one that is changed."""
    journal = cast(Journal, operation.document)
    native: Json = {} if operation.action is Action.CREATE else {"ManualJournalID": operation.target_id}
    return native | {
        "Narration": marks.narration(operation, narration(journal)),
        "Date": journal.date,
        "LineAmountTypes": "NoTax",
        "Url": marks.url(operation),
        "ShowOnCashBasisReports": journal.on_cash_basis,
        **_status(operation, journal),
        "JournalLines": [_native_line(line) for line in journal.lines],
    }


def _native_line(line: JournalLine) -> Json:
    return {
        "LineAmount": line.amount,
        "AccountCode": line.account,
        "Description": line.description,
        "Tracking": tracking.written(line.tracking),
    }


def _status(operation: Operation, journal: Journal) -> Json:
    """A draft stays a draft and what was posted stays posted, however the flow posts by now.

    It is said all the same: a journal for which nothing is said may count as a draft. One that was posted since it was
    read is then refused, and not made a draft again.
    """
    if operation.action is Action.CREATE:
        return {"Status": _NEW[journal.status]}
    status = _KEPT.get(operation.target.status) if operation.target else None
    return {"Status": status} if status else {}


def ended(operation: Operation, status: str) -> Json:
    """A manual journal taken out of the books. Xero wants the narration with every change."""
    text = marks.narration(operation, narration(cast(Journal, operation.document)))
    return {"ManualJournalID": operation.target_id, "Narration": text, "Status": status}
