"""What flows, operations and runs can be."""

from __future__ import annotations

import enum


class FlowMode(enum.StrEnum):
    """How far a flow goes by itself."""

    OFF = "off"
    REVIEW = "review"
    AUTOMATIC = "automatic"


class OperationState(enum.StrEnum):
    """The life of one intended write."""

    HELD = "held"
    PROPOSED = "proposed"
    PENDING = "pending"
    SENDING = "sending"
    UNSURE = "unsure"
    FAILED = "failed"
    DONE = "done"
    DROPPED = "dropped"
    REPLACED = "replaced"


OPEN_STATES = tuple(
    s.value
    for s in (
        OperationState.HELD,
        OperationState.PROPOSED,
        OperationState.PENDING,
        OperationState.SENDING,
        OperationState.UNSURE,
        OperationState.FAILED,
    )
)


class RunState(enum.StrEnum):
    """How a run stands or ended."""

    OPEN = "open"
    DONE = "done"
    PARKED = "parked"
    FAILED = "failed"
    STOPPED = "stopped"
    TAKEN_OVER = "taken_over"


class ReconciliationState(enum.StrEnum):
    """How a reconciliation, or a proof that nothing is posted twice, stands or ended."""

    WANTED = "wanted"
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


BUSY_RECONCILIATIONS = (ReconciliationState.WANTED.value, ReconciliationState.OPEN.value)
