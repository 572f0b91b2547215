"""A batch's answer, element by element."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hub_xero.answers import outcomes
from hub_xero.exact import decode
from hub_xero.provider import XeroProvider
from hub_xero.states import NO_ID

from hub import Action, Facts, Kind, Operation

RENDER = XeroProvider().render
Make = Callable[..., Any]


def _sent(operations: list[Operation], facts: Facts) -> list[dict[str, Any]]:
    return list(decode(RENDER(operations, facts).body)["Invoices"])


def _made(sent: dict[str, Any], number: int, **values: Any) -> dict[str, Any]:
    money = {"Total": Decimal("12.00"), "AmountDue": Decimal("12.00"), "StatusAttributeString": "OK"}
    return {**sent, "InvoiceID": f"id-{number}", **money, **values}


def _two(trade: Make, operate: Make) -> list[Operation]:
    return [operate(trade(external_id=f"s{n}", number=f"INV-{n}"), id=n) for n in (1, 2)]


def test_one_bad_element_does_not_lose_the_others(facts: Facts, trade: Make, operate: Make) -> None:
    operations = _two(trade, operate)
    sent = _sent(operations, facts)
    bad = {
        **sent[0],
        "InvoiceID": NO_ID,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Invoice # must be unique."}],
    }
    first, second = outcomes(operations, sent, {"Invoices": [bad, _made(sent[1], 2)]}, was_refused=False)

    assert first.problem is not None and first.problem.code == "number_taken"
    assert first.refresh and first.look
    assert second.state is not None and second.state.target_id == "id-2"


def test_answers_out_of_order_are_matched_by_their_number(facts: Facts, trade: Make, operate: Make) -> None:
    operations = _two(trade, operate)
    sent = _sent(operations, facts)
    answer = {"Invoices": [_made(sent[1], 2), _made(sent[0], 1)]}

    found = {one.operation_id: one.state for one in outcomes(operations, sent, answer, was_refused=False)}
    assert {number: state.target_id for number, state in found.items() if state} == {1: "id-1", 2: "id-2"}


def test_an_answer_that_names_fewer_elements_leaves_the_others_unsure(facts: Facts, trade: Make, operate: Make) -> None:
    operations = _two(trade, operate)
    sent = _sent(operations, facts)

    found = list(outcomes(operations, sent, {"Invoices": [_made(sent[1], 2)]}, was_refused=False))
    assert [one.operation_id for one in found] == [2]


def test_two_bills_of_one_number_are_matched_by_their_contacts(facts: Facts, trade: Make, operate: Make) -> None:
    linked = facts.with_targets({(Kind.CONTACT, "a"): "ca", (Kind.CONTACT, "b"): "cb"})
    bills = [
        operate(trade(Kind.BILL, external_id=f"bill-{name}", contact_id=name), id=number)
        for number, name in ((1, "a"), (2, "b"))
    ]
    sent = _sent(bills, linked)
    answer = {"Invoices": [_made(sent[1], 2), _made(sent[0], 1)]}

    found = {one.operation_id: one.state for one in outcomes(bills, sent, answer, was_refused=False)}
    assert {number: state.target_id for number, state in found.items() if state} == {1: "id-1", 2: "id-2"}


def test_warnings_of_a_good_element_are_kept(facts: Facts, trade: Make, operate: Make) -> None:
    operations = [operate(trade())]
    sent = _sent(operations, facts)
    warned = _made(sent[0], 1, Warnings=[{"Message": "Account code '476' has been removed."}])
    (outcome,) = outcomes(operations, sent, {"Invoices": [warned]}, was_refused=False)

    assert outcome.state is not None
    assert outcome.warnings == ("Account code '476' has been removed.",)


def test_a_total_that_xero_reckons_otherwise_is_told(facts: Facts, trade: Make, operate: Make) -> None:
    operations = [operate(trade())]
    sent = _sent(operations, facts)
    (outcome,) = outcomes(
        operations, sent, {"Invoices": [_made(sent[0], 1, Total=Decimal("11858.47"))]}, was_refused=False
    )

    assert outcome.warnings == ("Xero's total is 11,858.47, the stock system's 12.00.",)


def test_an_element_without_an_id_is_unsure(facts: Facts, trade: Make, operate: Make) -> None:
    operations = [operate(trade())]
    sent = _sent(operations, facts)

    assert not list(outcomes(operations, sent, {"Invoices": [{**sent[0], "InvoiceID": NO_ID}]}, was_refused=False))


def test_in_a_refused_batch_only_elements_with_errors_are_known_to_be_refused(
    facts: Facts, trade: Make, operate: Make
) -> None:
    operations = _two(trade, operate)
    sent = _sent(operations, facts)
    elements = [{**sent[0], "ValidationErrors": [{"Message": "A currency rate must be specified"}]}, sent[1]]
    found = list(outcomes(operations, sent, {"ErrorNumber": 10, "Elements": elements}, was_refused=True))

    assert [(one.operation_id, one.problem.code if one.problem else "") for one in found] == [(1, "rate_missing")]


def test_a_batch_refused_for_one_reason_is_refused_for_all(facts: Facts, trade: Make, operate: Make) -> None:
    operations = _two(trade, operate)
    answer = {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Invalid Json data"}
    found = list(outcomes(operations, _sent(operations, facts), answer, was_refused=True))

    assert [one.problem.detail if one.problem else "" for one in found] == ["Invalid Json data"] * 2


def _refused(operation: Operation, said: str) -> Any:
    return next(outcomes([operation], [{}], {"Message": said}, was_refused=True))


def test_what_xero_has_already_is_looked_for_before_a_create_counts_as_refused(
    trade: Make, contact: Make, item: Make, operate: Make
) -> None:
    taken = {
        "Invoice # must be unique.": trade(),
        "The contact name Ridgeway is already assigned to another contact.": contact(),
        "Another contact has this contact number.": contact(),
        "Price List Item with Code 'WIDGET' already exists": item(),
    }

    assert all(_refused(operate(document), said).look for said, document in taken.items())
    assert not _refused(operate(trade()), "A currency rate must be specified").look


def test_a_number_that_is_taken_refuses_a_change_at_once(trade: Make, operate: Make) -> None:
    assert not _refused(operate(trade(), Action.UPDATE, target_id="id-1"), "Invoice # must be unique.").look
