"""Service items that stand in for a line without an item of its own: QuickBooks posts sales through items only.

There is one for each account, made by the hub when a document first needs it and named after the account, so that
everybody sees whose it is. That it exists already is no trouble.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from hub import Facts, Operation, TradeDocument
from hub_qbdesktop import qbxml, refs, wording, xmltext

PREFIX = "Ledgerport"
REQUEST = "item-"
"""How the ids of these requests begin; they belong to no operation."""


def name_of(account_code: str, facts: Facts) -> str:
    """The name of an account's stand-in."""
    known = facts.accounts.get(account_code)
    plain = xmltext.name(f"{PREFIX} {known.code if known else account_code}")
    return wording.shortened(plain, wording.ITEM_NAME_LENGTH)


def requests(operations: Sequence[Operation], facts: Facts) -> list[str]:
    """What makes the stand-ins that these sales need, each once."""
    documents = [cast(TradeDocument, operation.document) for operation in operations]
    lines = [line for document in documents for line in document.lines]
    needed = dict.fromkeys(line.account for line in lines if not refs.linked_item(line, facts))
    return [_request(code, number, facts) for number, code in enumerate(_known(needed), 1)]


def _known(codes: Iterable[str]) -> list[str]:
    return [code for code in codes if code]


def _request(code: str, number: int, facts: Facts) -> str:
    known = facts.accounts.get(code)
    text = f"Made by Ledgerport for lines without an item that are posted to {known.name if known else code}."
    account = {"Desc": xmltext.one_line(text), "AccountRef": refs.account(code, facts)}
    values = {"Name": name_of(code, facts), "SalesOrPurchase": account}
    return qbxml.request("ItemServiceAdd", values, f"{REQUEST}{number}")
