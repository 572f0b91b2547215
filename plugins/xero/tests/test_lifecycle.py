"""What may be done to a target in each state."""

from __future__ import annotations

import pytest
from hub_xero.provider import XeroProvider

from hub import Action, Kind, TargetState, TargetStatus

ALLOWED = XeroProvider().allowed


def _state(kind: Kind, status: TargetStatus, merged_into: str = "") -> TargetState:
    return TargetState(kind=kind, target_id="t", status=status, merged_into=merged_into)


def test_a_paid_sales_invoice_takes_reference_due_date_number_and_link_only() -> None:
    for status in (TargetStatus.PART_PAID, TargetStatus.PAID):
        allowed = ALLOWED(Kind.INVOICE, _state(Kind.INVOICE, status))

        assert allowed.actions == {Action.UPDATE}
        assert allowed.fields == frozenset({"reference", "due_date", "number", "source_url", "status"})


@pytest.mark.parametrize("kind", [Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
@pytest.mark.parametrize("status", [TargetStatus.PART_PAID, TargetStatus.PAID])
def test_a_paid_bill_or_used_credit_takes_nothing_and_says_why(kind: Kind, status: TargetStatus) -> None:
    allowed = ALLOWED(kind, _state(kind, status))

    assert allowed.actions == frozenset()
    assert "allocated" in allowed.reason


def test_a_void_stops_while_payments_are_attached() -> None:
    assert Action.VOID in ALLOWED(Kind.INVOICE, _state(Kind.INVOICE, TargetStatus.OPEN)).actions
    assert Action.VOID not in ALLOWED(Kind.INVOICE, _state(Kind.INVOICE, TargetStatus.PART_PAID)).actions


def test_a_draft_may_be_changed_and_deleted() -> None:
    allowed = ALLOWED(Kind.BILL, _state(Kind.BILL, TargetStatus.DRAFT))

    assert {Action.UPDATE, Action.DELETE} <= allowed.actions
    assert allowed.fields is None


@pytest.mark.parametrize("kind", sorted(XeroProvider.writes))
@pytest.mark.parametrize("status", [TargetStatus.VOIDED, TargetStatus.MISSING])
def test_nothing_is_done_to_what_was_voided_or_is_gone(kind: Kind, status: TargetStatus) -> None:
    allowed = ALLOWED(kind, _state(kind, status))

    assert allowed.actions == frozenset()
    assert allowed.reason


def test_a_payment_is_taken_back_but_never_edited_and_not_once_reconciled() -> None:
    assert ALLOWED(Kind.PAYMENT, _state(Kind.PAYMENT, TargetStatus.OPEN)).actions == {
        Action.VOID,
        Action.DELETE,
    }
    assert ALLOWED(Kind.PAYMENT, _state(Kind.PAYMENT, TargetStatus.PAID)).actions == frozenset()


def test_each_sort_of_lost_contact_has_its_own_reason() -> None:
    lost = (
        _state(Kind.CONTACT, TargetStatus.ARCHIVED),
        _state(Kind.CONTACT, TargetStatus.ARCHIVED, merged_into="c2"),
        _state(Kind.CONTACT, TargetStatus.VOIDED),
    )

    assert len({ALLOWED(Kind.CONTACT, state).reason for state in lost}) == 3


def test_every_action_allowed_is_one_that_xero_is_written_with() -> None:
    for kind, writes in XeroProvider.writes.items():
        for status in TargetStatus:
            assert ALLOWED(kind, _state(kind, status)).actions <= writes
