"""Statements: what both sides say of one measure, and the difference in named parts that add up to it exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from hub.causes.cause import CAUSES, Cause, Measure
from hub.causes.facts import Accounts, Terms, Worth
from hub.causes.gathered import Facts
from hub.causes.grouping import Item, items_of
from hub.causes.judging import ZERO, Judge, Line
from hub.entries import Entry, UnmatchedGoods

UNSEEN = "The ledger's balance moved by another amount than the documents that it shows."
IN_BASE = "Documents in foreign currencies, which the ledger rounds line by line to its own."
Keep = Callable[[Line], None]
"""What is done with each line as it is found."""
NOTHING_REPORTED: Mapping[Measure, Decimal] = MappingProxyType({})


@dataclass(frozen=True)
class Share:
    """What one cause adds to the difference, and of how many lines."""

    cause: Cause
    amount: Decimal
    lines: int


@dataclass(frozen=True)
class Statement:
    """One measure: what the stock system says, what the ledger says, and the causes between the two."""

    measure: Measure
    stock: Decimal
    ledger: Decimal
    shares: tuple[Share, ...] = ()
    """What each cause that there is adds, in the order of the causes; together they are the difference."""
    agreeing: Share = Share(Cause.AGREES, ZERO, 0)
    """What both sides say of the documents that they agree on."""

    @property
    def difference(self) -> Decimal:
        """What the stock system says more than the ledger."""
        return self.stock - self.ledger

    @property
    def unexplained(self) -> Decimal:
        """What of the difference has no other name."""
        return next((share.amount for share in self.shares if share.cause is Cause.UNEXPLAINED), ZERO)


class _Tally:
    """Hands each line on as it is found, and keeps what those of each cause add up to."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._sums: dict[Cause, tuple[Decimal, int]] = {}

    def take(self, lines: Iterable[Line]) -> None:
        for line in lines:
            amount, count = self._sums.get(line.cause, (ZERO, 0))
            counted = line.stock if line.cause is Cause.AGREES else line.amount
            self._sums[line.cause] = amount + counted, count + 1
            self._keep(line)

    def statement(self, measure: Measure, stock: Decimal, ledger: Decimal) -> Statement:
        shares = {cause: Share(cause, *told) for cause, told in self._sums.items()}
        agreeing = shares.get(Cause.AGREES, Statement.agreeing)
        return Statement(measure, stock, ledger, tuple(shares[each] for each in CAUSES if each in shares), agreeing)


def worth_of_stock(accounts: Accounts, facts: Facts, worth: Worth, terms: Terms, keep: Keep) -> Statement:
    """What the stock is worth at the end of the period on both sides, and why the two differ, line by line to ``keep``.

    The stock system's figure is its valuation now without the goods that moved after the end, by its own general
    ledger or as purchases that it does not book yet; the ledger's is the balance that it reports. What either side's
    figures hold beyond its own documents is unexplained.
    """
    tally = _Tally(keep)
    tally.take(_judged(Measure.STOCK, accounts, facts, terms))
    booked = _Booked.of(facts, terms)
    ahead = [_Ahead.of(goods, facts, terms) for goods in worth.unmatched]
    after = booked.after + sum((one.amount for one in ahead if one.date > terms.end), ZERO)
    closing = sum((worth.closing.get(code, ZERO) for code in accounts.ledger), ZERO)
    tally.take(_before(accounts, booked.older, worth, terms))
    tally.take(_valued_otherwise(facts, ahead, terms))
    told = booked.told + sum((one.amount for one in ahead), ZERO)
    tally.take(_beyond(told, facts, worth, closing, accounts, terms))
    return tally.statement(Measure.STOCK, worth.valuation - after, closing)


def movement(
    measure: Measure, accounts: Accounts, facts: Facts, terms: Terms, keep: Keep, reported: Decimal | None = None
) -> Statement:
    """What moved on the accounts of a measure within the period on both sides, and why the two differ, line by line.

    ``reported`` is by how much the ledger says that their balance moved, debits positive, where it says so: what it
    is more than its documents tell is unexplained.
    """
    tally, within, sign = _Tally(keep), Judge(measure, terms), _sign(measure)
    tally.take(_judged(measure, accounts, facts, terms))
    stock = sum((entry.amount for entry, _ in facts.entries(sign) if within.counts(entry.date)), ZERO)
    told = sum((amount for day, amount in facts.postings(sign) if within.counts(day)), ZERO)
    ledger = told if reported is None else sign * reported
    if surplus := ledger - told:
        is_small = abs(surplus) <= terms.rounding_limit and facts.has_foreign()
        cause, why = (Cause.ROUNDING, IN_BASE) if is_small else (Cause.UNEXPLAINED, UNSEEN)
        tally.take([Line(cause, -surplus, ZERO, surplus, why)])
    return tally.statement(measure, stock, ledger)


