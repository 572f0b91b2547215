"""Xero's refusals in words a bookkeeper can act on.

Xero has no error codes, only prose (Xero API documentation, HTTP response codes and errors; the rest as
Xero's users report it). Each known sentence becomes a problem with a stable code; an unknown one is passed on
in Xero's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub import Operation, Problem


@dataclass(frozen=True)
class Refusal:
    """One sentence Xero says. The pattern's first group, if any, is what the problem is about."""

    code: str
    pattern: str
    why: str
    fix: str
    refresh: bool = False
    """Whether the target's state is the reason, so that it is read again and planned anew."""
    is_there: bool = False
    """Whether Xero has such a record already; it may be ours, when an answer was lost."""


KNOWN: tuple[Refusal, ...] = (
    Refusal(
        "contact_name_taken",
        r"contact name (.+?) is already assigned to another contact",
        "Another active contact in Xero has this name.",
        "Link the two on the contacts page, or change one of the names.",
        refresh=True,
        is_there=True,
    ),
    Refusal(
        "contact_number_taken",
        r"Another contact has this contact number",
        "Another contact, perhaps an archived one, has this contact number in Xero.",
        "Link the two on the contacts page; an archived contact must first be restored in Xero.",
        refresh=True,
        is_there=True,
    ),
    Refusal(
        "contact_archived",
        r"contact details has been archived",
        "The contact is archived in Xero.",
        "Restore the contact in Xero (Contacts, Archived), or link to another one.",
        refresh=True,
    ),
    Refusal(
        "number_taken",
        r"Invoice # must be unique|Credit note # must be unique",
        "The number is already used in Xero.",
        "Compare the two documents. If they are the same, press 'It is in the ledger already' on the page of this one; "
        "otherwise change one of the numbers.",
        refresh=True,
        is_there=True,
    ),
    Refusal(
        "has_payments",
        r"has (?:a )?(?:payments?|credit notes?) or (?:payments?|credit notes?) allocated",
        "A payment or credit was allocated to the document in Xero.",
        "Remove the payment or the allocation in Xero, or make the change there by hand.",
        refresh=True,
    ),
    Refusal(
        "status_forbids",
        r"not of valid status for modification|Invalid status change|The status '?\w*'? cannot be applied",
        "The document's status in Xero does not allow the change any more.",
        "Look at the document in Xero; it may have been voided, deleted or paid.",
        refresh=True,
    ),
    Refusal(
        "document_not_authorised",
        r"Payments can only be made against Authorised documents",
        "The document is not approved in Xero.",
        "Approve the document in Xero; the payment follows at the next sync.",
        refresh=True,
    ),
    Refusal(
        "amount_exceeds_due",
        r"Payment amount exceeds the amount outstanding|exceeds the (?:amount outstanding|outstanding|remaining)",
        "Less is outstanding in Xero than the payment comes to; somebody may have paid it there.",
        "Remove the payment made in Xero, or leave this one out.",
        refresh=True,
    ),
    Refusal(
        "batch_payment",
        r"Payments within a batch cannot be deleted",
        "The payment belongs to a batch payment in Xero.",
        "Delete the batch payment in Xero.",
        refresh=True,
    ),
    Refusal(
        "tax_not_for_account",
        r"TaxType code '?(\S+?)'? cannot be used with account code '?(\S+?)'?\.?(?:\s|$)",
        "Xero does not let this tax rate be used with this account.",
        "Map the tax code or the account to one that go together.",
    ),
    Refusal(
        "tax_unknown",
        r"TaxType code '?(\S+?)'? does not exist or cannot be used",
        "Xero does not know the tax rate or does not allow it on such a document.",
        "Correct the tax mapping.",
    ),
    Refusal(
        "account_unknown",
        r"Account code '?(\S+?)'? (?:is not a valid code|has been archived|could not be found)",
        "Xero does not let such a document post to this account.",
        "Correct the account mapping, or restore the account in Xero.",
    ),
    Refusal(
        "closed_period",
        r"cannot be before the end of year lock date, currently set at (\S+)|dated before the (?:period )?lock date"
        r"|period lock date",
        "The date lies in a period that is locked in Xero.",
        "Change the date in the stock system, or have an adviser move the lock date in Xero.",
        refresh=True,
    ),
    Refusal(
        "unbalanced",
        r"total debits \(\S+\) must equal total credits",
        "Debits and credits are not equal.",
        "Correct the amounts in the stock system.",
    ),
    Refusal(
        "journal_too_short",
        r"at least (?:two|2)(?: journal)? lines",
        "A manual journal has at least two lines.",
        "Correct the document in the stock system, or leave it out with a reason.",
    ),
    Refusal(
        "item_code_taken",
        r"Price List Item with Code '?(.+?)'? already exists",
        "Xero has an item with this code that is not linked; it may be one that Xero keeps stock of.",
        "Link the item if Xero keeps no stock of it; otherwise give one of the two another code.",
        refresh=True,
        is_there=True,
    ),
    Refusal(
        "quantity_negative",
        r"quantity value '?(-\S+?)'? is invalid",
        "Xero takes no quantity below zero.",
        "Enter a positive quantity with a negative price, or a credit note.",
    ),
    Refusal(
        "line_total_differs",
        r"line total (\S+) does not match the expected line total",
        "Xero reckons another amount for a line than the stock system does.",
        "Report it with the details below, and enter the document in Xero by hand meanwhile.",
    ),
    Refusal(
        "rate_missing",
        r"currency rate must be specified",
        "Xero needs an exchange rate for this document.",
        "Enter the exchange rate in the stock system.",
    ),
    Refusal(
        "currency_not_enabled",
        r"currency (?:code )?'?([A-Z]{3})'? (?:is not|has not been)|not subscribed to currency '?([A-Z]{3})",
        "The currency is not enabled in Xero.",
        "Add the currency under Settings, Currencies in Xero (a multi-currency plan is needed).",
    ),
    Refusal(
        "plan_limit",
        r"reached the limit of (?:invoices|bills) you can approve",
        "The Xero plan's monthly limit is reached.",
        "Upgrade the plan in Xero, or wait for next month.",
    ),
    Refusal(
        "not_found",
        r"supplied id was not found for this endpoint|resource you're looking for cannot be found",
        "Xero no longer has the record.",
        "Look for it in Xero's voided and deleted documents.",
        refresh=True,
    ),
    Refusal(
        "tracked_stock",
        r"cost pool of tracked inventory items cannot be reduced",
        "The item is one that Xero keeps stock of, and Xero has too little of it.",
        "Items shared with a stock system must not be tracked in Xero; use an untracked item.",
    ),
)


