"""Statements: what both sides say of one measure, and the difference in named parts that add up to it exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal
from types import MappingProxyType

from hub.causes.cause import CAUSES, Cause, Measure
from hub.causes.facts import Accounts, Facts, Terms, Worth, on
from hub.causes.grouping import Item, items_of
from hub.causes.judging import ZERO, Judge, Line
from hub.entries import Entry, Posting, UnmatchedGoods

UNSEEN = "The ledger's balance moved by another amount than the documents that it shows."
IN_BASE = "Documents in foreign currencies, which the ledger rounds line by line to its own."
NOTHING_REPORTED: Mapping[Measure, Decimal] = MappingProxyType({})


@dataclass(frozen=True)
class Share:
    """What one cause adds to the difference, and of how many lines."""

    cause: Cause
    amount: Decimal
    lines: int


@dataclass(frozen=True)
class Statement:
    """One measure: what the stock system says, what the ledger says, and every line between the two."""

    measure: Measure
    stock: Decimal
    ledger: Decimal
    lines: tuple[Line, ...] = ()

    @property
    def difference(self) -> Decimal:
        """What the stock system says more than the ledger."""
        return self.stock - self.ledger

    @property
    def unexplained(self) -> Decimal:
        """What of the difference has no other name."""
        return next((share.amount for share in self.shares() if share.cause is Cause.UNEXPLAINED), ZERO)

    def shares(self) -> list[Share]:
        """What each cause that there is adds, in the order of the causes; together they are the difference."""
        found: dict[Cause, list[Decimal]] = defaultdict(list)
        for line in self.lines:
            found[line.cause].append(line.amount)
        return [Share(cause, sum(found[cause], ZERO), len(found[cause])) for cause in CAUSES if cause in found]


def worth_of_stock(accounts: Accounts, facts: Facts, worth: Worth, terms: Terms) -> Statement:
    """What the stock is worth at the end of the period on both sides, and why the two differ.

    The stock system's figure is its valuation now without the goods that moved after the end, by its own general
    ledger or as purchases that it does not book yet; the ledger's is the balance that it reports. What either side's
    figures hold beyond its own documents is unexplained.
    """
    entries, postings = on(accounts, facts, Measure.STOCK)
    after = sum((entry.amount for entry in entries if entry.date > terms.end and entry.moves_goods), ZERO)
    ahead = [_Ahead.of(goods, entries, terms) for goods in worth.unmatched]
    after += sum((one.amount for one in ahead if one.date > terms.end), ZERO)
    closing = sum((worth.closing.get(code, ZERO) for code in accounts.ledger), ZERO)
    named = {known.ref[1] for known in facts.documents} | {known.record_id for known in facts.documents}
    is_old = [entry.date < terms.start_date and entry.document_id not in named for entry in entries]
    older = [entry for entry, old in zip(entries, is_old, strict=True) if old and entry.date <= terms.end]
    present = [entry for entry, old in zip(entries, is_old, strict=True) if not old]
    lines = [
        *_judged(Measure.STOCK, present, postings, facts, terms),
        *_before(accounts, older, worth, terms),
        *_valued_otherwise(entries, ahead, terms),
        *_beyond(entries, ahead, postings, worth, closing, accounts, terms),
    ]
    return Statement(Measure.STOCK, worth.valuation - after, closing, tuple(lines))


def movement(
    measure: Measure, accounts: Accounts, facts: Facts, terms: Terms, reported: Decimal | None = None
) -> Statement:
    """What moved on the accounts of a measure within the period on both sides, and why the two differ.

    ``reported`` is by how much the ledger says that their balance moved, debits positive, where it says so: what it
    is more than its documents tell is unexplained.
    """
    entries, postings = on(accounts, facts, measure)
    within = Judge(measure, terms)
    stock = sum((each.amount for each in entries if within.counts(each.date)), ZERO)
    told = sum((each.amount for each in postings if within.counts(each.date)), ZERO)
    lines = list(_judged(measure, entries, postings, facts, terms))
    ledger = told if reported is None else -reported if measure.is_credit else reported
    if surplus := ledger - told:
        is_small = abs(surplus) <= terms.rounding_limit and any(known.is_foreign for known in facts.documents)
        cause, why = (Cause.ROUNDING, IN_BASE) if is_small else (Cause.UNEXPLAINED, UNSEEN)
        lines.append(Line(cause, -surplus, ZERO, surplus, why))
    return Statement(measure, stock, ledger, tuple(lines))


def _judged(
    measure: Measure, entries: Sequence[Entry], postings: Sequence[Posting], facts: Facts, terms: Terms
) -> Iterator[Line]:
    judge = Judge(measure, terms)
    for item in items_of(entries, postings, facts, by_goods=measure is Measure.STOCK):
        yield from judge.lines(item)


def _before(accounts: Accounts, older: Iterable[Entry], worth: Worth, terms: Terms) -> Iterator[Line]:
    """The time before the start date, account by account: nobody posted it, so the two sides had to be set up alike."""
    sums: dict[str, list[Entry]] = defaultdict(list)
    for entry in older:
        sums[entry.account].append(entry)
    for code in sorted(sums):
        total = sum((entry.amount for entry in sums[code]), ZERO)
        why = f"What the stock system's own books hold on account {code} from before {terms.start_date}."
        yield Line(Cause.BEFORE_START, total, total, ZERO, why)
    for code in sorted(accounts.ledger):
        if balance := worth.opening.get(code, ZERO):
            why = f"What account {code} of the ledger held before {worth.since}."
            yield Line(Cause.BEFORE_START, -balance, ZERO, balance, why)


@dataclass(frozen=True)
class _Ahead:
    """What the valuation counts more for one purchase than the general ledger has booked of it, and since when."""

    amount: Decimal
    date: Date
    goods: UnmatchedGoods

    @classmethod
    def of(cls, goods: UnmatchedGoods, entries: Iterable[Entry], terms: Terms) -> _Ahead:
        booked = sum((each.amount for each in entries if each.document_id in goods.documents), ZERO)
        amount = goods.worth - booked
        day = goods.received_on if amount > 0 else goods.invoiced_on
        return cls(amount, day or goods.received_on or goods.invoiced_on or terms.end, goods)


def _valued_otherwise(entries: Iterable[Entry], ahead: Iterable[_Ahead], terms: Terms) -> Iterator[Line]:
    """What the stock system's valuation counts and its general ledger does not, or the other way round, by name."""
    for one in ahead:
        if one.date > terms.end or not one.amount:
            continue
        item = Item(entries=(Entry(one.goods.record_id, one.date, "", one.amount, one.goods.reference),))
        if one.amount > 0:
            why = "Valued since the goods came; the general ledger books them with their bill."
            yield Line(Cause.RECEIVED_NOT_INVOICED, one.amount, one.amount, ZERO, why, item)
        else:
            why = "Booked with the bill; the goods are valued when they come."
            yield Line(Cause.INVOICED_NOT_RECEIVED, one.amount, one.amount, ZERO, why, item)
    for entry in entries:
        if entry.date <= terms.end and not entry.moves_goods and entry.amount:
            why = (
                f"A {entry.type.lower() or 'journal'} on a stock account: the valuation of the stock does not count it."
            )
            item = Item(entries=(entry,))
            yield Line(Cause.BOOKED_WITHOUT_GOODS, -entry.amount, -entry.amount, ZERO, why, item)


