"""Judging: why one item counts for other amounts on the two sides, in parts that add up to what it counts for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal

from hub.causes.cause import Cause, Measure
from hub.causes.facts import Known, Movement, Terms
from hub.causes.grouping import Item
from hub.documents import Kind
from hub.entries import Entry, Posting
from hub.providers import TargetStatus

ZERO = Decimal(0)
PURCHASES = frozenset({Kind.BILL, Kind.SUPPLIER_CREDIT})
RATES_DIFFER = Decimal("0.1")
"""By how much of an amount two rates of one currency may make it differ: rates of a year seldom lie further apart."""
NO_ITEM = Item()
"""Of a line that is about no document."""


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a difference: what one item counts for on either side, and how much of the difference is of a cause.

    ``amount`` is what the stock system says more than the ledger. An item of which two causes hold has two lines, which
    then show the same ``stock`` and ``ledger``; the amounts of all lines add up to the difference exactly.
    """

    cause: Cause
    amount: Decimal
    stock: Decimal
    ledger: Decimal
    why: str
    item: Item = NO_ITEM


@dataclass(frozen=True)
class Judge:
    """Judges the items of one measure under the terms of a comparison."""

    measure: Measure
    terms: Terms

    def lines(self, item: Item) -> Iterator[Line]:
        """What an item adds to the difference, by cause; one that agrees is one line of nothing."""
        stock = _sum(item.entries, self.counts)
        ledger = _sum(item.postings, self.counts)
        difference = stock - ledger
        if difference == 0:
            days = [*(each.date for each in item.entries), *(each.date for each in item.postings)]
            if any(self.counts(day) for day in days):
                yield Line(Cause.AGREES, ZERO, stock, ledger, "", item)
            return
        for cause, amount, why in self._parts(item, stock, ledger):
            yield Line(cause, amount, stock, ledger, why, item)

    def counts(self, day: Date) -> bool:
        """Whether what is dated on this day counts: up to the end for what stock is worth, else within the period."""
        return day <= self.terms.end and (self.measure is Measure.STOCK or day >= self.terms.start)

    def _parts(self, item: Item, stock: Decimal, ledger: Decimal) -> Iterator[tuple[Cause, Decimal, str]]:
        """What the difference of one item consists of; the amounts add up to it."""
        difference = stock - ledger
        if not item.postings:
            cause, why = self._unmatched_entries(item)
            yield cause, difference, why
        elif not item.entries:
            cause, why = self._unmatched_postings(item)
            yield cause, difference, why
        elif item.by_goods:
            cause, why = self._of_goods(item, stock, ledger)
            yield cause, difference, why
        else:
            timing = _opposite(difference, (item.stock - item.ledger) - difference)
            if timing:
                why = f"Dated {_days(item.entries)} in the stock system and {_days(item.postings)} in the ledger."
                yield Cause.OTHER_PERIOD, timing, why
            if rest := difference - timing:
                cause, why = self._of_amounts(item, rest)
                yield cause, rest, why

    # -- both sides have it ------------------------------------------------------------------------------------------

    def _of_amounts(self, item: Item, amount: Decimal) -> tuple[Cause, str]:
        if item.documents and not any(known.is_live for known in item.documents):
            return Cause.VOID_ON_ONE_SIDE, "Voided or undone in the stock system, and still in the ledger."
        if _ended(item):
            return Cause.VOID_ON_ONE_SIDE, "A target whose link was ended still counts in the ledger."
        if any(joint.edited for joint in item.joints):
            return Cause.CHANGED, "Somebody changed it in the ledger after it was posted."
        if any(known.changed for known in item.documents):
            return Cause.CHANGED, "It changed in the stock system after it was posted."
        if abs(amount) <= self.terms.rounding_limit:
            return Cause.ROUNDING, "Both systems rounded in their own way, within the rounding limit."
        if any(known.is_foreign for known in item.documents) and _may_be_a_rate(item):
            return Cause.EXCHANGE_RATE, "Unchanged and in a foreign currency: worked out at another rate."
        return Cause.UNEXPLAINED, "Linked and unchanged as far as the hub knows, and yet the amounts differ."

    def _of_goods(self, item: Item, stock: Decimal, ledger: Decimal) -> tuple[Cause, str]:
        """Goods and their invoice are two documents, and one of them came first or is for more."""
        moved_more = abs(stock) > abs(ledger)
        if any(known.movement is Movement.RECEIPT for known in item.documents):
            cause = Cause.RECEIVED_NOT_INVOICED if moved_more else Cause.INVOICED_NOT_RECEIVED
            verb = "received"
        else:
            cause = Cause.DISPATCHED_NOT_INVOICED if moved_more else Cause.INVOICED_NOT_DISPATCHED
            verb = "dispatched"
        return cause, f"By {self.terms.end} goods of {abs(stock):,.2f} were {verb} and {abs(ledger):,.2f} invoiced."

    # -- one side has it ---------------------------------------------------------------------------------------------

    def _unmatched_entries(self, item: Item) -> tuple[Cause, str]:
        if not item.documents:
            if all(entry.date < self.terms.start_date for entry in item.entries):
                return Cause.BEFORE_START, "Dated before the integration's start date."
            return Cause.NOT_POSTED, item.unread or "The hub has not read such a document yet."
        if item.stock == 0:
            return Cause.OTHER_PERIOD, f"Booked and taken back in the stock system, {_days(item.entries)}."
        if _is_linked(item):
            return self._linked_elsewhere(item)
        if any(not joint.live or not joint.status.is_live for joint in item.joints):
            return Cause.VOID_ON_ONE_SIDE, "It was posted, and is voided or no longer linked in the ledger."
        if _is_older(item, self.terms.start_date):
            return Cause.BEFORE_START, "Its date is before the integration's start date."
        return self._not_posted(item)

    def _linked_elsewhere(self, item: Item) -> tuple[Cause, str]:
        if any(joint.status is TargetStatus.DRAFT for joint in item.joints if joint.live):
            return Cause.NOT_POSTED, "It is a draft in the ledger, which is in no balance."
        if any(joint.edited for joint in item.joints):
            return Cause.CHANGED, "Somebody changed it in the ledger: it is on other accounts there now."
        if any(known.changed for known in item.documents):
            return Cause.CHANGED, "It changed in the stock system after it was posted."
        outside = [joint for joint in item.joints if joint.date is not None and joint.date < self.terms.start_date]
        if outside:
            return Cause.OTHER_PERIOD, f"In the ledger it is dated {outside[0].date}, before the start date."
        return Cause.UNEXPLAINED, "It is in the ledger, and none of its lines is on these accounts."

    def _not_posted(self, item: Item) -> tuple[Cause, str]:
        waiting = next((known.obstacle for known in item.documents if known.obstacle), "")
        goods = next((known for known in item.documents if known.movement is not Movement.NONE), None)
        if self.measure is Measure.STOCK and goods is not None and self._is_not_invoiced(goods):
            if goods.movement is Movement.RECEIPT:
                return Cause.RECEIVED_NOT_INVOICED, f"The goods came, and no bill by {self.terms.end}."
            return Cause.DISPATCHED_NOT_INVOICED, f"The goods left, and were not invoiced by {self.terms.end}."
        return Cause.NOT_POSTED, waiting or "It is not in the ledger."

    def _is_not_invoiced(self, goods: Known) -> bool:
        return not goods.is_planned and (goods.invoiced_on is None or goods.invoiced_on > self.terms.end)

    def _unmatched_postings(self, item: Item) -> tuple[Cause, str]:
        if not item.joints:
            if all(posting.date < self.terms.start_date for posting in item.postings):
                return Cause.BEFORE_START, "Dated before the integration's start date, and not of the hub."
            if any(posting.is_ours for posting in item.postings):
                return Cause.UNEXPLAINED, "It carries a mark of the hub, and the hub has no link to it."
            return Cause.BY_HAND, "Made in the ledger by a person or another program."
        if not any(joint.live for joint in item.joints):
            return Cause.VOID_ON_ONE_SIDE, "Its link was ended, and it is still in the ledger."
        if item.documents and not any(known.is_live for known in item.documents):
            return Cause.VOID_ON_ONE_SIDE, "Voided or undone in the stock system, and still in the ledger."
        if any(joint.edited for joint in item.joints):
            return Cause.CHANGED, "Somebody changed it in the ledger: it is on these accounts there now."
        if abs(item.ledger) <= self.terms.rounding_limit:
            return Cause.ROUNDING, "A rounding line, within the rounding limit."
        kinds = {joint.source[0] for joint in item.joints}
        goods = self.measure is Measure.STOCK and any(known.movement is not Movement.NONE for known in item.documents)
        if kinds == {Kind.JOURNAL} and not goods:
            return Cause.VOID_ON_ONE_SIDE, "The stock system's own books do not have it any more; the ledger does."
        if self.measure is Measure.STOCK:
            return self._invoiced_only(item)
        if any(known.changed for known in item.documents):
            return Cause.CHANGED, "It changed in the stock system after it was posted."
        return Cause.UNEXPLAINED, "It is in the ledger, and the stock system's general ledger says nothing of it."

    def _invoiced_only(self, item: Item) -> tuple[Cause, str]:
        kinds = {joint.source[0] for joint in item.joints}
        receipt = any(known.movement is Movement.RECEIPT for known in item.documents)
        if kinds & PURCHASES or receipt:
            return Cause.INVOICED_NOT_RECEIVED, "The ledger has the bill, and the goods have not been received."
        return Cause.INVOICED_NOT_DISPATCHED, "The ledger relieved its stock, and the goods have not left."


