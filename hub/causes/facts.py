"""What a comparison rests on: plain frozen facts, each as its own side told it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal
from enum import StrEnum

from hub.documents import Kind
from hub.entries import UnmatchedGoods
from hub.providers import TargetStatus

Ref = tuple[Kind, str]
"""A source document by kind and external id, or a target by kind and target id."""


class Movement(StrEnum):
    """What goods did, where a document is about that."""

    NONE = "none"
    DISPATCH = "dispatch"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows of one source document.

    ``record_id`` is the native record that owns it. ``is_live`` is False once it was voided or withdrawn there.
    ``is_foreign`` when it is not in the base currency. ``invoiced_on`` is when the goods that it is about were
    invoiced, if they were. ``is_planned`` when the hub means to post it; ``obstacle`` says why it has not. ``changed``
    when it is no longer what was written to the ledger. ``snapshot_id``, ``operation_id`` and ``url`` say where a
    person finds it; nothing is judged by them.
    """

    ref: Ref
    record_id: str = ""
    number: str = ""
    date: Date | None = None
    is_live: bool = True
    is_foreign: bool = False
    movement: Movement = Movement.NONE
    invoiced_on: Date | None = None
    is_planned: bool = False
    obstacle: str = ""
    changed: bool = False
    snapshot_id: int | None = None
    operation_id: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Joint:
    """A link: this source document is that target. ``edited`` when somebody changed the target there since.

    One that is not ``live`` was ended; its target may be in the ledger all the same.
    """

    source: Ref
    target: Ref
    status: TargetStatus = TargetStatus.OPEN
    number: str = ""
    date: Date | None = None
    live: bool = True
    edited: bool = False


@dataclass(frozen=True)
class Terms:
    """What is asked: the period, both days included, and what the integration's rules say."""

    start: Date
    end: Date
    start_date: Date
    rounding_limit: Decimal = Decimal("0.05")


@dataclass(frozen=True)
class Accounts:
    """Which accounts of the stock system are compared with which accounts of the ledger."""

    stock: frozenset[str] = frozenset()
    ledger: frozenset[str] = frozenset()

    @classmethod
    def of(cls, stock: Collection[str], ledger: Collection[str]) -> Accounts:
        """Of any collections of codes."""
        return cls(frozenset(stock), frozenset(ledger))

    @property
    def is_complete(self) -> bool:
        """Whether there is something to compare on either side."""
        return bool(self.stock and self.ledger)


@dataclass(frozen=True)
class Worth:
    """What the two sides say the stock is worth.

    ``valuation`` is the stock system's own, now. ``opening`` and ``closing`` are the balances that the ledger reports
    for each stock account at the end of the day before ``since`` and at the end of the period; ``since`` is the first
    day of which its postings were read. ``unmatched`` are goods that the valuation counts and its general ledger does
    not, or the other way round.
    """

    valuation: Decimal
    since: Date
    opening: Mapping[str, Decimal]
    closing: Mapping[str, Decimal]
    unmatched: tuple[UnmatchedGoods, ...] = ()
