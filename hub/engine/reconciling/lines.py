"""A comparison's lines as rows: what people are shown of each, and where they find it in both systems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hub.causes import Cause, Line, Measure, Ref, Statement
from hub.engine.reconciling.periods import Period
from hub.entries import Entry, Posting

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rows:
    """Makes the rows of one reconciliation. ``address`` gives the ledger's page of a target, where there is one."""

    reconciliation_id: int
    period: Period
    address: Callable[[Ref], str]

    def of(self, measure: Measure, line: Line) -> dict[str, Any] | None:
        """A line's row. What agrees is kept for documents of the period; what is older agreed before."""
        kept = line.cause is not Cause.AGREES or self._is_of_period(line)
        return self._row(measure, line) if kept else None

    def _is_of_period(self, line: Line) -> bool:
        days = _days(line.item.entries) + _days(line.item.postings)
        return any(self.period.start <= day <= self.period.end for day in days)

    def _row(self, measure: Measure, line: Line) -> dict[str, Any]:
        item = line.item
        known = next(iter(item.documents), None)
        posting = next(iter(item.postings), None)
        joint = next((each for each in item.joints if each.live), next(iter(item.joints), None))
        target = joint.target if joint else ((posting.kind, posting.target_id) if posting else None)
        entry = next(iter(item.entries), None)
        return {
            "reconciliation_id": self.reconciliation_id,
            "measure": measure.value,
            "cause": line.cause.value,
            "size": abs(int(line.amount * 1000)),
            "amount": in_full(line.amount),
            "stock_amount": in_full(line.stock),
            "ledger_amount": in_full(line.ledger),
            "why": line.why,
            "kind": known.ref[0].value if known else "",
            "source_id": known.ref[1] if known else (entry.document_id if entry else ""),
            "record_id": known.record_id if known else "",
            "stock_number": known.number if known else _reference(entry),
            "stock_dates": spelt(_days(item.entries)) or str(known.date if known and known.date else ""),
            "stock_accounts": ", ".join(sorted({each.account for each in item.entries})),
            "stock_url": known.url if known else "",
            "ledger_kind": target[0].value if target else "",
            "target_id": target[1] if target else "",
            "ledger_number": _number(line) or (posting.description if posting else ""),
            "ledger_dates": spelt(_days(item.postings)) or str(joint.date if joint and joint.date else ""),
            "ledger_accounts": ", ".join(sorted({each.account for each in item.postings})),
            "ledger_url": (posting.url if posting else "") or (self.address(target) if joint and target else ""),
            "snapshot_id": known.snapshot_id if known else None,
            "operation_id": known.operation_id if known else None,
        }


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


def in_full(amount: Decimal) -> str:
    """As people write money, with two decimals; with more where a general ledger keeps more, so that sums hold."""
    written = amount.quantize(CENT)
    return str(written if written == amount else amount)


def figures(statements: Iterable[Statement]) -> dict[str, Any]:
    """What is kept of the statements beside their lines: the figures, and what each cause adds."""
    return {each.measure.value: _figures(each) for each in statements}


def _figures(statement: Statement) -> dict[str, Any]:
    return {
        "stock": in_full(statement.stock),
        "ledger": in_full(statement.ledger),
        "difference": in_full(statement.difference),
        "causes": {
            share.cause.value: {"amount": in_full(share.amount), "lines": share.lines} for share in statement.shares
        },
        "agreeing": {"amount": in_full(statement.agreeing.amount), "lines": statement.agreeing.lines},
    }
