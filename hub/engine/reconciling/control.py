"""Receivables and payables of ledgers whose documents are listed by the accounts of their lines alone.

What a customer owes for an invoice is on no line of it. The ledger tells each document's total with its state, which is
what the control account got; the states are those that the hub was last told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hub.causes import Accounts, Measure, Ref
from hub.documents import Kind, money
from hub.entries import Entry, Posting
from hub.providers import TargetStatus

CONTROLS: Mapping[Measure, Mapping[Kind, int]] = {
    Measure.RECEIVABLES: {Kind.INVOICE: 1, Kind.CREDIT_NOTE: -1},
    Measure.PAYABLES: {Kind.BILL: -1, Kind.SUPPLIER_CREDIT: 1},
}
"""What a document does to the control account: 1 is a debit."""
MONEY = frozenset({Kind.PAYMENT, Kind.REFUND})
PARTNERS: Mapping[Kind, tuple[Measure, int]] = {
    Kind.INVOICE: (Measure.RECEIVABLES, -1),
    Kind.CREDIT_NOTE: (Measure.RECEIVABLES, 1),
    Kind.BILL: (Measure.PAYABLES, 1),
    Kind.SUPPLIER_CREDIT: (Measure.PAYABLES, -1),
}
"""What money against such a document does to which control account."""
IN_BOOKS = frozenset({TargetStatus.OPEN, TargetStatus.PART_PAID, TargetStatus.PAID})


@dataclass(frozen=True, slots=True)
class Target:
    """What the ledger last said of a target, as far as a comparison asks."""

    kind: Kind
    target_id: str
    status: TargetStatus
    number: str = ""
    date: date | None = None
    total: Decimal | None = None
    url: str = ""

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Target:
        """From a state as it is stored."""
        day, total = state.get("date"), state.get("total")
        return cls(
            kind=Kind(state["kind"]),
            target_id=state["target_id"],
            status=TargetStatus(state["status"]),
            number=state.get("number") or "",
            date=date.fromisoformat(day) if day else None,
            total=Decimal(str(total)) if total is not None else None,
            url=state.get("url") or "",
        )


def implied(
    measure: Measure,
    accounts: Accounts,
    states: Mapping[Ref, Target],
    rates: Mapping[Ref, Decimal],
    parents: Mapping[Ref, Kind],
    currency: str,
) -> Iterator[Posting]:
    """What the linked documents did to the one control account of a measure, by their totals.

    ``rates`` are base units per unit of a document's currency, by source document; ``parents`` the kind of document
    that a payment or refund is for. Without exactly one account of the ledger nothing can be told.
    """
    if measure not in CONTROLS or len(accounts.ledger) != 1:
        return
    (account,) = accounts.ledger
    for ref, state in states.items():
        sign = _sign(measure, ref, parents)
        if not sign or state.status not in IN_BOOKS or state.total is None or state.date is None:
            continue
        amount = money(state.total * rates.get(ref, Decimal(1)), currency)
        told = {"number": state.number, "url": state.url, "is_ours": True}
        yield Posting(state.kind, state.target_id, state.date, account, sign * amount, **told)  # type: ignore[arg-type]


def _sign(measure: Measure, ref: Ref, parents: Mapping[Ref, Kind]) -> int:
    if ref[0] in MONEY:
        partner, sign = PARTNERS.get(parents.get(ref, Kind.ACCOUNT), (None, 0))
        return sign if partner is measure else 0
    return CONTROLS[measure].get(ref[0], 0)


def are_silent(measure: Measure, accounts: Accounts, entries: tuple[Entry, ...], postings: tuple[Posting, ...]) -> bool:
    """Whether the stock system moved such accounts and the ledger's documents named none of theirs."""
    if measure not in CONTROLS:
        return False
    moved = any(entry.account in accounts.stock for entry in entries)
    return moved and not any(posting.account in accounts.ledger for posting in postings)
