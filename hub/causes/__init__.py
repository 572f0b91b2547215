"""Why a stock system and a ledger differ: a pure function of what both sides and the hub say.

No clock, no network, no randomness: the same facts always give the same causes, and the causes of a difference always
add up to it to the cent. What none of them names is ``unexplained``, never nothing.
"""

from __future__ import annotations

from hub.causes.cause import CAUSES, Cause, Measure
from hub.causes.facts import Accounts, Joint, Known, Movement, Ref, Terms, Worth
from hub.causes.gathered import Facts, gathering
from hub.causes.grouping import Item, join
from hub.causes.judging import Line
from hub.causes.statement import Share, Statement, compare, movement, worth_of_stock

__all__ = [
    "CAUSES",
    "Accounts",
    "Cause",
    "Facts",
    "Item",
    "Joint",
    "Known",
    "Line",
    "Measure",
    "Movement",
    "Ref",
    "Share",
    "Statement",
    "Terms",
    "Worth",
    "compare",
    "gathering",
    "join",
    "movement",
    "worth_of_stock",
]
