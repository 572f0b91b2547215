"""Adding up amounts in the database, exactly.

Amounts are stored as text. SQLite's numbers with a fraction are floats, so they are added up as whole thousandths.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.models.posting import NUMBER, as_number

_BOUND = Decimal(10) ** 16
"""Beyond any amount that is typed or stored."""


def within(amount: sa.ColumnElement[Any], low: str, high: str) -> sa.ColumnElement[bool]:
    """That there is an amount between two parameters of the statement, or equal to one; see :func:`bounds`.

    In the words of the index ``operation_amount``, which finds those of the proposals.
    """
    return as_number(amount).between(sa.bindparam(low, type_=NUMBER), sa.bindparam(high, type_=NUMBER))


def bounds(least: Decimal | None, most: Decimal | None) -> tuple[Decimal, Decimal]:
    """Both ends of a range of amounts, of which each may be left out."""
    return -_BOUND if least is None else least, _BOUND if most is None else most


def total_thousandths(amount: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The sum of amounts in thousandths; each is rounded to a whole number before they are added."""
    whole = sa.cast(sa.func.round(as_number(amount) * 1000), sa.BigInteger)
    return sa.func.coalesce(sa.func.sum(whole), 0)


def from_thousandths(total: int | Decimal) -> Decimal:
    """The sum as an amount, with two decimals unless a third is needed."""
    exact = Decimal(int(total)).scaleb(-3)
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact
