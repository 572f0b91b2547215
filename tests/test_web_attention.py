"""What needs a person: grouped by cause, with one act for the group."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, payment, put, trade
from people import add_person
from visitors import Visitor, visitor

from hub.app import create_app
from hub.documents import Allocation, CreditNote, Kind
from hub.errors import Problem
from hub.mapping import MappingList
from hub.models import FlowMode, OperationRow, table
from hub.store import Store
from hub.vault import Vault

CAUSE = {"state": "held", "code": "account_not_mapped", "subject": "999"}


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Two invoices wait for the same account, one for another."""
    house = called(store, vault)
    put(house, contact(), invoice("i1", lines=(line(account="999"),)), invoice("i2", lines=(line(account="999"),)))
    put(house, invoice("i3", lines=(line(account="998"),)))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def states(house: House) -> list[str]:
    return [row.state for row in house.operations(kind="invoice") if row.state != "replaced"]


def test_documents_of_one_cause_are_one_group_with_count_value_and_advice(seen: Visitor) -> None:
    text = seen.get("/attention").text
    assert "2 documents held, 24.00 GBP" in text
    assert "The account 999 is not mapped." in text
    assert "What to do: Choose what it is in the ledger" in text
    assert "1 document held, 12.00 GBP" in text


def test_a_missing_mapping_leads_to_the_page_where_it_is_made(seen: Visitor, house: House) -> None:
    links = [tag["href"] for tag in seen.get("/attention").tags("a")]
    assert links.count(f"/integrations/{house.integration_id}/mappings/account") == 2


def test_a_group_lists_its_documents(seen: Visitor) -> None:
    page = seen.get("/attention/group?state=held&code=account_not_mapped&subject=999")
    assert page.faults == []
    assert "N-i1" in page.text
    assert "N-i3" not in page.text


def test_a_group_that_is_no_longer_there_is_not_found(seen: Visitor) -> None:
    assert seen.get("/attention/group?state=held&code=x&subject=").status == 404


def test_a_whole_group_is_tried_again(seen: Visitor, house: House) -> None:
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"998": "200"})
    assert "2 documents will be planned again" in seen.follow("/attention/retry", CAUSE).text
    house.run_ledger()
    assert sorted(states(house)) == ["done", "held", "held"]


def test_a_whole_group_is_skipped_only_with_a_reason(seen: Visitor, house: House) -> None:
    asked = seen.post("/attention/drop", {**CAUSE, "reason": " "})
    assert asked.status == 422
    assert asked.faults == []
    assert "Please say why" in asked.text
    assert states(house) == ["held", "held", "held"]
    assert "2 documents skipped" in seen.follow("/attention/drop", {**CAUSE, "reason": "samples"}).text
    assert sorted(states(house)) == ["dropped", "dropped", "held"]
    assert "samples" in seen.get("/attention/skipped?text=n-i1").text
    assert "Nothing is skipped that fits" in seen.get("/attention/skipped?text=other").text


def test_a_retry_of_posted_documents_changes_nothing(seen: Visitor, house: House) -> None:
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"998": "200"})
    house.run_ledger()
    answer = seen.follow("/attention/retry", {"state": "done", "code": "", "subject": ""})
    assert "0 documents" in answer.text
    assert "done" in states(house)


def test_an_unsure_document_says_that_it_is_looked_for_and_can_not_be_skipped(seen: Visitor, house: House) -> None:
    operations = table(OperationRow)
    unsure = {"state": "unsure", "problem": None, "problem_code": "", "problem_subject": ""}
    with house.hub.store.write() as db:
        db.execute(
            sa.update(operations).where(operations.c.source_id == "i3", operations.c.state == "held").values(unsure)
        )
    page = seen.get("/attention")
    assert "may or may not have arrived" in page.text
    group = {"state": "unsure", "code": "", "subject": "", "reason": "no"}
    seen.follow("/attention/drop", group)
    assert "unsure" in states(house)


def test_a_suspended_connection_leads_to_reconnecting(seen: Visitor, house: House) -> None:
    problem = Problem(code="reconnect", what="The ledger no longer accepts our sign-in.", fix="Reconnect it.")
    house.hub._suspend(house.ledger_id, problem)
    page = seen.get("/attention")
    assert "no longer accepts our sign-in" in page.text
    assert any(tag["href"] == f"/connections/{house.ledger_id}/reconnect" for tag in page.tags("a"))


