"""How the Web Connector makes an application known in a company file: FileID and AppLock under its OwnerID.

Source: QuickBooks Web Connector Programmer's Guide, on OwnerID and FileID; what users report of QBWC1039.
"""

from __future__ import annotations

import socket
from datetime import UTC, datetime

from ..company import extensions
from ..quickbooks import Session
from .qwc import ConnectorError, Qwc

FILE_ID, APP_LOCK = "FileID", "AppLock"
_TICKS_FROM = datetime(1, 1, 1, tzinfo=UTC)


def stamp(session: Session, qwc: Qwc) -> None:
    """The first time: write the FileID. ConnectorError for another stamp of the same owner, or where nothing may be
    written, as with IsReadOnly.
    """
    company = session.company
    there = extensions.company_value(company, qwc.owner_id, FILE_ID)
    if there == qwc.file_id:
        return
    if there:
        raise ConnectorError("QBWC1039", "Unique OwnerID/FileID pair value required.")
    if session.application.read_only or qwc.name in company.preferences.read_only:
        raise ConnectorError("QBWC1039", "The application could not be registered: status 3263, it is read-only.")
    _write(session, qwc, FILE_ID, qwc.file_id)


def lock(session: Session, qwc: Qwc) -> None:
    """Take the application's lock in the file. ConnectorError when another machine has it."""
    there = extensions.company_value(session.company, qwc.owner_id, APP_LOCK)
    if there.startswith("LOCKED:") and there.split(":")[1] != machine():
        raise ConnectorError("QBWC1013", f"Another Web Connector works on this company file: {there}.")
    ticks = int((session.quickbooks.clock.now() - _TICKS_FROM).total_seconds() * 10_000_000)
    _write(session, qwc, APP_LOCK, f"LOCKED:{machine()}:{ticks}")


def unlock(session: Session, qwc: Qwc) -> None:
    _write(session, qwc, APP_LOCK, "UNLOCKED")


def _write(session: Session, qwc: Qwc, name: str, value: str) -> None:
    with session.quickbooks.lock:
        extensions.set_company_value(session.company, qwc.owner_id, name, value)
        session.quickbooks.save()


def machine() -> str:
    """The name of this machine, as AppLock carries it."""
    return socket.gethostname().upper().partition(".")[0]
