"""The names of what makes a stock system and a ledger differ, and of what is compared."""

from __future__ import annotations

from enum import StrEnum


class Measure(StrEnum):
    """What is compared: the worth of the stock at the end of a period, or what moved within it."""

    STOCK = "stock"
    SALES = "sales"
    PURCHASES = "purchases"
    RECEIVABLES = "receivables"
    PAYABLES = "payables"

    @property
    def is_credit(self) -> bool:
        """Whether its accounts grow by credits, so that people read it with the sign turned."""
        return self in (Measure.SALES, Measure.PAYABLES)


class Cause(StrEnum):
    """Why a document counts for other amounts on the two sides; in the order in which they are told."""

    NOT_POSTED = "not_posted"
    """In the stock system, and not in the ledger's books: not read yet, waiting, held, skipped, or a draft there."""
    CHANGED = "changed_after_posting"
    """Posted, and then changed on one side."""
    VOID_ON_ONE_SIDE = "void_on_one_side"
    OTHER_PERIOD = "posted_in_another_period"
    """Both have it, and for the same amount, but the end of the period lies between their dates."""
    DISPATCHED_NOT_INVOICED = "dispatched_not_invoiced"
    INVOICED_NOT_DISPATCHED = "invoiced_not_dispatched"
    RECEIVED_NOT_INVOICED = "received_not_invoiced"
    INVOICED_NOT_RECEIVED = "invoiced_not_received"
    BOOKED_WITHOUT_GOODS = "booked_without_goods"
    """On a stock account of the stock system by a journal entered by hand: its valuation knows nothing of it."""
    EXCHANGE_RATE = "exchange_rate"
    """Of a document in a foreign currency, unchanged on both sides: it was worked out with another rate."""
    ROUNDING = "rounding"
    """Not more than the integration's rounding limit."""
    BY_HAND = "made_by_hand"
    """The ledger has it, without a mark of the hub: a person or another program made it there."""
    BEFORE_START = "before_the_start"
    """What the stock system and the ledger say of the time before the integration's start date."""
    UNEXPLAINED = "unexplained"
    """Whatever remains."""
    AGREES = "agrees"
    """No cause: both sides say the same."""


CAUSES = tuple(cause for cause in Cause if cause is not Cause.AGREES)
"""Those that make a difference."""
