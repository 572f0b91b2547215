"""The fewest calls that both APIs' rules allow for a first sync, counted from what the simulators hold.

Cin7 Core: lists give at most 1,000 rows a page, and only the detail of a sale or purchase holds its documents (Cin7
Core API v2 documentation). Xero: at most 50 elements a call, one sort of resource each; allocations are made at one
credit note (Xero API documentation, Requests and responses; Credit notes).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub_demo.simulators import Pair

CORE_PAGE = 1000
XERO_BATCH = 50
CORE_REFERENCES = 5
"""The company, accounts, tax rules, payment terms, bank accounts: each whole in one call."""
XERO_REFERENCES = 4
"""Organisation, accounts, tax rates, tracking."""
XERO_FIRST_LOOKS = 4
"""Invoices, bills, credit notes and supplier credits: the newest are looked for before the first is written."""
_NOTHING = frozenset({"", "NOT AVAILABLE"})


def least_calls(pair: Pair) -> dict[str, int]:
    """For each side, after a first sync into a ledger that was empty before."""
    return {"cin7core": _core(pair), "xero": _xero(pair)}


def _pages(count: int, size: int) -> int:
    return max(1, -(-count // size))


def _core(pair: Pair) -> int:
    counts = pair.cin7core.ask("/_sim/state")["counts"]
    sales, purchases = (list(_records(pair, name)) for name in ("sales", "purchases"))
    lists = [counts["customers"], counts["suppliers"], counts["products"]]
    lists += [sum(not _is_credit(one) for one in side) for side in (sales, purchases)]
    lists += [sum(len(one["credits"]) for one in side) for side in (sales, purchases)]
    details = sum(_has_document(one) for side in (sales, purchases) for one in side)
    return CORE_REFERENCES + sum(_pages(count, CORE_PAGE) for count in lists) + details


def _records(pair: Pair, name: str) -> Iterator[dict[str, Any]]:
    offset = 0
    while found := pair.cin7core.ask(f"/_sim/state/{name}?offset={offset}&limit={CORE_PAGE}"):
        yield from found
        offset += len(found)


def _is_credit(task: dict[str, Any]) -> bool:
    return str(task.get("type", "")).casefold() == "credit note"


def _has_document(task: dict[str, Any]) -> bool:
    documents: list[dict[str, Any]] = [*task["invoices"], *task["credits"]]
    return any(document["status"] not in _NOTHING for document in documents)


def _xero(pair: Pair) -> int:
    counts: dict[str, int] = pair.xero.ask("/_sim/state")["counts"]
    posted = ("contacts", "items", "invoices", "credit_notes", "payments")
    reading = XERO_REFERENCES + 2  # and one page each of the contacts and items that were there before: none
    # The cash customer was there before: a person's own.
    writing = sum(-(-(counts[name] - (name == "contacts")) // XERO_BATCH) for name in posted)
    return reading + XERO_FIRST_LOOKS + writing + _credits_used(pair)


def _credits_used(pair: Pair) -> int:
    """Credit notes with allocations: one call each, however many invoices they are used for."""
    allocations = pair.xero.ask("/_sim/state/allocations")
    return len({_credit(one) for one in allocations})


def _credit(allocation: dict[str, Any]) -> str:
    return str(next(value for name, value in allocation.items() if "credit" in name.lower()))