def test_unreadable_records_are_listed_with_the_reason(seen: Visitor, house: House) -> None:
    house.shelf.put("odd")
    house.shelf.odd["odd"] = "the date is missing"
    house.run_stock()
    assert "1 record could not be read" in seen.get("/attention").text
    assert "the date is missing" in seen.get("/attention/unreadable").text


def test_a_payment_whose_invoice_is_skipped_says_so_and_names_the_invoice(seen: Visitor, house: House) -> None:
    put(house, payment("0f85-30bb", "i3"))
    house.sync()
    assert "The invoice N-i3 of a payment is not in the ledger. It is held itself." in seen.get("/attention").text
    seen.follow("/attention/drop", {**CAUSE, "subject": "998", "reason": "a sample"})
    house.run_ledger()
    text = seen.get("/attention").text
    assert "The invoice N-i3 of a payment is not in the ledger. Somebody skipped it." in text
    assert "0f85-30bb" not in text
    seen.follow("/attention/undrop", {"pick": str(house.operations(source_id="i3", state="dropped")[0].id)})
    house.run_ledger()
    assert "Somebody skipped it" not in seen.get("/attention").text


def test_nothing_to_do_is_said(store: Store, vault: Vault) -> None:
    assert "Nothing needs you." in visitor(called(store, vault)).get("/attention").text


# -- fixed where it is shown -----------------------------------------------------------------------------------------


def test_one_choice_fixes_the_whole_group(seen: Visitor, house: House) -> None:
    fixed = seen.follow("/attention/fix", {**cause_of(house), "chosen": "200"})
    assert "2 documents will be planned again" in fixed.text
    house.run_ledger()
    assert sorted(states(house)) == ["done", "done", "held"]


def cause_of(house: House) -> dict[str, str]:
    return {**CAUSE, "integration": str(house.integration_id)}


def test_what_the_ledger_does_not_have_is_refused_and_kept(seen: Visitor, house: House) -> None:
    page = seen.post("/attention/fix", {**cause_of(house), "chosen": "nothing"})
    assert (page.status, page.faults) == (422, [])
    assert "The ledger has no nothing to use here" in page.text
    assert "nothing" in [tag.get("value") for tag in page.tags("input") if tag.get("name") == "chosen"]
    assert states(house) == ["held", "held", "held"]


def test_a_group_that_was_solved_meanwhile_says_so(seen: Visitor, house: House) -> None:
    answer = seen.follow("/attention/fix", {**cause_of(house), "subject": "77", "chosen": "200"})
    assert "nothing of this cause any more" in answer.text


def test_what_is_mapped_to_an_account_that_can_not_be_used_is_mapped_to_another(seen: Visitor, house: House) -> None:
    """Two source accounts were mapped to one that takes no documents."""
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"999": "090", "998": "090"})
    house.run_ledger()
    cause = {"state": "held", "code": "account_not_for_documents", "subject": "090"}
    page = seen.get("/attention")
    assert "Use instead of account 090" in page.text
    seen.follow("/attention/fix", {**cause, "integration": str(house.integration_id), "chosen": "200"})
    house.run_ledger()
    assert states(house) == ["done", "done", "done"]


def test_a_missing_default_is_chosen_in_place(seen: Visitor, house: House) -> None:
    put(house, invoice("bare", "BARE", lines=(line(account=""),)))
    house.sync()
    cause = {"state": "held", "code": "account_missing", "subject": "sale_account"}
    seen.follow("/attention/fix", {**cause, "integration": str(house.integration_id), "chosen": "200"})
    house.run_ledger()
    assert house.operations(label="BARE")[-1].state == "done"


def test_the_rounding_limit_is_raised_in_place(seen: Visitor, house: House) -> None:
    operations = table(OperationRow)
    problem = Problem(code="total_differs", what="It differs by seven cents.", subject="")
    values = {"problem": problem.model_dump(), "problem_code": problem.code, "problem_subject": ""}
    with house.hub.store.write() as db:
        db.execute(sa.update(operations).where(operations.c.source_id == "i3").values(values))
    cause = {"state": "held", "code": "total_differs", "subject": "", "integration": str(house.integration_id)}
    assert "(now 5)" in seen.get("/attention").text
    assert "whole cents" in seen.post("/attention/fix", {**cause, "chosen": "5000"}).text
    seen.follow("/attention/fix", {**cause, "chosen": "10"})
    assert house.hub.integration(house.integration_id).rounding_limit_cents == 10


def test_a_group_is_of_one_integration(seen: Visitor, house: House) -> None:
    other = {**CAUSE, "integration": "4711"}
    assert seen.get("/attention/group?state=held&code=account_not_mapped&subject=999&integration=4711").status == 404
    assert "0 documents" in seen.follow("/attention/retry", other).text


def test_every_documented_cause_is_in_the_catalogue_and_found_by_code_or_words(seen: Visitor) -> None:
    page = seen.get("/attention/causes")
    assert (page.status, page.faults) == (200, [])
    assert "payment_exceeds_due" in page.text
    found = seen.get("/attention/causes?text=account_not_mapped").text
    assert "1 cause" in found
    assert "has no counterpart in the ledger" in found
    assert "No cause fits" in seen.get("/attention/causes?text=unicorn").text


def test_contacts_whose_flow_is_off_are_one_cause_whose_fix_is_to_switch_it_on(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    put(house, contact(), contact("c2", "Beta"), invoice(), invoice("i2", contact_id="c2"))
    house.sync()
    page = visitor(house).get("/attention")
    assert "2 documents held" in page.text
    assert "Switch the flow of contacts on" in page.text
    assert "Link the contact" not in page.text
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    house.sync()
    assert "Approve the contacts" in visitor(house).get("/attention").text
    house.person.approve([row.id for row in house.operations(kind="contact")])
    house.sync()
    assert {row.source_id for row in house.links()} == {"c1", "c2", "i1", "i2"}


def test_who_may_not_approve_ticks_nothing_among_what_is_skipped(seen: Visitor, house: House) -> None:
    house.person.drop([house.operations(source_id="i3", state="held")[0].id], "a sample")
    assert seen.get("/attention/skipped").tags("input")
    assert "Ticked" in seen.get("/attention/skipped").text
    page = Visitor(create_app(house.hub), add_person(house.hub, "una@example.com")).get("/attention/skipped")
    assert page.faults == []
    assert "a sample" in page.text and "Ticked" not in page.text
    assert [tag for tag in page.tags("input") if tag.get("name") == "pick"] == []


def test_taking_back_a_skip_without_a_tick_says_what_to_do(seen: Visitor) -> None:
    assert "Tick what is no longer to be skipped." in seen.follow("/attention/undrop").text


def test_what_waits_for_an_approval_needs_nobody_and_is_told_apart(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1"), invoice("i2"), payment("p1", "i1"), payment("p2", "i2", "7.50"))
    house.sync()
    house.run_ledger()  # the payments go automatically, and find that their invoices do not
    seen = visitor(house)
    text = seen.get("/attention").text
    assert "Nothing needs you." in text
    assert "2 documents wait for others" in text
    assert "2 documents , 19.50 GBP" in text and "It waits for your approval. Approve the invoices" in text
    front = seen.get("/").text
    assert "2 wait for your approval, 2 wait for others" in front
    assert (
        "need you" not in front
        and "2 documents wait for others and go on by themselves when these are posted, or approved" in front
    )
    house.person.approve([row.id for row in house.operations(kind="invoice", state="proposed")])
    house.sync()
    assert "wait for others" not in seen.get("/attention").text
    assert {row.state for row in house.operations(kind="payment")} == {"done", "replaced"}


def test_a_payment_of_a_draft_says_which_one_waits_for_whom_and_needs_nobody_itself(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = called(store, vault)
    provider = house.hub.providers[house.hub.connection(house.ledger_id).provider]
    monkeypatch.setattr(provider, "address_of", lambda kind, there, _: f"https://books.example/{kind}/{there}")
    house.set_flow(Kind.INVOICE, post_as="draft")
    put(house, contact(), invoice("i1"), payment("0f85-30bb", "i1"))
    house.sync()
    seen = visitor(house)
    page = seen.get("/attention")
    assert page.faults == []
    assert "Nothing needs you but drafts that are to be approved in the ledger." in page.text
    assert "1 document , 12.00 GBP" in page.text
    assert "It waits until invoice N-i1 is approved in Books. What to do: approve it there" in page.text
    [draft] = [link for link in house.links() if link.kind == "invoice"]
    there = f"https://books.example/invoice/{draft.target_id}"
    assert there in [tag["href"] for tag in page.tags("a")]
    front = seen.get("/").text
    assert "; 1 waits for others, 1 draft waits in the ledger." in front
    [money] = house.operations(kind="payment", state="held")
    for address in (f"/operations/{money.id}", "/attention/group?state=held&code=target_is_draft&subject=invoice"):
        told = seen.get(address)
        assert told.faults == []
        assert "It waits until invoice N-i1 is approved in Books" in told.text
        assert there in [tag["href"] for tag in told.tags("a")]
    house.books.approve(str(draft.target_id))
    house.sync()
    assert "wait for others" not in seen.get("/attention").text
    assert "Nothing needs you." in seen.get("/attention").text


def test_what_is_to_be_a_draft_and_only_proposed_yet_is_no_draft_to_approve(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW, post_as="draft")
    put(house, contact(), invoice("i1"), payment("p1", "i1"))
    house.sync()
    [money] = house.operations(kind="payment")
    rows = table(OperationRow)
    with house.hub.store.write() as db:  # as it is left when a flow is set to review after drafts were planned
        told = {"state": "held", "problem_code": "target_is_draft", "problem_subject": "invoice"}
        db.execute(sa.update(rows).where(rows.c.id == money.id).values(**told))
    seen = visitor(house)
    assert "Nothing needs you." in seen.get("/attention").text
    house.person.approve([row.id for row in house.operations(kind="invoice", state="proposed")])
    house.sync()
    assert "Nothing needs you but drafts" in seen.get("/attention").text


def test_credits_wait_for_whichever_of_their_two_sides_is_a_draft(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.CREDIT_NOTE, post_as="draft")
    use = Allocation(
        external_id="u1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="cn1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=date(2026, 2, 10),
        amount=Decimal("4.00"),
        currency="GBP",
    )
    put(house, contact(), invoice("i1"), invoice("i2"), trade(CreditNote, "cn1", "CN-1"), use, payment("p1", "i2"))
    house.sync()
    text = visitor(house).get("/attention").text
    assert "It waits until credit note CN-1 is approved in Books" in text
    assert {row.state for row in house.operations(kind="payment")} == {"done"}


def test_of_what_waits_for_something_held_only_the_one_that_is_held_needs_somebody(seen: Visitor, house: House) -> None:
    put(house, payment("p1", "i1"), payment("p2", "i2"), payment("p3", "i3"))
    house.sync()
    page = seen.get("/attention")
    assert "2 documents held, 24.00 GBP" in page.text and "1 document held, 12.00 GBP" in page.text
    assert "3 documents wait for others" in page.text
    assert page.faults == []
    assert "3 need you, 3 wait for others" in seen.get("/").text
    seen.follow("/attention/drop", {**CAUSE, "subject": "998", "reason": "a sample"})
    house.run_ledger()
    text = seen.get("/attention").text
    assert "2 documents wait for others" in text
    assert "The invoice N-i3 of a payment is not in the ledger. Somebody skipped it." in text
    assert "3 need you, 2 wait for others" in seen.get("/").text, "nobody makes that invoice any more"


def test_payments_without_a_number_are_called_by_what_they_pay_and_whom_they_are_with(
    seen: Visitor, house: House
) -> None:
    put(house, invoice("i1", contact_name="Acme", lines=(line(account="999"),)))
    put(house, payment("0f85-30bb", "i1", number=""), payment("11aa-30bb", "i3", number=""))
    house.sync()
    [first, second] = house.operations(kind="payment")
    group = {"state": "held", "code": "invoice_not_linked", "subject": "i1"}
    page = seen.get("/attention/group", query_string=group)
    assert "Payment of N-i1 Payment 2026-02-10 Acme Create 12.00 GBP" in page.text
    assert "0f85-30bb" not in page.text
    assert "Payment of N-i3" in seen.get(f"/operations/{second.id}").text
    seen.follow("/attention/drop", {**group, "reason": "a sample"})
    skipped = seen.get("/attention/skipped")
    assert "Payment of N-i1" in skipped.text and "0f85-30bb" not in skipped.text
    assert first.id != second.id
