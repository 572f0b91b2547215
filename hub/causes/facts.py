"""What a comparison rests on: plain frozen facts, each as its own side told it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal
from enum import StrEnum

from hub.causes.cause import Measure
from hub.documents import Kind
from hub.entries import Entry, Posting, UnmatchedGoods
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
    when it is no longer what was written to the ledger.
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
class Facts:
    """Everything both sides and the hub say.

    ``members`` maps the external id of a document to those of others that count together with it: a summary's members,
    and the payments of an invoice.
    """

    entries: tuple[Entry, ...] = ()
    postings: tuple[Posting, ...] = ()
    documents: tuple[Known, ...] = ()
    joints: tuple[Joint, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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


def on(accounts: Accounts, facts: Facts, measure: Measure) -> tuple[tuple[Entry, ...], tuple[Posting, ...]]:
    """What is said of some accounts on either side, with the sign that people read it with."""
    sign = -1 if measure.is_credit else 1
    entries = tuple(each for each in facts.entries if each.account in accounts.stock)
    postings = tuple(each for each in facts.postings if each.account in accounts.ledger)
    if sign == 1:
        return entries, postings
    return tuple(_turned(each) for each in entries), tuple(_turned_posting(each) for each in postings)


def _turned(entry: Entry) -> Entry:
    return replace(entry, amount=-entry.amount)


def _turned_posting(it: Posting) -> Posting:
    return replace(it, amount=-it.amount)
