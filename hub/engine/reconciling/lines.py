"""A comparison's lines as rows: what people are shown of each, and where they find it in both systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hub.causes import Cause, Known, Line, Measure, Ref, Statement
from hub.engine.reconciling.loading import Stored
from hub.engine.reconciling.periods import Period
from hub.entries import Entry, Posting
from hub.reconcile import is_summary


@dataclass(frozen=True)
class Rows:
    """Makes the rows of one reconciliation. ``addresses`` gives the ledger's page of a target, where there is one."""

    reconciliation_id: int
    period: Period
    stored: Mapping[Ref, Stored]
    addresses: Mapping[Ref, str]

    def of(self, statement: Statement) -> Iterator[dict[str, Any]]:
        """A row for each line. What agrees is kept for documents of the period; what is older agreed before."""
        for line in statement.lines:
            if line.cause is not Cause.AGREES or self._is_of_period(line):
                yield self._row(statement.measure, line)

    def _is_of_period(self, line: Line) -> bool:
        days = _days(line.item.entries) + _days(line.item.postings)
        return any(self.period.start <= day <= self.period.end for day in days)

    def _row(self, measure: Measure, line: Line) -> dict[str, Any]:
        known, stored = self._source(line)
        item = line.item
        posting = next(iter(item.postings), None)
        joint = next((each for each in item.joints if each.live), next(iter(item.joints), None))
        target = joint.target if joint else ((posting.kind, posting.target_id) if posting else None)
        entry = next(iter(item.entries), None)
        return {
            "reconciliation_id": self.reconciliation_id,
            "measure": measure.value,
            "cause": line.cause.value,
            "size": abs(int(line.amount * 1000)),
            "amount": str(line.amount),
            "stock_amount": str(line.stock),
            "ledger_amount": str(line.ledger),
            "why": line.why,
            "kind": known.ref[0].value if known else "",
            "source_id": known.ref[1] if known else (entry.document_id if entry else ""),
            "record_id": stored.record_id if stored else "",
            "stock_number": known.number if known else _reference(entry),
            "stock_dates": spelt(_days(item.entries)) or str(known.date if known and known.date else ""),
            "stock_accounts": ", ".join(sorted({each.account for each in item.entries})),
            "stock_url": stored.url if stored else "",
            "ledger_kind": target[0].value if target else "",
            "target_id": target[1] if target else "",
            "ledger_number": _number(line) or (posting.description if posting else ""),
            "ledger_dates": spelt(_days(item.postings)) or str(joint.date if joint and joint.date else ""),
            "ledger_accounts": ", ".join(sorted({each.account for each in item.postings})),
            "ledger_url": (posting.url if posting else "") or (self.addresses.get(target, "") if target else ""),
            "snapshot_id": stored.snapshot_id if stored else None,
            "operation_id": stored.operation_id if stored else None,
        }

    def _source(self, line: Line) -> tuple[Known | None, Stored | None]:
        """The document that stands for the item: the journal that holds several, else the one that the stock system's
        books name, else the first.
        """
        named = {entry.document_id for entry in line.item.entries}
        documents = line.item.documents
        known = next((each for each in documents if each.ref[1] in named), next(iter(documents), None))
        known = next((each for each in documents if is_summary(each.ref[1])), known)
        return known, self.stored.get(known.ref) if known else None


def spelt(days: Sequence[date]) -> str:
    """One day, or the first and the last of several."""
    if not days:
        return ""
    first, last = min(days), max(days)
    return str(first) if first == last else f"{first} to {last}"


def _days(movements: Iterable[Entry] | Iterable[Posting]) -> list[date]:
    return [each.date for each in movements]


def _reference(entry: Entry | None) -> str:
    return (entry.reference or entry.document_id) if entry else ""


def _number(line: Line) -> str:
    numbers = [joint.number for joint in line.item.joints if joint.number]
    return next(iter([*numbers, *(posting.number for posting in line.item.postings if posting.number)]), "")


def figures(statements: Iterable[Statement]) -> dict[str, Any]:
    """What is kept of the statements beside their lines: the figures, and what each cause adds."""
    return {each.measure.value: _figures(each) for each in statements}


def _figures(statement: Statement) -> dict[str, Any]:
    agreeing = [line for line in statement.lines if line.cause is Cause.AGREES]
    return {
        "stock": str(statement.stock),
        "ledger": str(statement.ledger),
        "difference": str(statement.difference),
        "causes": {
            share.cause.value: {"amount": str(share.amount), "lines": share.lines} for share in statement.shares()
        },
        "agreeing": {"amount": str(sum((line.stock for line in agreeing), Decimal(0))), "lines": len(agreeing)},
    }
