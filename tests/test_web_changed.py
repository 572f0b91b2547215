"""Changed since posted: what differs, and the one legal next step."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, payment, put, trade
from visitors import Seen, Visitor, visitor

from hub.documents import Allocation, CreditNote, Kind, Status
from hub.engine.delivery import save_states
from hub.engine.ended_uses import ended_uses
from hub.models import FlowMode, Link, table
from hub.providers import Page, TargetState
from hub.reconcile import Answer
from hub.store import Store
from hub.vault import Vault
from hub.web.changed import NEXT_STEPS


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """An invoice that was posted; from now on a person approves."""
    house = called(store, vault)
    put(house, contact(), invoice("i1", "SO-1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def page_of(seen: Visitor, side: str = "") -> Seen:
    page = seen.get(f"/changed?side={side}")
    assert (page.status, page.faults) == (200, [])
    return page


def target(house: House) -> str:
    return next(str(link.target_id) for link in house.links() if link.kind == "invoice")


def test_every_legal_answer_has_words() -> None:
    assert set(NEXT_STEPS) == set(Answer)


def test_nothing_changed_is_said_on_both_sides(seen: Visitor) -> None:
    assert "No posted document waits for a change" in page_of(seen).text
    assert "Nobody edited in the ledger" in page_of(seen, "ledger").text


def test_a_side_that_there_is_none_of_is_said_and_is_not_the_stock_system(seen: Visitor, house: House) -> None:
    page = page_of(seen, "zzz")
    assert "There is no side zzz." in page.text and "No posted document waits" not in page.text
    assert [tag for tag in page.tags("a") if "active" in tag.get("class", "")] == []
    assert "There is no side" not in page_of(seen, "stock").text + page_of(seen, "ledger").text


def test_an_edit_shows_what_differs_and_is_sent_by_one_press(seen: Visitor, house: House) -> None:
    put(house, invoice("i1", "SO-1", lines=(line("20.00"),)))
    house.sync()
    text = page_of(seen).text
    assert "Total: 12.00 becomes 24.00" in text
    assert "Line 1, amount: 10.00 becomes 20.00" in text
    assert "It is updated in the ledger" in text
    row = house.operations(action="update")[0]
    seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash})
    house.run_ledger()
    assert house.books.entries[target(house)].native["total"] == "24.00"
    assert "No posted document waits" in page_of(seen).text


def test_a_change_that_the_ledger_does_not_see_is_not_queued_again(seen: Visitor, house: House) -> None:
    put(house, invoice("i1", "SO-1", source_url="https://stock.example/new"))
    house.sync()
    assert "No posted document waits" in page_of(seen).text
    assert house.operations(action="update") == []


def test_an_undone_document_is_voided_only_when_a_person_says_so(seen: Visitor, house: House) -> None:
    put(house, invoice("i1", "SO-1", status=Status.DRAFT))
    house.sync()
    text = page_of(seen).text
    assert "it is taken out of the ledger if you say so" in text
    assert "Void it in the ledger" in text


def test_a_paid_document_that_was_undone_is_held_with_what_to_do(seen: Visitor, house: House) -> None:
    house.books.add(Kind.PAYMENT, document=target(house), amount="5.00")
    house.run_ledger()
    put(house, invoice("i1", "SO-1", status=Status.DRAFT))
    house.sync()
    text = page_of(seen).text
    assert "somebody removes them in the ledger first" in text
    assert "Held: SO-1 was undone in the stock system" in text
    [held] = house.operations(state="held")
    assert held.problem["why"] == "7.00 GBP of 12.00 GBP is still due there."


def test_a_document_that_is_gone_in_the_ledger_is_posted_anew_only_after_a_question(
    seen: Visitor, house: House
) -> None:
    house.books.void(target(house))
    house.run_ledger()
    put(house, invoice("i1", "SO-1", lines=(line("20.00"),)))
    house.sync()
    [link] = [link for link in house.links() if link.kind == "invoice"]
    asked = f"/changed/{link.id}/anew"
    assert asked in [tag.get("href") for tag in page_of(seen).tags("a")]
    assert "as version 2" in seen.get(asked).text
    assert seen.post(asked, {"reason": " "}).status == 422
    seen.follow(asked, {"reason": "voided by mistake"})
    house.sync()
    house.person.approve([row.id for row in house.operations(state="proposed")])
    house.run_ledger()
    assert [entry.native["number"] for entry in house.books.live() if entry.kind is Kind.INVOICE] == ["SO-1-v2"]


def test_an_edit_in_the_ledger_is_told_and_may_stay(seen: Visitor, house: House) -> None:
    house.books.edit(target(house), number="CHANGED-9", date="2026-02-03")
    house.run_ledger()
    text = page_of(seen, "ledger").text
    assert "Number: SO-1 becomes CHANGED-9" in text
    assert "Date: 2026-02-01 becomes 2026-02-03" in text
    [link] = [link for link in house.links() if link.kind == "invoice"]
    seen.follow(f"/changed/{link.id}/note", {"side": "ledger"})
    assert "Nobody edited in the ledger" in page_of(seen, "ledger").text
    house.sync()
    assert house.books.entries[target(house)].native["number"] == "CHANGED-9", "taking note writes nothing"


def test_another_form_of_the_same_total_is_no_difference_and_the_reference_is_named(
    seen: Visitor, house: House
) -> None:
    house.books.edit(target(house), total="12.0", mark="Ann's order 7")
    house.run_ledger()
    text = page_of(seen, "ledger").text
    assert "Reference: nothing becomes Ann's order 7" in text
    assert "Total" not in text


def test_an_edited_total_is_written_as_an_amount_of_its_currency(seen: Visitor, house: House) -> None:
    house.books.edit(target(house), total="1234.5")
    house.run_ledger()
    assert "Total: 12.00 GBP becomes 1,234.50 GBP It may stay" in page_of(seen, "ledger").text


def test_an_edit_of_lines_alone_is_not_called_one_of_the_reference(seen: Visitor, house: House) -> None:
    house.books.edit(target(house), due_date="2026-05-05")
    house.run_ledger()
    text = page_of(seen, "ledger").text
    assert "Its lines, or other details" in text
    assert "Its reference" not in text


def test_another_contact_is_told_by_name_and_by_id_only_where_names_tell_nothing_apart(
    seen: Visitor, house: House
) -> None:
    other = house.books.add(Kind.CONTACT, name="Other Ltd")
    house.books.edit(target(house), contact=other)
    house.run_ledger()
    assert "Contact: Acme becomes Other Ltd" in page_of(seen, "ledger").text
    twin = house.books.add(Kind.CONTACT, name="Acme")
    house.books.edit(target(house), contact=twin)
    house.run_ledger()
    ours = next(link.target_id for link in house.links() if link.kind == "contact")
    assert f"Contact: Acme ({ours}) becomes Acme ({twin})" in page_of(seen, "ledger").text


def test_a_number_that_the_ledger_kept_shorter_is_no_edit(seen: Visitor, house: House) -> None:
    links = table(Link)
    [link] = [link for link in house.links() if link.kind == "invoice"]
    long = json.dumps(json.loads(link.written_document) | {"number": "SO-1-as-the-stock-system-has-it"})
    with house.hub.store.write() as db:
        db.execute(sa.update(links).where(links.c.id == link.id).values(written_document=long))
    house.books.edit(target(house), date="2026-02-03")
    house.run_ledger()
    text = page_of(seen, "ledger").text
    assert "Date: 2026-02-01 becomes 2026-02-03" in text
    assert "Number" not in text


def test_a_credit_that_somebody_took_off_in_the_ledger_is_told_and_may_stay(seen: Visitor, house: House) -> None:
    credit = trade(CreditNote, "cn1", "CN-1")
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
    put(house, credit, use)
    house.sync()
    ids = {link.kind: link.target_id for link in house.links()}
    with house.hub.store.write() as db:
        for named in (frozenset({ids["invoice"]}), frozenset({ids["credit_note"]})):
            ended = ended_uses(db, house.ledger_id, Page(credits=named))
            save_states(house.hub.store, db, house.ledger_id, ended, house.clock())
    assert [state.target_id for state in ended] == [ids["allocation"]]
    text = page_of(seen, "ledger").text
    assert "Allocation of SO-1 Allocation" in text
    assert f"{ids['allocation']} (" not in text
    assert "Total: 4.00 GBP becomes 0.00 GBP" in text
    [link] = [link for link in house.links() if link.kind == "allocation"]
    seen.follow(f"/changed/{link.id}/note", {"side": "ledger"})
    assert "Nobody edited in the ledger" in page_of(seen, "ledger").text
    with house.hub.store.write() as db:
        told = TargetState.model_validate(link.state)
        assert ended_uses(db, house.ledger_id, Page(states=(told,), credits=named)) == []


def test_edited_on_both_sides_a_person_may_send_the_stock_systems_form(seen: Visitor, house: House) -> None:
    house.books.edit(target(house), number="CHANGED-9", total="12.0")
    house.run_ledger()
    put(house, invoice("i1", "SO-1", date=date(2026, 2, 5)))
    house.sync()
    text = page_of(seen).text
    assert "was edited in the stock system and in the ledger" in text
    [held] = house.operations(state="held")
    assert held.problem["why"] == "The ledger now says CHANGED-9, 2026-02-01, 12.00 GBP."
    [link] = [link for link in house.links() if link.kind == "invoice"]
    seen.follow(f"/changed/{link.id}/note")
    house.sync()
    assert [row.state for row in house.operations(action="update")] == ["replaced", "proposed"]


def test_a_payment_is_no_edit_of_its_invoice(seen: Visitor, house: House) -> None:
    house.shelf.put("pay", payment())
    house.sync()
    assert "Nobody edited in the ledger" in page_of(seen, "ledger").text


def test_a_payment_without_a_number_is_called_by_what_it_pays(seen: Visitor, house: House) -> None:
    id = "7b0e-44d1"
    put(house, payment(id))
    house.sync()
    house.set_flow(Kind.PAYMENT, FlowMode.REVIEW)
    given = next(str(link.target_id) for link in house.links() if link.kind == "payment")
    put(house, payment(id, amount="5.00"))
    house.sync()
    text = page_of(seen).text
    assert "Payment of SO-1 Payment, 5.00 GBP" in text
    assert id not in text and f" {given}" not in text


def test_a_link_that_is_not_there_has_no_pages(seen: Visitor) -> None:
    assert seen.get("/changed/999999/anew").status == 404
    assert seen.post("/changed/999999/note").status == 404
