"""What a person does with journals, the bank and opening balances; see `person` for how it is called.

`lines` is either amounts by account code, `{"630": "12.50", "305": "-12.50"}`, or lines as the API names their fields.
A person may edit a posted journal, archive one and restore it, whatever the API allows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import bank_transactions, bank_writing, journal_writing, manual_journals
from .dates import parse_day
from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, number
from .journal_lines import JournalDraft
from .money import ZERO, rounded
from .records import ManualJournal, OpeningBalance

Values = dict[str, Any]


def _lines(values: Values, amount: str) -> list[Raw]:
    """The lines of the values, as the API would be sent them."""
    lines = values["lines"]
    if isinstance(lines, dict):
        return [{"AccountCode": code, amount: str(value), "Description": code} for code, value in lines.items()]
    found: list[Raw] = lines
    return found


def enter_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    """{narration, lines, date?, status?, url?}; posted unless `status` says DRAFT."""
    raw = {
        "Narration": values["narration"],
        "JournalLines": _lines(values, "LineAmount"),
        "Date": values.get("date"),
        "Status": values.get("status", "POSTED"),
        "Url": values.get("url"),
    }
    return manual_journals.render(call, journal_writing.create(JournalDraft(call, raw, by_person=True)))


def _journal(call: Call, values: Values) -> ManualJournal:
    return call.books.manual_journals[values["manual_journal_id"]]


def _change_journal(call: Call, values: Values, raw: Raw) -> dict[str, Any]:
    draft = JournalDraft(call, raw, by_person=True)
    return manual_journals.render(call, journal_writing.update(draft, _journal(call, values)))


def edit_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    """{manual_journal_id, changes: {...fields as the API names them...}}"""
    return _change_journal(call, values, values["changes"])


def post_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    return _change_journal(call, values, {"Status": "POSTED"})


def void_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    return _change_journal(call, values, {"Status": "VOIDED"})


def delete_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    """A draft, as in the screens; a posted one is voided."""
    return _change_journal(call, values, {"Status": "DELETED"})


def archive_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    """Off the list of posted journals; it stays in the books. Xero calls the status ARCHIVED."""
    return _put_status(call, values, "POSTED", "ARCHIVED")


def restore_manual_journal(call: Call, values: Values) -> dict[str, Any]:
    return _put_status(call, values, "ARCHIVED", "POSTED")


def _put_status(call: Call, values: Values, present: str, status: str) -> dict[str, Any]:
    journal = _journal(call, values)
    if journal.status != present:
        raise ValidationError(f"The journal is {journal.status}, not {present}.")
    changed = call.books.manual_journals.put(replace(journal, status=status, updated=call.now))
    return manual_journals.render(call, changed)


def enter_bank_transaction(call: Call, values: Values) -> dict[str, Any]:
    """{type: RECEIVE or SPEND, lines, account?, contact?, date?, reference?, reconciled?, amount_types?}"""
    raw = {
        "Type": values["type"],
        "BankAccount": {"Code": values.get("account", "090")},
        "Contact": {"Name": values.get("contact", "Sundry")},
        "LineItems": _lines(values, "LineAmount"),
        "LineAmountTypes": values.get("amount_types", "NoTax"),
        "Date": values.get("date"),
        "Reference": values.get("reference"),
        "IsReconciled": values.get("reconciled"),
    }
    return bank_transactions.create(call, raw)


def delete_bank_transaction(call: Call, values: Values) -> dict[str, Any]:
    found = call.books.bank_transactions[values["bank_transaction_id"]]
    return bank_transactions.render(call, bank_writing.delete(call, found, {"Status": "DELETED"}))


def opening_balances(call: Call, values: Values) -> dict[str, Any]:
    """{date, balances: amounts by account code, debits positive}: in place of all set before.

    They may name any account. Xero puts what they lack to balance on the historical adjustment.
    """
    books, on = call.books, parse_day(values["date"])
    for present in list(books.opening_balances):
        books.opening_balances.remove(present.account_id)
    for code in values["balances"]:
        account = books.account(code)
        if account is None:
            raise ValidationError(f"There is no account '{code}'.")
        amount = rounded(number(values["balances"], code) or ZERO)
        books.opening_balances.put(OpeningBalance(account.account_id, on, amount))
    return {"date": str(on), "accounts": len(books.opening_balances)}


ACTIONS = (
    enter_manual_journal,
    edit_manual_journal,
    post_manual_journal,
    void_manual_journal,
    delete_manual_journal,
    archive_manual_journal,
    restore_manual_journal,
    enter_bank_transaction,
    delete_bank_transaction,
    opening_balances,
)