def messages(native: Any, name: str = "ValidationErrors") -> Iterator[str]:
    """Every message in a list called ``name``, wherever in the tree Xero has hung it."""
    if isinstance(native, dict):
        for key, value in native.items():
            if key == name and isinstance(value, list):
                yield from (
                    str(entry.get("Message", entry)) if isinstance(entry, dict) else str(entry) for entry in value
                )
            elif isinstance(value, dict | list):
                yield from messages(value, name)
    elif isinstance(native, list):
        for value in native:
            if isinstance(value, dict | list):
                yield from messages(value, name)


def said(answer: Any) -> list[str]:
    """Everything an answer says about why it is one of refusal, the most telling first."""
    if not isinstance(answer, dict):
        return [str(answer)[:500]]
    general = (str(answer.get(name) or "") for name in ("Message", "Detail", "Title"))
    return [*messages(answer)] or [text for text in general if text]


def recognise(message: str) -> tuple[Refusal, str] | None:
    """The known refusal that a message is, and what it is about."""
    for refusal in KNOWN:
        found = re.search(refusal.pattern, message, re.IGNORECASE)
        if found:
            return refusal, next((group for group in found.groups() if group), "")
    return None


def is_there(said: Sequence[str]) -> bool:
    """Whether Xero refused because it has such a record already."""
    return any(entry[0].is_there for entry in map(recognise, said) if entry)


def problem(operation: Operation, said: Sequence[str]) -> tuple[Problem, bool]:
    """The problem that Xero's messages amount to, and whether the target must be read again."""
    what = f"Xero refused the {operation.kind.replace('_', ' ')} {operation.document.label}."
    detail = " | ".join(dict.fromkeys(said))
    known = [entry for entry in map(recognise, said) if entry]
    if not known:
        return Problem(
            code="refused",
            what=what,
            why=f"Xero says: {detail}" if detail else "Xero gave no reason.",
            fix="Correct the document or its mapping and sync again.",
            detail=detail,
        ), False
    refusal, subject = known[0]
    found = Problem(code=refusal.code, what=what, why=refusal.why, fix=refusal.fix, subject=subject, detail=detail)
    return found, any(entry.refresh for entry, _ in known)
