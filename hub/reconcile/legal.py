"""What may be done: the legal answers, by what happened in the source and how firm the target is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hub.documents import Kind

TIERS: Mapping[Kind, int] = {
    Kind.CONTACT: 0,
    Kind.ITEM: 1,
    Kind.INVOICE: 2,
    Kind.BILL: 2,
    Kind.CREDIT_NOTE: 3,
    Kind.SUPPLIER_CREDIT: 3,
    Kind.PAYMENT: 4,
    Kind.REFUND: 5,
    Kind.ALLOCATION: 6,
    Kind.JOURNAL: 7,
}
"""Creates and updates go in this order, so that what others refer to comes first; removals go the other way."""


REMOVAL_TIER = -10


class Change(StrEnum):
    """What happened in the source since we last wrote."""

    SAME = "same"
    EDITED = "edited"
    UNDONE = "undone"
    VOIDED = "voided"


class Standing(StrEnum):
    """How firm the target is."""

    DRAFT = "draft"
    OPEN = "open"
    SETTLED = "settled"
    LOCKED = "locked"
    GONE = "gone"


class Answer(StrEnum):
    """The one legal next step."""

    NOTHING = "nothing"
    UPDATE = "update"
    UPDATE_UNLESS_APPROVED = "update unless the flow leaves approved documents alone"
    UPDATE_ALLOWED_FIELDS = "update what may still change, else hold"
    ASK_VOID = "propose a void, a person decides"
    DELETE = "delete our draft"
    VOID = "void"
    AFTER_PAYMENTS = "void after the payments are withdrawn"
    HOLD = "hold"
    HOLD_LOCKED = "hold: the period is closed"
    HOLD_GONE = "hold: it was voided or removed in the ledger"


LEGAL_ANSWERS: Mapping[tuple[Change, Standing], Answer] = {
    **{(Change.SAME, standing): Answer.NOTHING for standing in Standing},
    (Change.EDITED, Standing.DRAFT): Answer.UPDATE,
    (Change.EDITED, Standing.OPEN): Answer.UPDATE_UNLESS_APPROVED,
    (Change.EDITED, Standing.SETTLED): Answer.UPDATE_ALLOWED_FIELDS,
    (Change.EDITED, Standing.LOCKED): Answer.HOLD_LOCKED,
    (Change.EDITED, Standing.GONE): Answer.HOLD_GONE,
    (Change.UNDONE, Standing.DRAFT): Answer.ASK_VOID,
    (Change.UNDONE, Standing.OPEN): Answer.ASK_VOID,
    (Change.UNDONE, Standing.SETTLED): Answer.HOLD,
    (Change.UNDONE, Standing.LOCKED): Answer.HOLD_LOCKED,
    (Change.UNDONE, Standing.GONE): Answer.NOTHING,
    (Change.VOIDED, Standing.DRAFT): Answer.DELETE,
    (Change.VOIDED, Standing.OPEN): Answer.VOID,
    (Change.VOIDED, Standing.SETTLED): Answer.AFTER_PAYMENTS,
    (Change.VOIDED, Standing.LOCKED): Answer.HOLD_LOCKED,
    (Change.VOIDED, Standing.GONE): Answer.NOTHING,
}


class Conflict(StrEnum):
    """What happens when both sides changed since the last settle."""

    STOCK_WINS = "stock wins"
    LEDGER_WINS = "ledger wins"
    ASK = "ask"