def _sum(movements: tuple[Entry, ...] | tuple[Posting, ...], counts: Callable[[Date], bool]) -> Decimal:
    return sum((each.amount for each in movements if counts(each.date)), ZERO)


def _opposite(difference: Decimal, outside: Decimal) -> Decimal:
    """The part of a difference that is made good outside the period: that much is only dated differently."""
    if difference * outside >= 0:
        return ZERO
    return difference if abs(outside) >= abs(difference) else -outside


def _days(movements: tuple[Entry, ...] | tuple[Posting, ...]) -> str:
    days = sorted({each.date for each in movements})
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _may_be_a_rate(item: Item) -> bool:
    """Whether the amounts are as near as two rates of one currency are: anything else is another mistake."""
    same_side = item.stock * item.ledger > 0
    return same_side and abs(item.stock - item.ledger) <= RATES_DIFFER * max(abs(item.stock), abs(item.ledger))


def _is_linked(item: Item) -> bool:
    return any(joint.live and joint.status.is_live for joint in item.joints)


def _ended(item: Item) -> bool:
    """Whether the ledger still counts a target whose link was ended."""
    ended = {joint.target for joint in item.joints if not joint.live}
    return any((posting.kind, posting.target_id) in ended for posting in item.postings)


def _is_older(item: Item, start_date: Date) -> bool:
    dated = [known.date for known in item.documents if known.date is not None]
    return bool(dated) and all(day < start_date for day in dated)
