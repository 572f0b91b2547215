"""What is wrong with a code or an account, whichever kind of document names it."""

from __future__ import annotations

from hub.documents import Account
from hub.errors import Problem
from hub.mapping.rules import MappingList


def not_mapped(what: str, where: MappingList, code: str, place: str) -> Problem:
    """A code of the source that nobody said what it is in the ledger."""
    return Problem(
        code=f"{where}_not_mapped",
        what=f"The {what} {code} is not mapped.",
        why=f"It comes from the {place}.",
        fix="Choose what it is in the ledger on the mappings page.",
        subject=code,
    )


def account_problem(code: str, account: Account | None) -> Problem | None:
    """Why nothing can be booked to an account of the ledger; None when something can."""
    if account is not None and account.active:
        return None
    return Problem(
        code="account_not_usable",
        what=f"Account {code} is {'archived' if account else 'not'} in the ledger.",
        fix="Restore it there, or map the source account to another one.",
        subject=code,
    )
