"""What the hub may do to a record of QuickBooks in each of its states, as data.

QuickBooks itself allows more: it changes even what is paid. The hub leaves such to people.
"""

from __future__ import annotations

from hub import Action, Allowed, Kind, TargetState, TargetStatus
from hub_qbdesktop import ids

_NOTHING: frozenset[Action] = frozenset()
_SALES = (Kind.INVOICE, Kind.CREDIT_NOTE)
_PURCHASES = (Kind.BILL, Kind.SUPPLIER_CREDIT)
_OPEN = Allowed(frozenset({Action.UPDATE, Action.VOID}))
_USED = Allowed(_NOTHING, reason="Money or a credit is applied to it, and the hub changes nothing then.")
_TAKE_BACK = Allowed(frozenset({Action.VOID, Action.DELETE}), frozenset())
_KEPT_LINK = Allowed(
    _NOTHING,
    reason="QuickBooks lets only a person take a credit off an invoice or bill again: open the credit there and remove"
    " it from what it was applied to.",
)
_ENDED = Allowed(_NOTHING, reason="It was voided in QuickBooks, which can not be undone.")
_GONE = Allowed(_NOTHING, reason="It is no longer in QuickBooks.")
_CHANGE = Allowed(frozenset({Action.UPDATE}))
_INACTIVE = Allowed(_NOTHING, reason="It is inactive in QuickBooks, and a person makes it active again there.")
_KEPT_STOCK = Allowed(_NOTHING, reason="QuickBooks keeps stock of this item, or a line can't name it.")

_TABLE: dict[tuple[Kind, TargetStatus], Allowed] = {
    **{(kind, TargetStatus.DRAFT): Allowed(frozenset({Action.UPDATE, Action.VOID, Action.DELETE})) for kind in _SALES},
    **{(kind, TargetStatus.OPEN): _OPEN for kind in _SALES + _PURCHASES},
    **{(kind, status): _USED for kind in _SALES + _PURCHASES for status in (TargetStatus.PART_PAID, TargetStatus.PAID)},
    (Kind.PAYMENT, TargetStatus.OPEN): _TAKE_BACK,
    (Kind.REFUND, TargetStatus.OPEN): Allowed(frozenset({Action.VOID}), frozenset()),
    (Kind.ALLOCATION, TargetStatus.OPEN): _KEPT_LINK,
    (Kind.JOURNAL, TargetStatus.OPEN): _OPEN,
    (Kind.CONTACT, TargetStatus.ACTIVE): _CHANGE,
    (Kind.ITEM, TargetStatus.ACTIVE): _CHANGE,
    (Kind.CONTACT, TargetStatus.ARCHIVED): _INACTIVE,
    (Kind.ITEM, TargetStatus.ARCHIVED): _INACTIVE,
}


def allowed(kind: Kind, state: TargetState) -> Allowed:
    """What may be done to a target of ``kind`` in this state."""
    if kind is Kind.ITEM and ids.is_sort(state.target_id, ids.OTHER_CHARGE):
        return _KEPT_STOCK
    entry = _TABLE.get((kind, state.status))
    if entry is not None:
        return entry
    return _ENDED if state.status is TargetStatus.VOIDED else _GONE