def _beyond(
    entries: Sequence[Entry],
    ahead: Iterable[_Ahead],
    postings: Sequence[Posting],
    worth: Worth,
    closing: Decimal,
    accounts: Accounts,
    terms: Terms,
) -> Iterator[Line]:
    """What either side's figure holds and its own documents do not tell."""
    told = sum((entry.amount for entry in entries if entry.moves_goods), ZERO)
    told += sum((one.amount for one in ahead), ZERO)
    if surplus := worth.valuation - told:
        why = "The stock system values its stock at another amount than its own general ledger adds up to."
        yield Line(Cause.UNEXPLAINED, surplus, surplus, ZERO, why)
    opening = sum((worth.opening.get(code, ZERO) for code in accounts.ledger), ZERO)
    posted = sum((posting.amount for posting in postings if posting.date <= terms.end), ZERO)
    if surplus := closing - opening - posted:
        yield Line(Cause.UNEXPLAINED, -surplus, ZERO, surplus, UNSEEN)


def compare(
    accounts: Mapping[Measure, Accounts],
    facts: Facts,
    worth: Worth | None,
    terms: Terms,
    reported: Mapping[Measure, Decimal] = NOTHING_REPORTED,
) -> tuple[Statement, ...]:
    """A statement of each measure that has accounts on both sides; that of the stock needs its ``worth``.

    ``reported`` is by how much the ledger says that the accounts of a measure moved within the period.
    """
    found: list[Statement] = []
    for measure in Measure:
        chosen = accounts.get(measure, Accounts())
        if not chosen.is_complete or (measure is Measure.STOCK and worth is None):
            continue
        if measure is Measure.STOCK and worth is not None:
            found.append(worth_of_stock(chosen, facts, worth, terms))
        else:
            found.append(movement(measure, chosen, facts, terms, reported.get(measure)))
    return tuple(found)
