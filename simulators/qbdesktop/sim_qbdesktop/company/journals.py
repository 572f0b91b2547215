"""Journal entries."""

from __future__ import annotations

from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents
from .drafting import Draft, RawLines, begin, merged_lines
from .file import Company
from .records import Fields, Line, Ref, Transaction

_TAGS = {name: name for name in ("JournalDebitLine", "JournalCreditLine")}
_PARTY_ACCOUNTS = {"AccountsReceivable": "Customer", "AccountsPayable": "Vendor"}


def write(company: Company, kind: str, raw: Fields, given: RawLines, before: Transaction | None) -> Draft:
    """A draft of a journal entry. 3180 when it doesn't balance."""
    draft = begin(company, kind, raw, before)
    own = [_named(tag, fields, before) for tag, fields in given]
    draft.lines = merged_lines(draft, own, _TAGS)
    _turn_sides(draft, given)
    for line in draft.lines:
        _post(draft, line)
    if sum((posting.foreign for posting in draft.postings), ZERO):
        raise statuses.not_saved(draft.noun, "The debits and the credits of the transaction do not agree.")
    _check_party_lines(draft)
    draft.total = sum((posting.foreign for posting in draft.postings if posting.foreign > 0), ZERO)
    return draft


def _named(tag: str, fields: Fields, before: Transaction | None) -> tuple[str, Fields]:
    """A line by the name that it has in answers: a Mod says its side in a field, else it stays on the side it was."""
    values = {name: value for name, value in fields.items() if name != "JournalLineType"}
    if tag != "JournalLineMod":
        return tag, {name: value for name, value in values.items() if name != "TxnLineID"}
    was = {line.line_id: line.tag for line in before.lines} if before else {}
    side = fields.get("JournalLineType")
    return f"Journal{side}Line" if side else was.get(fields["TxnLineID"], "JournalDebitLine"), values


def _turn_sides(draft: Draft, given: RawLines) -> None:
    """Lines that a Mod put on the other side."""
    sides = {fields["TxnLineID"]: fields["JournalLineType"] for _, fields in given if fields.get("JournalLineType")}
    for line in draft.lines:
        if line.line_id in sides:
            line.tag = f"Journal{sides[line.line_id]}Line"


def _post(draft: Draft, line: Line) -> None:
    account: Ref | None = line.fields.get("AccountRef")
    amount: Decimal = cents(line.fields.get("Amount", ZERO))
    line.fields["Amount"] = amount
    if account is None:
        if amount:
            raise statuses.missing("AccountRef", f"{draft.noun} line")
        return
    entity: Ref | None = line.fields.get("EntityRef")
    sign = 1 if line.tag == "JournalDebitLine" else -1
    draft.post(account.list_id, sign * amount, line, entity.list_id if entity else "")


def _check_party_lines(draft: Draft) -> None:
    """A line on a receivable or payable account names a customer or vendor, and there is only one such line."""
    found = 0
    for line in draft.lines:
        account: Ref | None = line.fields.get("AccountRef")
        wanted = _PARTY_ACCOUNTS.get(draft.company.account_type(account.list_id)) if account else None
        if wanted is None:
            continue
        found += 1
        entity: Ref | None = line.fields.get("EntityRef")
        if entity is None or draft.company.entries[entity.list_id].kind != wanted:
            reason = f"A line on an account of this type needs a {wanted.lower()}."
            raise statuses.not_saved(draft.noun, reason)
    if found > 1 and draft.company.switches["journal_receivable_lines"] == "one":
        raise statuses.not_saved(draft.noun, "Only one line may be on a receivable or payable account.")
