"""The .qwc file that tells the Web Connector of an application.

Source: QuickBooks Web Connector Programmer's Guide, chapter on QWC files, and its appendix of error codes.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..qbxml.tree import Element, XmlError, parse

_GUID = re.compile(r"\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}")
_REQUIRED = ("AppName", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID", "QBType")
_ENTERPRISE = 0x8
_STYLES = ("Document", "DocWrapped", "RPC")


class ConnectorError(Exception):
    """What the Web Connector reports with a code of its own, `QBWC1039`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Qwc:
    """An application as its .qwc file describes it. `every_seconds` is 0 without a schedule."""

    name: str
    app_id: str
    url: str
    description: str
    support: str
    user_name: str
    owner_id: str
    file_id: str
    style: str = "Document"
    read_only: bool = False
    unattended: str = ""
    personal_data: str = ""
    every_seconds: int = 0


def read(text: str | bytes, ip_hosts: bool = False) -> Qwc:
    """A .qwc file. ConnectorError for what the Web Connector refuses to add."""
    try:
        root = parse(text).root
    except XmlError as problem:
        raise ConnectorError("QBWC1039", f"The file can't be read: {problem}") from problem
    if root.tag != "QBWCXML":
        raise ConnectorError("QBWC1039", f"The file begins with {root.tag}, not QBWCXML.")
    for name in _REQUIRED:
        if not root.value(name).strip():
            raise ConnectorError("QBWC1039", f"{name} is missing.")
    _check(root, ip_hosts)
    return Qwc(
        name=_text(root, "AppName"),
        app_id=_text(root, "AppID"),
        url=_text(root, "AppURL"),
        description=_text(root, "AppDescription"),
        support=_text(root, "AppSupport"),
        user_name=_text(root, "UserName"),
        owner_id=_text(root, "OwnerID"),
        file_id=_text(root, "FileID"),
        style=_text(root, "Style") or "Document",
        read_only=_text(root, "IsReadOnly").lower() == "true",
        unattended=_text(root, "UnattendedModePref"),
        personal_data=_text(root, "PersonalDataPref"),
        every_seconds=_interval(root),
    )


def _text(root: Element, name: str) -> str:
    return root.value(name).strip()


def _check(root: Element, ip_hosts: bool) -> None:
    for name in ("OwnerID", "FileID"):
        if not _GUID.fullmatch(_text(root, name)):
            raise ConnectorError("QBWC1039", f"{name} is not a GUID in braces.")
    if _text(root, "QBType") not in ("QBFS", "QBPOS"):
        raise ConnectorError("QBWC1065", f"QBType {_text(root, 'QBType')} is not known.")
    if (_text(root, "Style") or "Document") not in _STYLES:
        raise ConnectorError("QBWC1039", f"Style {_text(root, 'Style')} is not known.")
    if flags := _text(root, "AuthFlags"):
        _check_flags(flags)
    _check_address(_text(root, "AppURL"), ip_hosts)
    if urlsplit(_text(root, "AppSupport")).hostname != urlsplit(_text(root, "AppURL")).hostname:
        raise ConnectorError("QBWC1000", "AppURL and AppSupport have different hosts.")


def _check_flags(flags: str) -> None:
    """0 allows every edition, else the bit of the edition in use must be set."""
    try:
        allowed = int(flags, 16)
    except ValueError as problem:
        raise ConnectorError("QBWC1034", f"AuthFlags {flags} is not a number.") from problem
    if allowed and not allowed & _ENTERPRISE:
        raise ConnectorError("QBWC1034", f"AuthFlags {flags} does not allow this edition of QuickBooks.")


def _check_address(url: str, ip_hosts: bool) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_ip(host) and not ip_hosts:
        raise ConnectorError("QBWC1001", f"AppURL {url} has an IP address in place of a name.")
    is_local = host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ConnectorError("QBWC1010", f"AppURL {url} must begin with https.")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _interval(root: Element) -> int:
    """The schedule in seconds; of two, the first one counts."""
    scheduler = root.find("Scheduler")
    if scheduler is None or not scheduler.children:
        return 0
    first = scheduler.children[0]
    try:
        length = int(first.text.strip())
    except ValueError as problem:
        raise ConnectorError("QBWC1039", f"{first.tag} is not a number.") from problem
    return length * 60 if first.tag == "RunEveryNMinutes" else length
