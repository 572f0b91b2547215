from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from houses import START, contact, invoice, item, line, payment, trade

from hub.documents import Address, Allocation, Contact, CreditNote, Document, Kind, Status
from hub.errors import Problem
from hub.mapping import Resolved
from hub.providers import Action, Allowed, Facts, Organisation, TargetState, TargetStatus
from hub.reconcile import (
    LEGAL_ANSWERS,
    REMOVAL_TIER,
    TIERS,
    Answer,
    Case,
    Change,
    Conflict,
    Decision,
    Dependency,
    FlowRules,
    LinkView,
    Look,
    Match,
    Standing,
    Verdict,
    decide,
    judge_look,
    payload_hash,
    state_digest,
    was_edited,
)

OPEN = TargetState(
    kind=Kind.INVOICE,
    target_id="t1",
    status=TargetStatus.OPEN,
    number="N-i1",
    contact_id="tc1",
    date=date(2026, 2, 1),
    total=Decimal("12.00"),
    due=Decimal("12.00"),
)
ALL = Allowed(frozenset(Action))
ORGANISATION = Organisation(id="o", name="Books", base_currency="GBP")
LINKED = Dependency(state=TargetState(kind=Kind.CONTACT, target_id="tc1", status=TargetStatus.ACTIVE))


def link_to(document: Document, state: TargetState = OPEN, **more: Any) -> LinkView:
    values: dict[str, Any] = {
        "id": 1,
        "version": 1,
        "generation": 1,
        "target_id": state.target_id,
        "state": state,
        "written_fingerprint": document.fingerprint(),
        "written_payload": payload_hash(document),
        "written_document": document,
        "settled_digest": state_digest(state),
    }
    return LinkView(**{**values, **more})


def case(document: Document, **more: Any) -> Case:
    depends = [(Kind.CONTACT, "c1")] if hasattr(document, "contact_id") else []
    values: dict[str, Any] = {
        "document": document,
        "fingerprint": document.fingerprint(),
        "withdrawn": False,
        "rules": FlowRules(start_date=START),
        "organisation": ORGANISATION,
        "resolved": Resolved(document, depends_on=depends),
        "fitted": document,
        "allowed": ALL,
        "dependencies": {(Kind.CONTACT, "c1"): LINKED},
    }
    return Case(**{**values, **more})


# -- the table of legal answers, cell by cell --------------------

STATES = {
    Standing.DRAFT: OPEN.model_copy(update={"status": TargetStatus.DRAFT}),
    Standing.OPEN: OPEN,
    Standing.SETTLED: OPEN.model_copy(update={"status": TargetStatus.PART_PAID, "due": Decimal("5.00")}),
    Standing.LOCKED: OPEN,
    Standing.GONE: OPEN.model_copy(update={"status": TargetStatus.VOIDED}),
}
BEFORE = invoice()
SOURCES: dict[Change, dict[str, Any]] = {
    Change.SAME: {"document": BEFORE},
    Change.EDITED: {"document": invoice(lines=(line("20.00"),))},
    Change.UNDONE: {"document": invoice(status=Status.DRAFT)},
    Change.VOIDED: {"document": invoice(status=Status.VOIDED)},
}
UPDATE, VOID, DELETE, ASKED_VOID, ASKED_DELETE, HOLD, LEAVE = (
    "update",
    "void",
    "delete",
    "void, asked",
    "delete, asked",
    "hold",
    "nothing",
)
TABLE = [
    (Change.SAME, Standing.DRAFT, LEAVE),
    (Change.SAME, Standing.OPEN, LEAVE),
    (Change.SAME, Standing.SETTLED, LEAVE),
    (Change.SAME, Standing.LOCKED, LEAVE),
    (Change.SAME, Standing.GONE, LEAVE),
    (Change.EDITED, Standing.DRAFT, UPDATE),
    (Change.EDITED, Standing.OPEN, UPDATE),
    (Change.EDITED, Standing.SETTLED, HOLD),
    (Change.EDITED, Standing.LOCKED, HOLD),
    (Change.EDITED, Standing.GONE, HOLD),
    (Change.UNDONE, Standing.DRAFT, ASKED_DELETE),
    (Change.UNDONE, Standing.OPEN, ASKED_VOID),
    (Change.UNDONE, Standing.SETTLED, HOLD),
    (Change.UNDONE, Standing.LOCKED, HOLD),
    (Change.UNDONE, Standing.GONE, LEAVE),
    (Change.VOIDED, Standing.DRAFT, DELETE),
    (Change.VOIDED, Standing.OPEN, VOID),
    (Change.VOIDED, Standing.SETTLED, HOLD),
    (Change.VOIDED, Standing.LOCKED, HOLD),
    (Change.VOIDED, Standing.GONE, LEAVE),
]


