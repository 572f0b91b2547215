"""A proof of no double posting from a ledger that visits: made at the end of a visit, anew where that breaks off."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, contact, invoice, payment, put, visiting
from visitors import visitor

from hub.documents import Kind
from hub.engine.reconciling import Proving, prove, work
from hub.engine.visiting import Visits
from hub.errors import Problem
from hub.models import Proof, table
from hub.store import Store
from hub.testing.visiting import reply
from hub.vault import Vault

rows = table(Proof)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = visiting(store, vault)
    put(house, contact(), *(invoice(f"i{n}") for n in range(4)), payment("pay", "i0"))
    house.sync()
    house.visit()
    return house


def asked(house: House) -> int:
    return Proving(house.hub, "anna@example.com").ask(house.integration_id)


def proof(house: House, id: int) -> Any:
    with house.hub.store.read() as db:
        return db.execute(sa.select(rows).where(rows.c.id == id)).one()


def twice(house: House) -> None:
    """The ledger has a second record with the mark of the first invoice."""
    first = next(entry for entry in house.books.entries.values() if entry.kind is Kind.INVOICE)
    again = copy.deepcopy(first)
    again.id = f"{first.id}-again"
    house.books.entries[again.id] = again


def test_the_next_visit_asks_for_every_mark(house: House) -> None:
    made = asked(house)
    assert house.hub.connection(house.ledger_id).wanted_at is not None
    assert prove(house.hub, made) is False  # nobody can call it
    assert work.wanted(house.hub, rows) == []
    house.visit()
    row = proof(house, made)
    assert (row.state, row.links, row.asked, row.found) == ("done", 5, 5, 5)
    assert row.kinds == {"invoice": 4, "payment": 1}
    assert row.calls == 2
    assert (row.duplicates, row.missing, row.problem) == ([], [], None)


def test_what_is_there_twice_is_found_although_the_visit_knew_only_one(house: House) -> None:
    twice(house)
    made = asked(house)
    house.visit()
    (found,) = proof(house, made).duplicates
    assert (found["kind"], len(found["targets"])) == ("invoice", 2)


def test_a_visit_that_breaks_off_leaves_it_to_the_next_which_begins_anew(house: House) -> None:
    made = asked(house)
    visits = Visits(house.hub)
    run_id = visits.open(house.ledger_id)
    assert run_id is not None
    while proof(house, made).state == "wanted" or not proof(house, made).asked:
        question = visits.question(run_id)
        assert question is not None
        visits.answer(run_id, reply(house.books, question))
    assert proof(house, made).state == "open"
    visits.fail(run_id, Problem(code="visit_broke_off", what="It left."))
    assert proof(house, made).state == "wanted"
    assert visits.is_due(house.ledger_id, house.clock() - house.clock.at)
    twice(house)
    house.visit()
    row = proof(house, made)
    assert (row.state, row.asked, len(row.duplicates)) == ("done", 5, 1)


def test_a_question_that_was_never_answered_is_asked_again(house: House) -> None:
    made = asked(house)
    visits = Visits(house.hub)
    run_id = visits.open(house.ledger_id)
    assert run_id is not None
    while (question := visits.question(run_id)) is not None:
        if proof(house, made).state == "open":
            assert visits.question(run_id) == question
        visits.answer(run_id, reply(house.books, question))
    visits.close(run_id)
    assert (proof(house, made).state, proof(house, made).asked) == ("done", 5)


def test_it_is_stopped_while_it_waits(house: House) -> None:
    made = asked(house)
    Proving(house.hub, "anna@example.com").stop(made)
    house.visit()
    assert (proof(house, made).state, proof(house, made).asked) == ("stopped", 0)


def test_the_pages_say_that_it_waits_for_the_visit(house: House) -> None:
    seen = visitor(house)
    path = f"/integrations/{house.integration_id}/proofs"
    page = seen.get(path)
    assert page.faults == []
    assert "It is made with the next visit of it." in page.text
    after = seen.follow(path)
    assert after.faults == []
    assert "The next visit asks." in after.text
    assert "Not made yet. It is made with the next visit of it. It comes by its own schedule" in after.text
    house.visit()
    made = seen.get(f"/proofs/{proof(house, 1).id}")
    assert made.faults == []
    assert "Not made yet" not in made.text
    assert "How it was asked In 2 questions of one visit, which are no calls, so the log has none of them." in made.text
    assert "Each asks for up to 100 marks" in made.text
