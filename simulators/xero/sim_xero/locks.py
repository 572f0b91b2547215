"""Lock dates: nothing dated on or before one can be created, changed, voided, paid or allocated.

Source: Xero API documentation, Organisation; the messages as users of the API quote them (the period one in
part).
"""

from __future__ import annotations

from datetime import date

from .dates import lock_text
from .endpoint import Call
from .errors import ValidationError

_YEAR = "The document date cannot be before the end of year lock date"
_PERIOD = "The document cannot be created or edited as it is currently dated before the period lock date"


def check(call: Call, day: date, problems: ValidationError) -> None:
    """Add a message when `day` is locked."""
    locked = call.books.lock_date(day)
    if locked is None:
        return
    kind, lock = locked
    text = _YEAR if kind == "year" else _PERIOD
    problems.add(f"{text}, currently set at {lock_text(lock)}")