def in_short(decision: Decision) -> str:
    if decision.verdict is Verdict.WRITE:
        return f"{decision.action}, asked" if decision.ask else str(decision.action)
    return str(decision.verdict)


def facing(change: Change, standing: Standing, **more: Any) -> Case:
    locked = ORGANISATION.model_copy(update={"lock_date": date(2026, 2, 1)})
    allowed = Allowed(frozenset({Action.UPDATE}), frozenset({"reference"})) if standing is Standing.SETTLED else ALL
    values = {
        **SOURCES[change],
        "link": link_to(BEFORE, STATES[standing]),
        "organisation": locked if standing is Standing.LOCKED else ORGANISATION,
        "allowed": allowed,
    }
    return case(**{**values, **more})


@pytest.mark.parametrize(("change", "standing", "expected"), TABLE, ids=lambda value: str(value))
def test_every_change_has_one_legal_answer(change: Change, standing: Standing, expected: str) -> None:
    assert in_short(decide(facing(change, standing))) == expected


def test_the_table_is_complete() -> None:
    assert set(LEGAL_ANSWERS) == {(change, standing) for change in Change for standing in Standing}
    assert {(change, standing) for change, standing, _ in TABLE} == set(LEGAL_ANSWERS)
    assert LEGAL_ANSWERS[Change.VOIDED, Standing.SETTLED] is Answer.AFTER_PAYMENTS


@pytest.mark.parametrize("standing", Standing)
def test_a_withdrawn_document_is_treated_like_a_voided_one(standing: Standing) -> None:
    withdrawn = replace(facing(Change.SAME, standing), withdrawn=True)
    assert in_short(decide(withdrawn)) == in_short(decide(facing(Change.VOIDED, standing)))


def test_a_closed_period_on_the_new_date_holds_an_edit() -> None:
    locked = ORGANISATION.model_copy(update={"lock_date": date(2026, 1, 15)})
    moved = invoice(date=date(2026, 1, 10), lines=(line("20.00"),))
    decision = decide(case(moved, link=link_to(BEFORE), organisation=locked))
    assert decision.problem is not None
    assert decision.problem.code == "closed_period"
    assert "target:organisation:" in decision.facts


def test_a_paid_document_takes_an_edit_of_the_fields_that_may_change() -> None:
    edited = invoice(reference="PO 7")
    decision = decide(facing(Change.EDITED, Standing.SETTLED, document=edited))
    assert (decision.verdict, decision.fields) == (Verdict.WRITE, frozenset({"reference"}))


def test_a_flow_that_leaves_approved_documents_alone_still_updates_drafts() -> None:
    rules = FlowRules(start_date=START, update_approved=False)
    held = decide(facing(Change.EDITED, Standing.OPEN, rules=rules))
    assert held.problem is not None
    assert held.problem.code == "approved_in_ledger"
    assert decide(facing(Change.EDITED, Standing.DRAFT, rules=rules)).verdict is Verdict.WRITE


def test_an_edit_that_the_ledger_would_not_see_writes_nothing() -> None:
    edited = invoice(lines=(line(account="201"),))
    decision = decide(case(edited, fitted=BEFORE, link=link_to(BEFORE)))
    assert decision.verdict is Verdict.NOTHING


def test_a_reauthorised_document_that_did_not_change_needs_nothing() -> None:
    assert decide(case(BEFORE, link=link_to(BEFORE))).verdict is Verdict.NOTHING


def test_an_edited_payment_is_taken_back_to_be_posted_anew() -> None:
    state = TargetState(kind=Kind.PAYMENT, target_id="tp1", status=TargetStatus.OPEN, total=Decimal("12.00"))
    before = payment()
    decision = decide(case(payment(amount="5.00"), link=link_to(before, state), dependencies={}))
    assert (decision.verdict, decision.action, decision.ask) == (Verdict.WRITE, Action.VOID, False)


@pytest.mark.parametrize("document", [contact(), item()], ids=["contact", "item"])
def test_contacts_and_items_are_never_removed(document: Document) -> None:
    state = TargetState(kind=document.kind, target_id="t", status=TargetStatus.ACTIVE)
    assert decide(case(document, link=link_to(document, state), withdrawn=True)).verdict is Verdict.NOTHING


def test_what_others_refer_to_goes_first_and_leaves_last() -> None:
    order = sorted(TIERS, key=lambda kind: TIERS[kind])
    assert (
        order.index(Kind.CONTACT)
        < order.index(Kind.INVOICE)
        < order.index(Kind.CREDIT_NOTE)
        < order.index(Kind.PAYMENT)
    )
    assert (
        REMOVAL_TIER - TIERS[Kind.ALLOCATION] < REMOVAL_TIER - TIERS[Kind.PAYMENT] < REMOVAL_TIER - TIERS[Kind.INVOICE]
    )
    assert max(REMOVAL_TIER - tier for tier in TIERS.values()) < min(TIERS.values())


# -- what is eligible --------------------


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"document": invoice(status=Status.DRAFT)}, "draft in the source"),
        ({"document": invoice(status=Status.VOIDED)}, "voided in the source"),
        ({"document": invoice(date=date(2025, 12, 31))}, "dated before the start date 2026-01-01"),
        ({"document": invoice(), "withdrawn": True}, "withdrawn in the source before it was posted"),
        ({"document": item().model_copy(update={"active": False})}, "deprecated in the source"),
    ],
)
def test_what_is_not_eligible_is_excluded_by_a_named_rule(more: dict[str, Any], rule: str) -> None:
    decision = decide(case(**more))
    assert (decision.verdict, decision.rule) == (Verdict.EXCLUDED, rule)


def test_the_start_date_itself_is_posted() -> None:
    assert decide(case(invoice(date=START))).verdict is Verdict.WRITE


def code_of(decision: Decision) -> str:
    assert decision.verdict is Verdict.HOLD
    assert decision.problem is not None
    return decision.problem.code


def test_a_document_that_does_not_add_up_is_held() -> None:
    assert code_of(decide(case(invoice(total=Decimal("12.01"))))) == "does_not_add_up"


@pytest.mark.parametrize("document", [invoice(currency="EUR"), payment(currency="EUR")], ids=["invoice", "payment"])
def test_a_foreign_document_without_a_rate_is_held(document: Document) -> None:
    assert code_of(decide(case(document))) == "rate_missing"
    rated = document.model_copy(update={"rate": Decimal("0.85")})
    assert decide(case(rated)).verdict is Verdict.WRITE


def test_a_new_document_in_a_closed_period_is_held_until_the_books_open() -> None:
    locked = ORGANISATION.model_copy(update={"lock_date": date(2026, 2, 1)})
    decision = decide(case(invoice(), organisation=locked))
    assert code_of(decision) == "closed_period"
    assert "target:organisation:" in decision.facts
    assert decide(case(invoice(date=date(2026, 2, 2)), organisation=locked)).verdict is Verdict.WRITE


def test_the_first_problem_is_told_and_the_others_kept() -> None:
    two = [Problem(code="account_not_mapped", what="First."), Problem(code="tax_rate_missing", what="Second.")]
    decision = decide(case(invoice(), resolved=Resolved(invoice(), problems=two)))
    assert code_of(decision) == "account_not_mapped"
    assert decision.problem is not None
    assert "Second." in decision.problem.detail


# -- what it refers to --------------------


def settling(amount: str = "12.00", **parent: Any) -> Case:
    state = OPEN.model_copy(update=parent)
    money = payment(amount=amount)
    ref = (Kind.INVOICE, "i1")
    return case(money, resolved=Resolved(money, depends_on=[ref]), dependencies={ref: Dependency(state=state)})


def test_a_document_whose_contact_is_nowhere_waits_for_it() -> None:
    decision = decide(case(invoice(), dependencies={}))
    assert code_of(decision) == "contact_not_linked"


def test_a_payment_without_a_number_is_told_by_the_document_that_it_pays() -> None:
    ref = (Kind.INVOICE, "i1")

    def told(money: Document, **standing: Any) -> str:
        waiting = case(money, resolved=Resolved(money, depends_on=[ref]), dependencies={ref: Dependency(**standing)})
        problem = decide(waiting).problem
        assert problem is not None
        return problem.what

    nameless = payment().model_copy(update={"number": "", "reference": ""})
    assert told(nameless, label="539828") == "The invoice 539828 of a payment is not in the ledger."
    assert told(nameless) == "The invoice of a payment of 12.00 GBP is not in the ledger."
    large = nameless.model_copy(update={"amount": Decimal("11858.47")})
    assert told(large) == "The invoice of a payment of 11,858.47 GBP is not in the ledger."
    assert told(nameless.model_copy(update={"number": "P-7"})) == "The invoice of P-7 is not in the ledger."


def test_a_document_whose_contact_is_on_its_way_is_planned() -> None:
    coming = {(Kind.CONTACT, "c1"): Dependency(coming=True)}
    assert decide(case(invoice(), dependencies=coming)).verdict is Verdict.WRITE


def test_a_document_for_an_archived_contact_is_held() -> None:
    archived = Dependency(state=TargetState(kind=Kind.CONTACT, target_id="tc1", status=TargetStatus.ARCHIVED))
    assert code_of(decide(case(invoice(), dependencies={(Kind.CONTACT, "c1"): archived}))) == "contact_archived"


def test_a_document_that_names_an_item_which_the_ledger_keeps_stock_of_now_is_held() -> None:
    unusable = Dependency(state=TargetState(kind=Kind.ITEM, target_id="tp1", status=TargetStatus.ARCHIVED))
    resolved = Resolved(invoice(), depends_on=[(Kind.ITEM, "p1")])
    assert code_of(decide(case(invoice(), resolved=resolved, dependencies={(Kind.ITEM, "p1"): unusable}))) == (
        "item_out_of_use"
    )


def test_a_payment_waits_while_its_document_is_a_draft() -> None:
    assert code_of(decide(settling(status=TargetStatus.DRAFT))) == "target_is_draft"
    money = payment()
    ref = (Kind.INVOICE, "i1")
    coming = {ref: Dependency(coming=True, coming_as_draft=True)}
    waiting = case(money, resolved=Resolved(money, depends_on=[ref]), dependencies=coming)
    assert code_of(decide(waiting)) == "target_is_draft"
    assert "A payment of 12.00 GBP waits until its invoice is approved in the ledger." in str(decide(waiting).problem)
    coming[ref] = replace(coming[ref], label="SO-1")
    assert "waits until invoice SO-1 is approved in the ledger. It goes there as" in str(decide(waiting).problem)


def test_a_payment_is_never_above_what_is_due() -> None:
    assert decide(settling("12.00")).verdict is Verdict.WRITE
    assert code_of(decide(settling("12.01"))) == "payment_exceeds_due"
    assert code_of(decide(settling("12.00", due=Decimal("11.99")))) == "payment_exceeds_due"


def test_a_payment_of_a_voided_document_is_held() -> None:
    assert code_of(decide(settling(status=TargetStatus.VOIDED))) == "target_gone"


PAID = OPEN.model_copy(update={"status": TargetStatus.PAID, "due": Decimal(0)})


def posted_on(standing: Dependency, money: Document | None = None, **more: Any) -> Case:
    """A payment that we posted on the invoice i1, which now stands like this."""
    money = money or payment()
    ref = (Kind.INVOICE, "i1")
    state = OPEN.model_copy(update={"kind": money.kind, "target_id": "tp1", "due": None})
    resolved = Resolved(money, depends_on=[ref])
    return case(money, resolved=resolved, dependencies={ref: standing}, link=link_to(payment(), state), **more)


def test_our_payment_of_a_document_that_the_source_took_back_is_withdrawn() -> None:
    decision = decide(posted_on(Dependency(state=PAID, moved=Decimal("12.00"), taken_back=True)))
    assert in_short(decision) == "void"
    assert decision.rule == "its document was voided or removed in the source"
    assert decide(posted_on(Dependency(state=PAID, moved=Decimal("12.00")))).verdict is Verdict.NOTHING


@pytest.mark.parametrize(
    "standing",
    [
        Dependency(state=PAID, moved=Decimal("5.00"), taken_back=True),
        Dependency(state=PAID, moved=Decimal("5.00"), others_money=Decimal("7.00"), taken_back=True),
        Dependency(state=PAID.model_copy(update={"due": None}), taken_back=True),
    ],
    ids=["others paid", "a person knows that others paid", "the ledger does not say"],
)
def test_our_payment_stays_where_withdrawing_it_would_not_free_the_document(standing: Dependency) -> None:
    assert decide(posted_on(standing)).verdict is Verdict.NOTHING


def test_our_payment_stays_where_the_books_of_its_document_are_closed() -> None:
    closed = ORGANISATION.model_copy(update={"lock_date": date(2026, 2, 1)})
    standing = Dependency(state=PAID, moved=Decimal("12.00"), taken_back=True)
    later = payment(date="2026-02-20")
    assert decide(posted_on(standing, later, organisation=closed)).verdict is not Verdict.WRITE


def test_nothing_is_paid_on_a_document_that_the_source_took_back() -> None:
    money, ref = payment(), (Kind.INVOICE, "i1")
    standing = {ref: Dependency(state=OPEN, taken_back=True)}
    waiting = case(money, resolved=Resolved(money, depends_on=[ref]), dependencies=standing)
    assert code_of(decide(waiting)) == "document_taken_back"


def test_an_allocation_may_be_larger_than_what_is_due_since_it_is_capped_when_sent() -> None:
    use = Allocation(
        external_id="a1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="k1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=date(2026, 2, 1),
        amount=Decimal("50.00"),
        currency="GBP",
    )
    refs = [(Kind.CREDIT_NOTE, "k1"), (Kind.INVOICE, "i1")]
    dependencies = {ref: Dependency(state=OPEN) for ref in refs}
    assert (
        decide(case(use, resolved=Resolved(use, depends_on=refs), dependencies=dependencies)).verdict is Verdict.WRITE
    )


# -- adoption --------------------


def match(id: str, status: TargetStatus = TargetStatus.ACTIVE) -> Match:
    return Match(id, f"Acme {id}", TargetState(kind=Kind.CONTACT, target_id=id, status=status))


def test_a_contact_is_adopted_when_exactly_one_active_record_matches() -> None:
    decision = decide(case(contact(), matches=[match("1"), match("2", TargetStatus.ARCHIVED)]))
    assert decision.verdict is Verdict.ADOPT
    assert decision.match is not None
    assert decision.match.target_id == "1"


def test_two_active_matches_are_for_a_person_to_choose_from() -> None:
    decision = decide(case(contact(), matches=[match("1"), match("2")]))
    assert code_of(decision) == "ambiguous_match"
    assert decision.problem is not None
    assert "Acme 1 (1)" in decision.problem.detail


def test_an_archived_match_alone_is_not_made_again() -> None:
    assert code_of(decide(case(contact(), matches=[match("1", TargetStatus.ARCHIVED)]))) == "only_archived_match"


def test_without_a_match_it_is_created() -> None:
    assert decide(case(contact())).verdict is Verdict.WRITE


def test_a_document_is_never_adopted_by_its_number() -> None:
    assert decide(case(invoice(), matches=[match("1")])).verdict is Verdict.WRITE


# -- updates of contacts --------------------


def rich() -> Contact:
    return contact().model_copy(update={"email": "a@acme.example", "phone": "1", "tax_number": "GB1", "account": "200"})


def updating(after: Contact, before: Contact) -> Decision:
    state = TargetState(kind=Kind.CONTACT, target_id="tc1", status=TargetStatus.ACTIVE, number=before.name)
    return decide(case(after, link=link_to(before, state)))


def test_an_update_of_a_contact_sends_only_what_changed() -> None:
    decision = updating(rich().model_copy(update={"phone": "2"}), rich())
    assert (decision.verdict, decision.fields) == (Verdict.WRITE, frozenset({"phone"}))


@pytest.mark.parametrize("name", ["email", "phone", "tax_number"])
def test_an_update_of_a_contact_never_sends_a_blank(name: str) -> None:
    assert updating(rich().model_copy(update={name: ""}), rich()).verdict is Verdict.NOTHING
    both = updating(rich().model_copy(update={name: "", "first_name": "Ann"}), rich())
    assert both.fields == frozenset({"first_name"})


def test_an_update_of_a_contact_never_sends_tax_defaults_or_what_the_ledger_derives() -> None:
    changed = rich().model_copy(update={"account": "201", "tax_code": "X", "is_supplier": True, "active": False})
    assert updating(changed, rich()).verdict is Verdict.NOTHING


def test_emptied_addresses_stay_in_the_ledger() -> None:
    with_address = rich().model_copy(update={"addresses": (Address(line1="1 High St"),)})
    assert updating(rich(), with_address).verdict is Verdict.NOTHING


# -- both sides changed --------------------

THEIRS = OPEN.model_copy(update={"total": Decimal("15.00")})


def disputed(conflict: Conflict, standing: TargetState = THEIRS) -> Decision:
    edited = invoice(lines=(line("20.00"),))
    link = link_to(BEFORE, standing, settled_digest=state_digest(OPEN))
    return decide(case(edited, link=link, rules=FlowRules(start_date=START, conflict=conflict)))


def test_when_both_sides_changed_a_person_decides_unless_a_policy_does() -> None:
    assert code_of(disputed(Conflict.ASK)) == "edited_on_both_sides"
    assert disputed(Conflict.STOCK_WINS).verdict is Verdict.WRITE
    assert disputed(Conflict.LEDGER_WINS).verdict is Verdict.NOTHING


def test_a_payment_in_the_ledger_is_no_edit() -> None:
    looked = OPEN.model_copy(update={"stamp": "new", "due": Decimal("1.00"), "url": "elsewhere"})
    assert disputed(Conflict.ASK, looked).verdict is Verdict.WRITE


def test_the_same_total_written_otherwise_is_no_edit() -> None:
    assert disputed(Conflict.ASK, OPEN.model_copy(update={"total": Decimal("12.0000")})).verdict is Verdict.WRITE


# -- looks --------------------

FACTS = Facts(ORGANISATION, targets={(Kind.CONTACT, "c1"): "tc1"})


def look(
    *found: TargetState, action: Action = Action.CREATE, document: Document = BEFORE, before: TargetState | None = None
) -> Look:
    return judge_look(document, action, found, FACTS, before)[0]


def test_one_live_candidate_that_equals_what_was_sent_settles() -> None:
    assert judge_look(BEFORE, Action.CREATE, [OPEN], FACTS) == (Look.SETTLED, OPEN)


def test_nothing_found_means_not_done() -> None:
    assert look() is Look.NOT_DONE
    assert look(OPEN.model_copy(update={"status": TargetStatus.VOIDED})) is Look.NOT_DONE


