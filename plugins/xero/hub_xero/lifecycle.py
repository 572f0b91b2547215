"""What Xero lets anybody do to a record in each of its states, as data.

Sources: Xero API documentation, Invoices (editing paid invoices), Credit Notes, Payments, Contacts, Manual Journals.
"""

from __future__ import annotations

from hub import Action, Allowed, Kind, TargetState, TargetStatus

PAID_INVOICE_FIELDS = frozenset({"reference", "due_date", "number", "source_url", "status"})
"""What may still change on a sales invoice with money on it; how the flow posts documents is no change of this one.

Xero also takes a new contact when no credit is allocated, and a line's description, account and tracking;
neither can be told apart from other edits of contact and lines, so they are left to people.
"""

_SALES = (Kind.INVOICE,)
_FIRM_WHEN_USED = (Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT)
_JOURNALS = (Kind.JOURNAL,)
_MONEY = (Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION)
_TAKE_BACK = frozenset({Action.VOID, Action.DELETE})

_NOTHING: frozenset[Action] = frozenset()
_DRAFT = Allowed(frozenset({Action.UPDATE, Action.VOID, Action.DELETE}))
_OPEN = Allowed(frozenset({Action.UPDATE, Action.VOID}))
_FIELDS_ONLY = Allowed(
    frozenset({Action.UPDATE}),
    PAID_INVOICE_FIELDS,
    "Money is on it: only reference, due date, number and link may change.",
)
_FIRM = Allowed(_NOTHING, reason="A payment or credit is allocated to it, and Xero changes nothing then.")
_ENDED = Allowed(_NOTHING, reason="It was voided or deleted in Xero, which can not be undone.")
_GONE = Allowed(_NOTHING, reason="It is no longer in Xero.")

_TABLE: dict[tuple[Kind, TargetStatus], Allowed] = {
    **{(kind, TargetStatus.DRAFT): _DRAFT for kind in _SALES + _FIRM_WHEN_USED + _JOURNALS},
    **{(kind, TargetStatus.OPEN): _OPEN for kind in _SALES + _FIRM_WHEN_USED + _JOURNALS},
    **{(kind, status): _FIELDS_ONLY for kind in _SALES for status in (TargetStatus.PART_PAID, TargetStatus.PAID)},
    **{(kind, status): _FIRM for kind in _FIRM_WHEN_USED for status in (TargetStatus.PART_PAID, TargetStatus.PAID)},
    **{(kind, TargetStatus.OPEN): Allowed(_TAKE_BACK, frozenset()) for kind in _MONEY},
    **{
        (kind, TargetStatus.PAID): Allowed(
            _NOTHING, reason="It is reconciled with the bank or part of a batch payment."
        )
        for kind in _MONEY
    },
    (Kind.CONTACT, TargetStatus.ACTIVE): Allowed(frozenset({Action.UPDATE})),
    (Kind.CONTACT, TargetStatus.ARCHIVED): Allowed(
        _NOTHING, reason="It is archived in Xero, and only a person can restore it there."
    ),
    (Kind.CONTACT, TargetStatus.VOIDED): Allowed(_NOTHING, reason="It was erased at the person's own request."),
    (Kind.ITEM, TargetStatus.ACTIVE): Allowed(frozenset({Action.UPDATE})),
}


def allowed(kind: Kind, state: TargetState) -> Allowed:
    """What may be done to a target of ``kind`` in this state."""
    if kind is Kind.CONTACT and state.merged_into:
        return Allowed(_NOTHING, reason="It was merged into another contact in Xero.")
    entry = _TABLE.get((kind, state.status))
    if entry is not None:
        return entry
    return _ENDED if state.status is TargetStatus.VOIDED else _GONE
