"""Xero's arithmetic of amounts.

Source: Xero API documentation, Rounding in Xero. Tax is worked out and rounded PER LINE, then summed;
halves go up (away from zero). Check given there: 25.06 + 25.61 + 25.63 at 15% give 11.44 of tax, not 11.45.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")
_PLACES = {2: CENT, 4: Decimal("0.0001"), 6: Decimal("0.000001")}
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_UP)


def rounded(amount: Decimal, places: int = 2) -> Decimal:
    """`amount` at 2, 4 or 6 decimal places, half up."""
    return amount.quantize(_PLACES[places], context=_CONTEXT)


def line_amount(quantity: Decimal, unit_amount: Decimal, discount_rate: Decimal, discount: Decimal) -> Decimal:
    """Quantity x unit amount, less a percentage or an amount of discount, at 2 decimals."""
    gross = _CONTEXT.multiply(quantity, unit_amount)
    if discount_rate:
        gross = _CONTEXT.multiply(gross, (HUNDRED - discount_rate) / HUNDRED)
    elif discount:
        gross -= discount
    return gross.quantize(CENT, context=_CONTEXT)


def line_tax(amount: Decimal, rate: Decimal, inclusive: bool) -> Decimal:
    """The tax of one line; `rate` in percent. Inclusive: what is contained in the amount."""
    if not rate:
        return ZERO
    if inclusive:
        return rounded(amount - _CONTEXT.divide(_CONTEXT.multiply(amount, HUNDRED), HUNDRED + rate))
    return rounded(_CONTEXT.divide(_CONTEXT.multiply(amount, rate), HUNDRED))
