"""The tax type of a line: it must exist, be active and suit the class of the line's account.

Source: Xero API documentation, TaxRates (CanApplyTo...); the messages as users of the API quote them.
"""

from __future__ import annotations

from .accounts import CLASSES
from .endpoint import Call
from .errors import ValidationError
from .records import Account, TaxRate


def rate_of(
    call: Call, tax_type: str, account: Account | None, problems: ValidationError, *place: str | int
) -> TaxRate | None:
    """The tax rate of a tax type, None when there is none; what is wrong with it goes to `problems`."""
    rate = call.books.tax_rates.get(tax_type)
    if rate is None or rate.status != "ACTIVE":
        message = f"The TaxType code {tax_type} does not exist or cannot be used for this type of transaction."
        problems.add(message, *place)
    if account and (rate is None or CLASSES[account.type] not in rate.applies_to):
        problems.add(f"The TaxType code '{tax_type}' cannot be used with account code '{account.code}'.", *place)
    return rate
