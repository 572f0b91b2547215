"""Adding up amounts in the database, exactly.

Amounts are stored as text. SQLite's numbers with a fraction are floats, so they are added up as whole thousandths.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

_NUMBER = sa.Numeric(20, 3)
_BOUND = Decimal(10) ** 16
"""Beyond any amount that is typed or stored."""


def number(amount: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """An amount as a number to compare with; NULL for no amount."""
    return sa.cast(sa.func.nullif(amount, sa.literal_column("''")), _NUMBER)


def within(
    amount: sa.ColumnElement[Any], least: Decimal | None = None, most: Decimal | None = None
) -> sa.ColumnElement[bool]:
    """That there is an amount, neither below the one nor above the other; each may be left out.

    In the words of the index ``operation_amount``, which finds those of the proposals.
    """
    low, high = -_BOUND if least is None else least, _BOUND if most is None else most
    return number(amount).between(sa.literal(low, _NUMBER), sa.literal(high, _NUMBER))


def total_thousandths(amount: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The sum of amounts in thousandths; each is rounded to a whole number before they are added."""
    whole = sa.cast(sa.func.round(number(amount) * 1000), sa.BigInteger)
    return sa.func.coalesce(sa.func.sum(whole), 0)


def from_thousandths(total: int | Decimal) -> Decimal:
    """The sum as an amount, with two decimals unless a third is needed."""
    exact = Decimal(int(total)).scaleb(-3)
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact
