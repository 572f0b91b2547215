"""What becomes of requests: each status that QuickBooks documents, warnings, and what it only remembers."""

from __future__ import annotations

from typing import Any

import desktop_samples as samples
import pytest
from hub_qbdesktop import messages, outcomes
from hub_qbdesktop.hresults import TROUBLES
from hub_qbdesktop.provider import QuickBooksProvider

from hub import Action, Batch, Kind, Payload, TargetState, TargetStatus


def answer(*inner: str) -> bytes:
    return f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs>{"".join(inner)}</QBXMLMsgsRs></QBXML>'.encode()


def told(name: str, inner: str = "", id: str = "1", code: int = 0, message: str = "Status OK") -> str:
    status = f'statusCode="{code}" statusSeverity="Info" statusMessage="{message}"'
    return f'<{name}Rs requestID="{id}" {status}>{inner}</{name}Rs>'


INVOICE = "<InvoiceRet><TxnID>1A</TxnID><EditSequence>1</EditSequence></InvoiceRet>"


def outcome_of(code: int, message: str = "no", action: Action = Action.CREATE, record: str = "") -> Any:
    target = TargetState(kind=Kind.INVOICE, target_id="1A", status=TargetStatus.OPEN)
    operation = samples.operation(samples.trade(), action, None if action is Action.CREATE else target)
    batch = Batch("b", Kind.INVOICE, action, (operation,), Payload("", b""))
    found = list(outcomes.read(batch, answer(told("InvoiceAdd", record, id="7", code=code, message=message))))
    return found[0] if found else None


@pytest.mark.parametrize("code", [3170, 3175, 3176, 3200, 3230, 3231, 1000, 1010])
def test_what_passes_by_itself_is_left_open_with_quickbooks_own_words(code: int) -> None:
    outcome = outcome_of(code, "It is busy.")
    assert (outcome.state, outcome.passes) == (None, True)
    assert outcome.problem.code in ("record_in_use", "record_out_of_date", "not_processed")
    assert outcome.problem.why.endswith("QuickBooks says: It is busy.")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (3171, "closed_period"),
        (3140, "reference_not_accepted"),
        (3120, "record_gone"),
        (3070, "text_too_long"),
        (3260, "not_permitted"),
        (3210, "value_not_accepted"),
        (3180, "not_saved"),
        (3185, "not_voided"),
        (3160, "not_voided"),
        (3161, "closed_period"),
        (3250, "feature_off"),
        (3263, "not_permitted"),
        (3280, "reference_not_accepted"),
        (3040, "value_not_accepted"),
        (3150, "request_not_understood"),
        (1060, "request_not_understood"),
        (3999, "refused"),
    ],
)
def test_refusals_become_problems_with_a_way_out(code: int, said: str) -> None:
    problem = outcome_of(code).problem
    assert problem.code == said
    assert problem.fix
    assert problem.why
    assert str(code) in problem.detail


DOCUMENTED = (
    *(1030, 1060, 3000, 3010, 3020, 3030, 3031, 3040, 3045, 3050, 3060, 3070, 3090, 3100, 3110, 3120, 3130, 3140, 3150),
    *(3160, 3161, 3171, 3180, 3185, 3210, 3250, 3260, 3261, 3263, 3270, 3280, 3300),
)


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_status_that_is_documented_has_words_of_its_own(code: int) -> None:
    """And QuickBooks' own words are with it, whatever severity it gives them."""
    problem = outcome_of(code, "There was an error when saving.").problem
    assert problem.code != "refused"
    assert problem.detail == f"{code}: There was an error when saving."


@pytest.mark.parametrize("code", [501, 510, 530, 531, 550, 560, 570])
def test_a_warning_is_no_refusal(code: int) -> None:
    outcome = outcome_of(code, "A field was left out.", record=INVOICE)
    assert outcome.problem is None
    assert outcome.warnings[0] == "QuickBooks warns: A field was left out."


def test_a_number_that_quickbooks_refuses_since_it_is_used_is_told_as_such() -> None:
    assert outcome_of(3180, "The number SO-1 has already been used.").problem.code == "number_taken"


def test_a_save_that_failed_for_a_lock_is_left_open() -> None:
    assert outcome_of(3180, "The transaction could not be locked. It is in use by another user.").passes


@pytest.mark.parametrize(
    ("target_id", "document"),
    [("service:80-1", samples.item()), ("vendor:80-1", samples.vendor()), ("refund:80-1", samples.refund())],
)
def test_what_quickbooks_only_remembers_keeps_the_sort_that_it_was_found_with(target_id: str, document: Any) -> None:
    target = TargetState(kind=document.kind, target_id=target_id, status=TargetStatus.OPEN)
    operation = samples.operation(document, Action.UPDATE, target)
    batch = Batch("b", document.kind, Action.UPDATE, (operation,), Payload("", b""))
    own = "TxnID" if document.kind is Kind.REFUND else "ListID"
    recovered = f"<ErrorRecovery><{own}>80-1</{own}><EditSequence>9</EditSequence></ErrorRecovery>"
    [outcome] = outcomes.read(batch, answer(told("ItemServiceMod", recovered, id="7")))
    assert outcome.state is not None
    assert (outcome.state.target_id, outcome.state.stamp) == (target_id, "9")


def test_a_name_that_is_taken_is_looked_for() -> None:
    assert outcome_of(3100).look


def test_every_hresult_has_words_and_a_way_out() -> None:
    assert all(trouble.what.endswith(".") and trouble.fix.endswith(".") for trouble in TROUBLES.values())
    passing = {code for code, trouble in TROUBLES.items() if trouble.passes}
    assert passing == {"80040408", "8004040D", "80040414", "8004041B", "80040424"}


def test_a_set_id_longer_than_quickbooks_takes_is_never_sent() -> None:
    with pytest.raises(ValueError, match="24"):
        messages.named(messages.document([]), "x" * 25)


def test_batches_are_named_so_that_each_is_carried_out_once() -> None:
    visit = QuickBooksProvider.visit
    batch = Batch("a" * 24, Kind.CONTACT, Action.CREATE, (), Payload("", messages.document([])))
    assert visit.question(batch) == visit.question(batch)
    assert messages.set_id(visit.question(batch)) == "a" * 24