def _sign(measure: Measure) -> int:
    """With the sign that people read it with."""
    return -1 if measure.is_credit else 1


def _judged(measure: Measure, accounts: Accounts, facts: Facts, terms: Terms) -> Iterator[Line]:
    is_stock = measure is Measure.STOCK
    judge = Judge(measure, terms)
    since = terms.start_date if is_stock else Date.min
    for item in items_of(facts, accounts, sign=_sign(measure), by_goods=is_stock, since=since):
        yield from judge.lines(item)


@dataclass(frozen=True)
class _Booked:
    """What the stock system's general ledger says of its stock accounts.

    ``told`` is what moved goods, ``after`` that of it which is dated after the end. ``older`` is by account what is
    dated before the start date and of no document that the hub knows.
    """

    told: Decimal
    after: Decimal
    older: Mapping[str, Decimal]

    @classmethod
    def of(cls, facts: Facts, terms: Terms) -> _Booked:
        told = after = ZERO
        older: dict[str, Decimal] = {}
        for entry, known in facts.entries():
            if entry.moves_goods:
                told += entry.amount
                after += entry.amount if entry.date > terms.end else ZERO
            if entry.date < terms.start_date and entry.date <= terms.end and not known:
                older[entry.account] = older.get(entry.account, ZERO) + entry.amount
        return cls(told, after, older)


def _before(accounts: Accounts, older: Mapping[str, Decimal], worth: Worth, terms: Terms) -> Iterator[Line]:
    """The time before the start date, account by account: nobody posted it, so the two sides had to be set up alike."""
    for code, total in sorted(older.items()):
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
    def of(cls, goods: UnmatchedGoods, facts: Facts, terms: Terms) -> _Ahead:
        amount = goods.worth - sum(facts.booked(goods.documents).values(), ZERO)
        day = goods.received_on if amount > 0 else goods.invoiced_on
        return cls(amount, day or goods.received_on or goods.invoiced_on or terms.end, goods)


def _valued_otherwise(facts: Facts, ahead: Iterable[_Ahead], terms: Terms) -> Iterator[Line]:
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
    for entry, _ in facts.entries():
        if entry.date <= terms.end and not entry.moves_goods and entry.amount:
            why = (
                f"A {entry.type.lower() or 'journal'} on a stock account: the valuation of the stock does not count it."
            )
            item = Item(entries=(entry,))
            yield Line(Cause.BOOKED_WITHOUT_GOODS, -entry.amount, -entry.amount, ZERO, why, item)


def _beyond(
    told: Decimal, facts: Facts, worth: Worth, closing: Decimal, accounts: Accounts, terms: Terms
) -> Iterator[Line]:
    """What either side's figure holds and its own documents do not tell; ``told`` is what the stock system's tell."""
    if surplus := worth.valuation - told:
        why = "The stock system values its stock at another amount than its own general ledger adds up to."
        yield Line(Cause.UNEXPLAINED, surplus, surplus, ZERO, why)
    opening = sum((worth.opening.get(code, ZERO) for code in accounts.ledger), ZERO)
    posted = sum((amount for day, amount in facts.postings() if day <= terms.end), ZERO)
    if surplus := closing - opening - posted:
        yield Line(Cause.UNEXPLAINED, -surplus, ZERO, surplus, UNSEEN)


def compare(
    accounts: Mapping[Measure, Accounts],
    facts: Facts,
    worth: Worth | None,
    terms: Terms,
    keep: Callable[[Measure, Line], None],
    reported: Mapping[Measure, Decimal] = NOTHING_REPORTED,
) -> tuple[Statement, ...]:
    """A statement of each measure that has accounts on both sides; that of the stock needs its ``worth``.

    ``keep`` is handed every line as it is found. ``reported`` is by how much the ledger says that the accounts of a
    measure moved within the period.
    """
    found: list[Statement] = []
    for measure in Measure:
        chosen = accounts.get(measure, Accounts())
        if not chosen.is_complete or (measure is Measure.STOCK and worth is None):
            continue
        mine = partial(keep, measure)
        if measure is Measure.STOCK and worth is not None:
            found.append(worth_of_stock(chosen, facts, worth, terms, mine))
        else:
            found.append(movement(measure, chosen, facts, terms, mine, reported.get(measure)))
    return tuple(found)
