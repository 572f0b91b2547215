"""References of a line: its account, its class, and the item that it may name."""

from __future__ import annotations

from hub import Facts, Kind, Line, TrackingChoice, TradeDocument
from hub_qbdesktop import currencies, ids
from hub_qbdesktop.qbxml import Ref

CLASS = "Class"
"""The one tracking category of QuickBooks."""


def account(code: str, facts: Facts) -> Ref | None:
    """An account by its id; the code stands for one that the list does not have."""
    if not code:
        return None
    known = facts.accounts.get(code)
    return Ref(known.external_id) if known else Ref(name=code)


def control(type: str, currency: str, facts: Facts) -> Ref | None:
    """The receivable or payable account of a document; unnamed where QuickBooks has no choice.

    A payment must name the account that its document is in, so both are found by the same rule.
    """
    if not currencies.has_choice(type, facts) and not currencies.is_foreign(currency, facts):
        return None
    chosen = currencies.control_account(type, currency, facts)
    return Ref(chosen.external_id) if chosen else None


def bank(currency: str, facts: Facts) -> Ref | None:
    """A bank account for a payment that moves no money but must name one: the first of its currency, by its code."""
    banks = [each for each in facts.accounts.values() if each.type == "Bank" and each.active]
    fitting = [each for each in banks if not currencies.is_foreign_to(each, currency, facts)]
    chosen = min(fitting, key=lambda each: each.code, default=None)
    return Ref(chosen.external_id) if chosen else None


def party(kind: Kind, external_id: str, facts: Facts) -> Ref:
    """The customer or vendor that a document's target is with."""
    return Ref(ids.native(facts.party(kind, external_id)))


def class_ref(choices: tuple[TrackingChoice, ...]) -> Ref | None:
    """The class of a line, if one was chosen."""
    chosen = next((choice.option for choice in choices if choice.category == CLASS), "")
    return Ref(name=chosen) if chosen else None


def terms(document: TradeDocument) -> Ref | None:
    """The terms that an invoice or a bill is on, where QuickBooks has some of that name; the due date goes beside."""
    on_terms = document.kind in (Kind.INVOICE, Kind.BILL) and document.payment_term
    return Ref(name=document.payment_term) if on_terms else None


def linked_item(line: Line, facts: Facts) -> str:
    """The item that a line may name: linked, and of a sort that QuickBooks keeps no stock of; else empty."""
    target = facts.targets.get((Kind.ITEM, line.item_id), "") if line.item_id else ""
    return ids.native(target) if ids.is_sort(target, *ids.ITEM_SORTS.values()) else ""
