"""Errors of the SDK itself, before or instead of an answer: HRESULTs, as hexadecimal text.

Sources: QuickBooks Desktop SDK documentation, HRESULT codes; the words of 0x80040400 are as recorded, the others
say what the documentation says in our words.
"""

from __future__ import annotations

UNREADABLE = "0x80040400"
NO_ACCESS = "0x80040401"
UNEXPECTED = "0x80040402"
NOT_STARTED = "0x80040408"
OTHER_VERSION = "0x80040409"
OTHER_FILE = "0x8004040A"
BAD_TICKET = "0x8004040D"
OTHER_MODE = "0x80040410"
MODAL_DIALOG = "0x80040414"
NOT_RUNNING = "0x80040416"
NOT_AUTHORISED = "0x80040418"
NO_PERMISSION = "0x8004041A"
NOT_LOCKABLE = "0x8004041B"
INTERNAL = "0x8004041C"
NO_AUTOMATIC_LOGIN = "0x8004041D"
CERTIFICATE_EXPIRED = "0x8004041E"
DENIED = "0x80040420"
NEEDS_SINGLE_USER = "0x80040422"
UNKNOWN_VERSION = "0x80040423"
STARTING = "0x80040424"
UNREGISTERED = "0x80040427"
REMOTE_DENIED = "0x8004042A"

MESSAGES = {
    UNREADABLE: "QuickBooks found an error when parsing the provided XML text stream.",
    NO_ACCESS: "Could not access QuickBooks.",
    UNEXPECTED: "Unexpected error. Check the qbsdklog.txt file for possible, additional information.",
    NOT_STARTED: "Could not start QuickBooks.",
    OTHER_VERSION: "The company file needs another version of QuickBooks.",
    OTHER_FILE: "A QuickBooks company data file is already open and it is different from the one requested.",
    BAD_TICKET: "The session ticket is not valid.",
    OTHER_MODE: "The company data file is open in a mode other than the one requested.",
    MODAL_DIALOG: "QuickBooks is showing a modal dialog: it can't be accessed until the dialog is closed.",
    NOT_RUNNING: "QuickBooks is not running, and no company data file was named.",
    NOT_AUTHORISED: "This application has not been allowed to access this company file: the administrator must do so.",
    NO_PERMISSION: "This application has no permission to access this company data file.",
    NOT_LOCKABLE: "The company data file can't be locked now.",
    INTERNAL: "An internal QuickBooks error occurred.",
    NO_AUTOMATIC_LOGIN: "This application is not allowed to log in to this company data file automatically.",
    CERTIFICATE_EXPIRED: "The certificate of this application has expired.",
    DENIED: "The QuickBooks user has denied access.",
    NEEDS_SINGLE_USER: "This action needs the company data file in single-user mode.",
    UNKNOWN_VERSION: "QuickBooks does not support the version of qbXML that was asked for.",
    STARTING: "QuickBooks is still starting: try again later.",
    UNREGISTERED: "This copy of QuickBooks is not registered.",
    REMOTE_DENIED: "Remote access is not allowed.",
}


class HResultError(Exception):
    """QuickBooks throws instead of answering. `fatal` when it died of it."""

    def __init__(self, code: str, message: str = "", fatal: bool = False) -> None:
        self.code = code
        self.message = message or MESSAGES.get(code, "")
        self.fatal = fatal
        super().__init__(f"{code}: {self.message}")
