"""Xero's refusals in a bookkeeper's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hub_xero.refusals import KNOWN, messages, problem

Make = Callable[..., Any]

SAID = [
    (
        "The contact name Ridgeway is already assigned to another contact. The contact name must be unique "
        "across all active contacts.",
        "contact_name_taken",
        "Ridgeway",
    ),
    ("Another contact has this contact number. Please enter a different contact number.", "contact_number_taken", ""),
    (
        "The contact with the specified contact details has been archived. The contact must be un-archived "
        "before creating new invoices or credit notes.",
        "contact_archived",
        "",
    ),
    ("Invoice # must be unique.", "number_taken", ""),
    (
        "This document cannot be edited as it has a payment or credit note allocated to it.",
        "has_payments",
        "",
    ),
    ("Invoice not of valid status for modification", "status_forbids", ""),
    ("The status 'VOIDED' cannot be applied to the document", "status_forbids", ""),
    ("Payments can only be made against Authorised documents", "document_not_authorised", ""),
    ("Payment amount exceeds the amount outstanding on this document", "amount_exceeds_due", ""),
    ("Payments within a batch cannot be deleted.", "batch_payment", ""),
    ("The TaxType code 'INPUT2' cannot be used with account code '200'.", "tax_not_for_account", "INPUT2"),
    (
        "The TaxType code BAD does not exist or cannot be used for this type of transaction.",
        "tax_unknown",
        "BAD",
    ),
    ("Account code '476' is not a valid code for this document.", "account_unknown", "476"),
    (
        "The document date cannot be before the end of year lock date, currently set at 31-Jul-2013",
        "closed_period",
        "31-Jul-2013",
    ),
    ("The document is currently dated before the period lock date", "closed_period", ""),
    ("The total debits (100.00) must equal total credits (-10.00)", "unbalanced", ""),
    ("A manual journal must have at least two lines.", "journal_too_short", ""),
    ("Price List Item with Code 'abc' already exists", "item_code_taken", "abc"),
    ("The quantity value '-2.0000' is invalid. Quantity must not be less than zero.", "quantity_negative", "-2.0000"),
    ("The line total 10.00 does not match the expected line total 10.01", "line_total_differs", "10.00"),
    ("A currency rate must be specified", "rate_missing", ""),
    ("You have reached the limit of invoices you can approve.", "plan_limit", ""),
    ("The document with the supplied id was not found for this endpoint.", "not_found", ""),
    (
        "The total cost pool of tracked inventory items cannot be reduced to less than zero.",
        "tracked_stock",
        "",
    ),
]


@pytest.mark.parametrize(("words", "code", "subject"), SAID)
def test_every_known_refusal_becomes_a_problem_with_a_way_out(
    words: str, code: str, subject: str, trade: Make, operate: Make
) -> None:
    found, _ = problem(operate(trade()), [words])

    assert (found.code, found.subject) == (code, subject)
    assert found.fix
    assert found.detail == words
    assert "INV-1" in found.what


def test_an_unknown_refusal_is_passed_on_in_xeros_own_words(trade: Make, operate: Make) -> None:
    found, refresh = problem(operate(trade()), ["The moon is full.", "The moon is full."])

    assert (found.code, found.detail, refresh) == ("refused", "The moon is full.", False)
    assert "The moon is full." in found.why


def test_a_refusal_for_the_targets_state_asks_to_read_it_again(trade: Make, operate: Make) -> None:
    _, refresh = problem(operate(trade()), ["Strange.", "Invoice not of valid status for modification"])

    assert refresh


def test_messages_are_found_wherever_xero_hangs_them() -> None:
    native = {
        "ValidationErrors": [{"Message": "top"}],
        "Contact": {"ValidationErrors": [{"Message": "contact"}], "Phones": [{"ValidationErrors": []}]},
        "LineItems": [{"Description": "x"}, {"ValidationErrors": [{"Message": "line"}]}],
        "Warnings": [{"Message": "mind"}],
    }

    assert list(messages(native)) == ["top", "contact", "line"]
    assert list(messages(native, "Warnings")) == ["mind"]


def test_every_known_refusal_is_told_about_somewhere_in_the_tests() -> None:
    assert {code for _, code, _ in SAID} | {"currency_not_enabled"} == {refusal.code for refusal in KNOWN}
