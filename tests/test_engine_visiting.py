"""A ledger that visits us: one question and one answer per request, nothing in memory between them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from books_check import faults_in
from houses import contact, invoice, item, line, payment
from worlds import STALE, World, another

from hub.documents import Kind
from hub.engine import runs
from hub.engine.facts import load_targets
from hub.engine.visiting import Visits
from hub.errors import Problem, RunLostError, SettingsError
from hub.models import BatchRow, Link, OperationRow, Run, table
from hub.providers import party_of
from hub.testing.visiting import reply


def shelve(world: World, *documents: Any) -> None:
    for document in documents:
        name = f"r-{document.external_id}"
        world.records[name] = {document.external_id: document}
        world.save(name)
    world.run_stock()


def begin(world: World) -> tuple[Visits, int]:
    """A visit, opened."""
    visits = Visits(world.hub)
    run_id = visits.open(world.house.ledger_id)
    assert run_id is not None
    return visits, run_id


def until(world: World, visits: Visits, run_id: int, do: str) -> bytes:
    """Answer questions until one of this sort comes."""
    while (question := visits.question(run_id)) is not None:
        if json.loads(question)["do"] == do:
            return question
        visits.answer(run_id, reply(world.books, question))
    raise AssertionError(f"nobody asked to {do}")


def test_a_visit_posts_what_is_due(visited_world: World) -> None:
    shelve(visited_world, contact(), item(), invoice(), payment())
    visited_world.run_ledger()
    assert [row.source_id for row in visited_world.house.links()] == ["c1", "p1", "i1", "pay1"]


def test_every_step_may_be_taken_by_another_process(visited_world: World) -> None:
    world = visited_world
    shelve(world, contact(), invoice(), payment())
    _, run_id = begin(world)
    for _ in range(100):
        question = Visits(another(world.hub)).question(run_id)
        if question is None:
            break
        Visits(another(world.hub)).answer(run_id, reply(world.books, question))
    Visits(another(world.hub)).close(run_id)
    assert [row.source_id for row in world.house.links()] == ["c1", "i1", "pay1"]


def test_a_wish_for_a_visit_outlives_the_runs_of_others(visited_world: World) -> None:
    world = visited_world
    world.hub.want(world.house.ledger_id, "to see what changed")
    world.hub.run_wanted()
    assert world.house.ledger_id in dict(world.hub.wanted())
    assert Visits(world.hub).is_due(world.house.ledger_id, timedelta(days=1))


def test_a_second_visit_waits_for_the_first(visited_world: World) -> None:
    begin(visited_world)
    assert Visits(another(visited_world.hub)).open(visited_world.house.ledger_id) is None
    visited_world.house.clock.at += STALE
    assert Visits(another(visited_world.hub)).open(visited_world.house.ledger_id) is not None


def test_a_visit_that_was_taken_over_is_told_to_go(visited_world: World) -> None:
    visits, run_id = begin(visited_world)
    visited_world.house.clock.at += STALE
    Visits(another(visited_world.hub)).open(visited_world.house.ledger_id)
    with pytest.raises(RunLostError):
        visits.question(run_id)
    with pytest.raises(RunLostError):
        visits.answer(run_id, b"[]")


@pytest.mark.parametrize("arrived", [True, False], ids=["the write arrived", "the write never arrived"])
def test_an_abandoned_visit_is_looked_into_before_anything_is_repeated(visited_world: World, arrived: bool) -> None:
    world = visited_world
    shelve(world, contact(), invoice())
    visits, run_id = begin(world)
    question = until(world, visits, run_id, "write")
    if arrived:
        reply(world.books, question)
    world.house.clock.at += STALE
    world.settle_down()
    assert faults_in(world) == []
    assert len(world.books.entries) == 2


def test_a_question_asked_again_without_an_answer_looks_first(visited_world: World) -> None:
    """The visitor lost our question or its answer and asks on in the same visit."""
    world = visited_world
    shelve(world, contact())
    visits, run_id = begin(world)
    reply(world.books, until(world, visits, run_id, "write"))
    question = visits.question(run_id)
    assert question is not None
    assert json.loads(question)["do"] == "look"
    visits.answer(run_id, reply(world.books, question))
    assert visits.question(run_id) is None
    assert len(world.books.entries) == 1


def test_a_visit_without_anything_unsure_does_not_wait_for_the_settling_time(
    visited_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = visited_world
    monkeypatch.setattr(type(world.hub.provider("visitingledger")), "settling_seconds", 600.0)
    shelve(world, contact())
    visits, run_id = begin(world)
    until(world, visits, run_id, "write")
    assert visits.question(run_id) is None, "too early for a look: the visitor comes again later"
    visits.close(run_id)
    world.house.clock.at += STALE * 2
    world.settle_down()
    assert len(world.books.entries) == 1


def test_an_answer_nobody_asked_for_is_refused(visited_world: World) -> None:
    visits, run_id = begin(visited_world)
    with pytest.raises(SettingsError, match="no question"):
        visits.answer(run_id, b"[]")
    question = visits.question(run_id)
    assert question is not None
    answer = reply(visited_world.books, question)
    visits.answer(run_id, answer)
    with pytest.raises(SettingsError, match="no question"):
        visits.answer(run_id, answer)


def test_an_unreadable_answer_to_a_write_leaves_it_unsure(visited_world: World) -> None:
    world = visited_world
    shelve(world, contact())
    visits, run_id = begin(world)
    reply(world.books, until(world, visits, run_id, "write"))
    with pytest.raises(ValueError, match="Expecting"):
        visits.answer(run_id, b"<html>")
    question = visits.question(run_id)
    assert question is not None
    assert json.loads(question)["do"] == "look"


def test_the_answer_to_a_look_counts_only_for_what_was_asked(visited_world: World) -> None:
    """While the visitor looks, the stock side plans another update: it must have a look of its own."""
    world = visited_world
    shelve(world, contact(), invoice("i1"), invoice("i2"))
    world.run_ledger()
    shelve(world, invoice("i1", lines=(line("20.00"),)))
    visits, run_id = begin(world)
    question = until(world, visits, run_id, "look")
    shelve(world, invoice("i2", lines=(line("30.00"),)))
    visits.answer(run_id, reply(world.books, question))
    [waiting] = world.house.operations(source_id="i2", state="pending")
    assert waiting.looked_in is None
    until(world, visits, run_id, "look")


def test_a_look_whose_operations_were_dropped_meanwhile_is_no_error(visited_world: World) -> None:
    world = visited_world
    shelve(world, contact(), invoice())
    world.run_ledger()
    shelve(world, invoice(lines=(line("20.00"),)))
    visits, run_id = begin(world)
    question = until(world, visits, run_id, "look")
    world.house.person.drop([world.house.operations(action="update")[0].id], "left as it was")
    visits.answer(run_id, reply(world.books, question))
    assert visits.question(run_id) is None
    with world.hub.store.read() as db:
        assert [row.state for row in db.execute(sa.select(table(BatchRow)))] == ["settled"] * 2


def test_a_problem_that_the_visitor_reports_ends_the_run_with_it(visited_world: World) -> None:
    visits, run_id = begin(visited_world)
    visits.fail(run_id, Problem(code="company_file", what="Another company file is open."))
    with visited_world.hub.store.read() as db:
        row = db.execute(sa.select(table(Run)).where(table(Run).c.id == run_id)).one()
    assert (row.state, row.problem["code"]) == ("failed", "company_file")
    assert Visits(visited_world.hub).open(visited_world.house.ledger_id) is not None


def test_those_who_watch_runs_hear_of_visits_too(visited_world: World) -> None:
    told: list[tuple[str, str]] = []
    visited_world.hub.observers.append(lambda report: told.append((report.connection, report.state.value)))
    visits, run_id = begin(visited_world)
    visits.fail(run_id, Problem(code="busy", what="A window is open in the ledger.", fix="Close it."))
    visited_world.house.visit()
    assert told == [("Books", "failed"), ("Books", "done")]


def test_a_visiting_ledger_is_never_called(visited_world: World) -> None:
    report = visited_world.hub.run(visited_world.house.ledger_id)
    assert report is not None
    assert report.problem is not None
    assert report.problem.code == "visits_us"


# -- a platform that remembers what it carried out ----------------------------------------------------------------


@pytest.fixture
def remembering_world(visited_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(type(visited_world.hub.provider("visitingledger")), "resend_seconds", 3600.0)
    return visited_world


def test_bytes_whose_answer_was_lost_are_asked_once_more_before_anything_else(remembering_world: World) -> None:
    world = remembering_world
    shelve(world, contact(), invoice())
    visits, run_id = begin(world)
    lost = until(world, visits, run_id, "write")
    answer = reply(world.books, lost)
    visits.fail(run_id, Problem(code="cut", what="The line was cut."))
    visits, run_id = begin(world)
    assert visits.question(run_id) == lost
    visits.answer(run_id, answer)
    assert [row.source_id for row in world.house.links()] == ["c1"]
    assert len(world.books.entries) == 1


def test_they_are_looked_for_when_that_answer_is_lost_too(remembering_world: World) -> None:
    world = remembering_world
    shelve(world, contact())
    visits, run_id = begin(world)
    reply(world.books, until(world, visits, run_id, "write"))
    for _ in range(2):
        visits.fail(run_id, Problem(code="cut", what="The line was cut."))
        visits, run_id = begin(world)
        question = visits.question(run_id)
    assert question is not None
    assert json.loads(question)["do"] == "look"


def test_an_answer_that_says_nothing_is_followed_by_a_look_and_not_by_the_same_again(remembering_world: World) -> None:
    world = remembering_world
    shelve(world, contact())
    visits, run_id = begin(world)
    reply(world.books, until(world, visits, run_id, "write"))
    visits.answer(run_id, b"[]")
    question = visits.question(run_id)
    assert question is not None
    assert json.loads(question)["do"] == "look"


def test_a_visit_that_may_only_read_plans_and_sends_nothing(visited_world: World) -> None:
    world = visited_world
    shelve(world, contact())
    visits, run_id = begin(world)
    while (question := visits.question(run_id, reads_only=True)) is not None:
        assert json.loads(question)["do"] == "pull"
        visits.answer(run_id, reply(world.books, question))
    visits.close(run_id)
    assert visits.waiting(world.house.ledger_id) == 1
    assert world.books.entries == {}


def test_what_an_unconfirmed_account_lacks_says_nothing_of_what_is_under_way(remembering_world: World) -> None:
    """It may be another one. So nothing is looked for there, and what is unsure stays so."""
    world = remembering_world
    shelve(world, contact())
    visits, run_id = begin(world)
    reply(world.books, until(world, visits, run_id, "write"))
    visits.fail(run_id, Problem(code="cut", what="The line was cut."))
    visits, run_id = begin(world)
    while (question := visits.question(run_id, reads_only=True)) is not None:
        assert json.loads(question)["do"] == "pull"
        visits.answer(run_id, reply(world.books, question))
    visits.close(run_id)
    with world.hub.store.read() as db:
        assert db.execute(sa.select(table(OperationRow).c.state)).scalars().all() == ["unsure"]


def test_a_visit_is_due_when_something_waits_or_was_asked_for_or_nothing_was_read_for_long(
    visited_world: World,
) -> None:
    world, hour = visited_world, timedelta(hours=1)
    visits, id = Visits(world.hub), world.house.ledger_id
    world.house.visit()
    assert not visits.is_due(id, hour)
    shelve(world, contact())
    assert visits.is_due(id, hour), "the stock side asked for it"
    world.house.visit()
    assert not visits.is_due(id, hour)
    world.house.clock.at += hour
    assert visits.is_due(id, hour)


def test_a_visit_that_a_person_stops_takes_in_its_last_answer_and_ends(visited_world: World) -> None:
    world = visited_world
    visits, run_id = begin(world)
    question = visits.question(run_id)
    assert question is not None
    with world.hub.store.write() as db:
        runs.request_stop(db, run_id)
    visits.answer(run_id, reply(world.books, question))
    assert visits.question(run_id) is None
    with world.hub.store.read() as db:
        assert db.execute(sa.select(table(Run).c.state).where(table(Run).c.id == run_id)).scalar() == "stopped"


def test_a_payment_knows_whom_its_invoice_is_with(visited_world: World) -> None:
    world = visited_world
    shelve(world, contact(), invoice())
    world.run_ledger()
    with world.hub.store.read() as db:
        [link] = [row for row in db.execute(sa.select(table(Link))) if row.source_id == "i1"]
        targets = load_targets(db, world.house.integration_id, [(Kind.INVOICE, "i1")])
    assert targets[party_of((Kind.INVOICE, "i1"))] == link.state["contact_id"] != ""