@pytest.mark.parametrize(
    "other",
    [{"total": Decimal("12.01")}, {"date": date(2026, 2, 2)}, {"contact_id": "tc2"}, {"number": "X"}, {"ours": False}],
    ids=str,
)
def test_a_candidate_that_differs_is_for_a_person(other: dict[str, Any]) -> None:
    assert look(OPEN.model_copy(update=other)) is Look.ASK


def test_two_candidates_are_for_a_person() -> None:
    assert look(OPEN, OPEN.model_copy(update={"target_id": "t2"})) is Look.ASK


@pytest.mark.parametrize("action", [Action.VOID, Action.DELETE])
def test_a_removal_is_settled_by_a_target_that_is_gone(action: Action) -> None:
    assert look(OPEN.model_copy(update={"status": TargetStatus.VOIDED}), action=action) is Look.SETTLED
    assert look(action=action) is Look.SETTLED
    assert look(OPEN, action=action) is Look.NOT_DONE


def test_an_update_that_shows_in_the_ledger_was_ours() -> None:
    edited = invoice(lines=(line("20.00"),))
    arrived = OPEN.model_copy(update={"total": Decimal("24.00")})
    assert look(arrived, action=Action.UPDATE, document=edited, before=OPEN) is Look.SETTLED
    assert look(OPEN, action=Action.UPDATE, document=edited, before=OPEN) is Look.NOT_DONE
    somebody = OPEN.model_copy(update={"total": Decimal("99.00")})
    assert look(somebody, action=Action.UPDATE, document=edited, before=OPEN) is Look.NOT_DONE


def test_a_renamed_contact_is_recognised() -> None:
    before = TargetState(kind=Kind.CONTACT, target_id="tc1", status=TargetStatus.ACTIVE, reference="Acme")
    renamed = before.model_copy(update={"reference": "Acme Ltd"})
    document = contact(name="ACME  Ltd")
    assert look(renamed, action=Action.UPDATE, document=document, before=before) is Look.SETTLED
    assert look(before, action=Action.UPDATE, document=document, before=before) is Look.NOT_DONE


def test_a_credit_is_looked_for_like_an_invoice() -> None:
    credit = trade(CreditNote, "k1")
    state = OPEN.model_copy(update={"kind": Kind.CREDIT_NOTE, "number": "N-k1"})
    assert look(state, document=credit) is Look.SETTLED
    assert look(OPEN, document=credit) is Look.ASK


# -- digests --------------------


def test_the_approved_hash_covers_content_and_not_the_way_back_to_the_source() -> None:
    assert payload_hash(invoice(source_url="https://stock.example")) == payload_hash(invoice())
    assert payload_hash(invoice(lines=(line(account="201"),))) != payload_hash(invoice())


def test_content_that_a_summary_does_not_tell_is_no_edit_and_other_content_is_one() -> None:
    written = OPEN.model_copy(update={"content": "lines as we wrote them"})
    summary, recoded = OPEN, OPEN.model_copy(update={"content": "lines on another account"})
    assert not was_edited(state_digest(written), written)
    assert not was_edited(state_digest(written), summary)
    assert not was_edited(state_digest(summary), recoded)
    assert was_edited(state_digest(written), recoded)
    assert was_edited(state_digest(summary), THEIRS)


def test_a_closed_period_of_the_stock_side_holds_as_well_and_the_later_lock_is_named() -> None:
    decision = decide(case(invoice(), stock_lock=date(2026, 2, 1)))
    assert code_of(decision) == "closed_period"
    assert decision.problem
    assert "stock system is locked up to 2026-02-01" in decision.problem.why
    locked = ORGANISATION.model_copy(update={"lock_date": date(2026, 3, 1)})
    both = decide(case(invoice(), stock_lock=date(2026, 2, 1), organisation=locked))
    assert both.problem
    assert "ledger is locked up to 2026-03-01" in both.problem.why
