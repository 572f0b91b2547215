"""What QuickBooks answers when it can't be talked to, in words that a bookkeeper can act on.

Sources: QuickBooks Desktop SDK documentation, error codes of the request processor (HRESULT values).
"""

from __future__ import annotations

from dataclasses import dataclass

from hub import Problem


@dataclass(frozen=True)
class Trouble:
    """One code: what is wrong, what to do, and whether trying again in a moment may help."""

    what: str
    fix: str
    passes: bool = False


_AUTHORISE = (
    "On that computer log in to QuickBooks as Admin, choose Edit, Preferences, Integrated Applications, Company"
    " Preferences, and allow Ledgerport to log in automatically."
)
TROUBLES: dict[str, Trouble] = {
    "80040400": Trouble(
        "QuickBooks could not understand what the hub asked.",
        "Report it with the details of the run; nothing of that request was carried out.",
    ),
    "80040401": Trouble("QuickBooks could not be reached.", "Open QuickBooks and let the Web Connector try again."),
    "80040402": Trouble(
        "QuickBooks met an unexpected error.", "Close and open QuickBooks, then let the Web Connector try again."
    ),
    "80040408": Trouble(
        "QuickBooks could not be started.", "Open QuickBooks with the company file and leave it open.", passes=True
    ),
    "80040409": Trouble(
        "The company file belongs to another version of QuickBooks.",
        "Open it in the version it was made for; check that the Web Connector uses that one.",
    ),
    "8004040A": Trouble(
        "Another company file is open in QuickBooks.",
        "Close it and open the right one, or enter the right path on the entity's page.",
    ),
    "8004040D": Trouble("The session with QuickBooks ended.", "Nothing; the next visit goes on.", passes=True),
    "80040410": Trouble(
        "The company file is open in another mode.",
        "Switch between single-user and multi-user mode under File in QuickBooks.",
    ),
    "80040414": Trouble(
        "A window is open in QuickBooks and waits for an answer.",
        "Close the dialog in QuickBooks on that computer.",
        passes=True,
    ),
    "80040416": Trouble(
        "QuickBooks is not running and the hub does not know which file to open.",
        "Open QuickBooks with the company file, or enter the file's path on the entity's page.",
    ),
    "80040418": Trouble("Ledgerport was never allowed in this company file.", _AUTHORISE),
    "8004041A": Trouble("QuickBooks does not let Ledgerport use this company file.", _AUTHORISE),
    "8004041B": Trouble(
        "The company file is locked by somebody else.", "Nothing; it is tried again in a moment.", passes=True
    ),
    "8004041C": Trouble("QuickBooks met an internal error.", "Close and open QuickBooks, then try again."),
    "8004041D": Trouble("Ledgerport may not log in to QuickBooks by itself.", _AUTHORISE),
    "8004041E": Trouble(
        "The certificate of the application has expired.", "Add the .qwc file to the Web Connector anew."
    ),
    "80040420": Trouble("Somebody refused Ledgerport the access to QuickBooks.", _AUTHORISE),
    "80040422": Trouble(
        "QuickBooks must be in single-user mode for this.", "Choose File, Switch to Single-user Mode, then try again."
    ),
    "80040423": Trouble(
        "This QuickBooks does not know the version of requests that the hub sends.",
        "Install the updates of QuickBooks.",
    ),
    "80040424": Trouble("QuickBooks is still starting.", "Nothing; it is tried again in a moment.", passes=True),
    "80040427": Trouble("This QuickBooks is not registered.", "Register QuickBooks on that computer."),
    "8004042A": Trouble(
        "QuickBooks refuses access from another computer.", "Let the Web Connector run beside QuickBooks."
    ),
}


def trouble_of(hresult: str, message: str) -> Trouble:
    """What a code means; an unknown one is passed on in QuickBooks' own words."""
    known = TROUBLES.get(_digits(hresult))
    if known is not None:
        return known
    said = message.strip() or f"error {hresult.strip() or 'without a number'}"
    return Trouble(
        f"QuickBooks could not be used: {said}", "Mend it in QuickBooks, then let the Web Connector try again."
    )


def problem_of(hresult: str, message: str) -> Problem:
    """The same as a problem of the run."""
    trouble = trouble_of(hresult, message)
    return Problem(
        code="quickbooks_not_reached",
        what=trouble.what,
        fix=trouble.fix,
        done="What was under way is looked up in QuickBooks before anything is written again.",
        detail=f"{hresult} {message}".strip()[:2000],
    )


def is_unreadable(hresult: str) -> bool:
    """Whether QuickBooks could not read the request at all: nothing of it was carried out."""
    return _digits(hresult) == "80040400"


def unreadable_problem(message: str) -> Problem:
    """What to say of a record whose request QuickBooks could not read, though it went alone."""
    return Problem(
        code="request_not_understood",
        what="QuickBooks could not read the request for this record.",
        why=f"QuickBooks says: {message}" if message else "It gave no reason.",
        fix="Look for unusual characters or values in the record, correct them in the stock system, and retry; else"
        " report it with the words of QuickBooks and enter it there by hand.",
        detail=f"0x80040400 {message}".strip()[:2000],
    )


def _digits(hresult: str) -> str:
    return hresult.strip().upper().removeprefix("0X")
