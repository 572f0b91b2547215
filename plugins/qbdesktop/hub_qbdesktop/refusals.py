"""What QuickBooks' status codes mean for a record, and what to do: by the code alone, since severities mislead.

Source: QuickBooks Desktop SDK documentation, status codes in response messages. QuickBooks' own sentence is part of
each problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub import Operation, Problem
from hub_qbdesktop.messages import Reply

UNDECIDED = frozenset({3170, 3175, 3176, 3200, 3230, 3231, 1000, 1010})
"""Not carried out for a reason that passes: in use, changed meanwhile, or another request's failure. It is looked for,
read again where it changes something, and sent again with the next visit: three times in all, then a person decides."""
TAKEN = frozenset({3100})
"""There is such a record; it may be what a lost answer made."""
_LOCKED = re.compile(r"in use|locked|could not be locked", re.IGNORECASE)
_USED_NUMBER = re.compile(r"duplicate|number .*already (been )?used", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """One known reason: the code of our problem, why, and the way out."""

    code: str
    why: str
    fix: str


_VALUE = Refusal(
    "value_not_accepted",
    "A value is not one that QuickBooks takes in that field.",
    "Correct the value that QuickBooks names in the stock system, and retry.",
)
_NOT_UNDERSTOOD = Refusal(
    "request_not_understood",
    "QuickBooks did not understand what the hub asked, which is a fault of the hub.",
    "Report it with the words of QuickBooks; enter the document by hand meanwhile.",
)
_NOT_SAVED = Refusal(
    "not_saved",
    "QuickBooks could not save it.",
    "Remove that reason in QuickBooks or correct the document, and retry.",
)
NUMBER_TAKEN = Refusal(
    "number_taken",
    "QuickBooks has a document of this number already, and it is not ours.",
    "If it is the same document, skip this one with a reason; else give one of the two another number.",
)

_IN_USE = Refusal(
    "record_in_use",
    "Somebody has the record, or one that it needs, open in QuickBooks.",
    "Close it in QuickBooks on every computer, then retry.",
)
_NOT_PROCESSED = Refusal(
    "not_processed",
    "QuickBooks did not carry it out.",
    "Restart QuickBooks; if it goes on, let it verify the company file (File, Utilities, Verify Data). Then retry.",
)

KNOWN: dict[int, Refusal] = {
    **dict.fromkeys((3175, 3176), _IN_USE),
    **dict.fromkeys((1000, 1010, 3170, 3230, 3231), _NOT_PROCESSED),
    3200: Refusal(
        "record_out_of_date",
        "The record was changed in QuickBooks each time between the look at it and our change.",
        "Let nobody edit it in QuickBooks for a while, then retry.",
    ),
    **dict.fromkeys((1030, 1060, 3130, 3150), _NOT_UNDERSTOOD),
    **dict.fromkeys((3010, 3020, 3030, 3031, 3040, 3045, 3050, 3060, 3090, 3110), _VALUE),
    **dict.fromkeys((3180, 3300), _NOT_SAVED),
    3000: Refusal(
        "record_gone",
        "QuickBooks no longer has a record that it refers to.",
        "Link it again on the contacts or mappings page, or restore it in QuickBooks.",
    ),
    3070: Refusal("text_too_long", "A text is longer than QuickBooks takes.", "Shorten it in the stock system."),
    3100: Refusal(
        "name_taken",
        "QuickBooks has this name already, perhaps in another list: customers, vendors, employees and other names"
        " share theirs.",
        "Link the record to the one in QuickBooks, or rename one of the two.",
    ),
    3120: Refusal(
        "record_gone",
        "QuickBooks does not find a record that it refers to.",
        "Check the mapped accounts, classes and tax codes, and that none was deleted in QuickBooks.",
    ),
    3140: Refusal(
        "reference_not_accepted",
        "A reference is not one that QuickBooks takes there.",
        "Check the account, item, class or tax code that QuickBooks names.",
    ),
    3160: Refusal(
        "not_voided",
        "QuickBooks does not let it be deleted: something else uses it.",
        "Remove in QuickBooks what uses it, then retry.",
    ),
    3161: Refusal(
        "closed_period",
        "It is dated on or before the closing date.",
        "Have whoever keeps the books move the closing date, or enter it by hand.",
    ),
    3171: Refusal(
        "closed_period",
        "The books are closed on its date; the hub never moves the closing date.",
        "Date it later in the stock system, or have whoever keeps the books move the closing date.",
    ),
    3185: Refusal(
        "not_voided",
        "QuickBooks does not let it be voided.",
        "Remove payments and credits from it in QuickBooks, then retry.",
    ),
    3210: Refusal(
        "value_not_accepted",
        "QuickBooks does not take an amount or another value, most often since more is paid or credited than is due.",
        "Compare the payments and credits that the document has in QuickBooks, then retry or skip this.",
    ),
    3250: Refusal(
        "feature_off",
        "The feature is switched off in QuickBooks, or this edition does not have it.",
        "Switch it on under Edit, Preferences, or switch off this flow.",
    ),
    3260: Refusal(
        "not_permitted",
        "The QuickBooks user of the Web Connector may not do this.",
        "Give Ledgerport a user with enough rights under Integrated Applications in QuickBooks.",
    ),
    3261: Refusal(
        "not_permitted",
        "Ledgerport may not see personal data in QuickBooks.",
        "Allow it under Edit, Preferences, Integrated Applications.",
    ),
    3263: Refusal(
        "not_permitted",
        "QuickBooks has Ledgerport as an application that only reads.",
        "Remove it from the Web Connector and add the .qwc file of the entity's page.",
    ),
    3270: Refusal(
        "reference_not_accepted", "An account for posting is missing.", "Check the accounts of the item in QuickBooks."
    ),
    3280: Refusal(
        "reference_not_accepted",
        "An item is of a type that can't be used there.",
        "Link a service or a non-inventory part instead, or leave items out: lines carry their own accounts.",
    ),
}
"""By status code; what is not here is told in QuickBooks' own words."""


def is_undecided(reply: Reply) -> bool:
    """Whether the refusal passes by itself."""
    return reply.code in UNDECIDED or (reply.code == 3180 and bool(_LOCKED.search(reply.message)))


def _known(reply: Reply) -> Refusal | None:
    if reply.code == 3180 and _USED_NUMBER.search(reply.message):
        return NUMBER_TAKEN
    return _IN_USE if reply.code == 3180 and is_undecided(reply) else KNOWN.get(reply.code)


def problem(operation: Operation, reply: Reply) -> Problem:
    """What a refusal amounts to."""
    what = f"QuickBooks refused the {operation.kind.replace('_', ' ')} {operation.document.label}."
    detail = f"{reply.code}: {reply.message}"
    known = _known(reply)
    if known is None:
        why = (
            f"QuickBooks says: {reply.message}" if reply.message else f"It gave the number {reply.code} and no reason."
        )
        fix = "Correct the document or its mapping and retry."
        return Problem(code="refused", what=what, why=why, fix=fix, detail=detail)
    why = f"{known.why} QuickBooks says: {reply.message}" if reply.message else known.why
    return Problem(code=known.code, what=what, why=why, fix=known.fix, detail=detail)
