"""The file by which the Web Connector learns of the hub: one for each company file, the same whenever it is made.

Source: QuickBooks Web Connector Programmer's Guide, the QWC file. ``IsReadOnly`` stays false though its table says
otherwise: with true the Web Connector can't write its own mark into the company file, and adding it fails. What may be
written is for the hub to decide.
"""

from __future__ import annotations

import ipaddress
from html import escape
from urllib.parse import urlsplit, urlunsplit

_LOOPBACK = "localhost"
_ALL_EDITIONS = "0xF"


def address(base_url: str, path: str) -> str:
    """Where the Web Connector calls. It takes no numbers for names, so this machine goes by its name."""
    parts = urlsplit(base_url)
    host = parts.hostname or _LOOPBACK
    if _is_loopback(host):
        host = _LOOPBACK
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{host}{port}", f"{parts.path.rstrip('/')}{path}", "", ""))


def objection(url: str) -> str:
    """Why the Web Connector would refuse an address; empty when it takes it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_number(host):
        return f"The Web Connector takes no address made of numbers ({host}). Give the hub a name in HUB_BASE_URL."
    if parts.scheme != "https" and host != _LOOPBACK:
        return "The Web Connector calls other computers through https only. Set HUB_BASE_URL to an address with https."
    return ""


def file(*, url: str, user_name: str, owner_id: str, file_id: str, minutes: int) -> bytes:
    """The content of the .qwc file."""
    fields = (
        ("AppName", f"Ledgerport ({user_name})"),
        ("AppID", ""),
        ("AppURL", url),
        ("AppDescription", "Posts documents of your stock system to this company file"),
        ("AppSupport", url),
        ("UserName", user_name),
        ("OwnerID", owner_id),
        ("FileID", file_id),
        ("QBType", "QBFS"),
        ("AuthFlags", _ALL_EDITIONS),
        ("PersonalDataPref", "pdpOptional"),
        ("UnattendedModePref", "umpOptional"),
        ("IsReadOnly", "false"),
    )
    lines = [f"  <{name}>{escape(value)}</{name}>" for name, value in fields]
    schedule = f"  <Scheduler>\n    <RunEveryNMinutes>{minutes}</RunEveryNMinutes>\n  </Scheduler>"
    text = "\n".join(['<?xml version="1.0"?>', "<QBWCXML>", *lines, schedule, "</QBWCXML>", ""])
    return text.encode("ascii", "xmlcharrefreplace")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_number(host) and ipaddress.ip_address(host).is_loopback
