"""The directory of contacts: what each is found and matched by, in columns that the database can search.

Kept with the snapshots, in the transaction that delivers them. Whether a contact was withdrawn, its snapshot says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.documents import Contact
from hub.mapping import fold
from hub.models import ContactEntry, table
from hub.store import Store

HEAD_LETTERS = 4
SHORTEST_TAX_NUMBER = 5
"""Shorter ones are "none", "n/a" or a slip of the keyboard."""
SHORTEST_PART = 4
"""So many digits of a tax number are enough to find it."""

entries = table(ContactEntry)

_ARTICLES = frozenset({"the", "a", "an", "mr", "mrs", "ms", "dr"})
_SHARED_MAIL = frozenset(
    {
        *("aol.com", "btinternet.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com"),
        *("hotmail.co.uk", "icloud.com", "live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.com"),
        *("proton.me", "protonmail.com", "t-online.de", "web.de", "yahoo.com", "yahoo.co.uk", "ymail.com"),
    }
)
_COLUMNS = (
    *("name", "head", "email", "domain", "tax_number", "tax_country"),
    *("is_customer", "is_supplier", "active"),
)


def save_entries(store: Store, db: sa.Connection, connection_id: int, contacts: Sequence[Contact]) -> None:
    """Keep what these contacts are found by."""
    rows = [entry_of(connection_id, contact) for contact in contacts]
    if rows:
        store.upsert(db, entries, rows, key=("connection_id", "external_id"), update=_COLUMNS)


def entry_of(connection_id: int, contact: Contact) -> dict[str, Any]:
    """A contact's row. Who is neither customer nor supplier is listed with the customers."""
    email = contact.email.strip().lower()
    country, tax_number = tax_parts(contact.tax_number)
    return {
        "connection_id": connection_id,
        "external_id": contact.external_id,
        "name": fold(contact.name),
        "head": head_of(contact.name),
        "email": email,
        "domain": domain_of(email),
        "tax_number": tax_number,
        "tax_country": country,
        "is_customer": contact.is_customer or not contact.is_supplier,
        "is_supplier": contact.is_supplier,
        "active": contact.active,
    }


def head_of(name: str) -> str:
    """The first letters of a name's first telling word."""
    words = re.findall(r"\w+", name.casefold())
    telling = next((word for word in words if word not in _ARTICLES), words[0] if words else "")
    return telling[:HEAD_LETTERS]


def domain_of(email: str) -> str:
    """The domain of an e-mail address; nothing for the mail providers that everybody uses."""
    domain = email.rpartition("@")[2] if "@" in email else ""
    return "" if domain in _SHARED_MAIL else domain


def part_of_tax_number(text: str) -> str:
    """The letters and digits of what may be a tax number or a part of one; nothing where it has too few digits.

    With a country before it, it is a part of that country's numbers alone.
    """
    bare = _bare(text)
    return bare if sum(sign.isdigit() for sign in bare) >= SHORTEST_PART else ""


def tax_parts(number: str) -> tuple[str, str]:
    """The country before a tax number, where it is written, and its letters and digits."""
    bare = _bare(number)
    if sum(sign.isdigit() for sign in bare) < SHORTEST_TAX_NUMBER:
        return "", ""
    country = re.match(r"[A-Z]{2}(?=[A-Z]?\d)", bare)
    return (country[0], bare[2:]) if country else ("", bare)


def _bare(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())
