"""Changes of what is in Xero already, where people work on it too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub import Action, Operation, Status, TargetState, TargetStatus

Make = Callable[..., Any]
Office = Any
"""What the fixture of this name gives: one hub, one simulated Xero, and what tests do with both."""


def _update(office: Office, operation: Operation) -> TargetState:
    """Look, then change, as the engine does."""
    (fresh,) = office.look(operation)[operation.id]
    (outcome,) = office.push(*office.fitted(replace(operation, target=fresh)), name=f"b-{operation.id}")
    assert outcome.state is not None, outcome.problem
    state: TargetState = outcome.state
    return state


@pytest.mark.parametrize("flow", [Status.DRAFT, Status.AUTHORISED])
@pytest.mark.parametrize(
    ("approved", "expected"), [(False, TargetStatus.DRAFT), (True, TargetStatus.OPEN)], ids=["draft", "approved"]
)
def test_a_draft_stays_a_draft_and_what_was_approved_stays_approved_however_the_flow_posts_by_now(
    approved: bool,
    expected: TargetStatus,
    flow: Status,
    office: Office,
    customer: TargetState,
    trade: Make,
    operate: Make,
) -> None:
    state = office.post(operate(trade(status=Status.DRAFT)))
    if approved:
        office.caller().post(f"/Invoices/{state.target_id}", {"Status": "AUTHORISED"})
    edited = operate(trade(status=flow, reference="PO 9"), Action.UPDATE, id=2, target_id=state.target_id)
    after = _update(office, edited)

    assert (after.status, after.reference) == (expected, "PO 9")
