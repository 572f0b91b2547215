"""Exactly once with QuickBooks Desktop: what its memory of message sets is worth, and who hands out what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from books_check import faults_in
from desktop_worlds import READS, DesktopModels, DesktopWorld
from houses import invoice, line
from hub_qbdesktop.desk import Desk
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, sale

from hub.documents import Contact

SET = {"newMessageSetID": "abc", "onError": "continueOnError"}


@pytest.fixture(scope="module")
def desktops(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[DesktopModels]:
    models = DesktopModels(tmp_path_factory.mktemp("once"), sqlite_template, lambda: None)
    yield models
    models.close()


@pytest.fixture
def world(desktops: DesktopModels) -> Iterator[DesktopWorld]:
    """One customer is there, one invoice waits to be posted."""
    with desktops.world() as made:
        put(made, Contact(external_id="c1", name="Buyer c1", is_customer=True))
        made.run_stock()
        made.run_ledger()
        sold = line("20.00", tax_code="NONE", percent=0)
        put(made, invoice("i1", lines=(sold,), currency="USD", date=date(2026, 2, 1)))
        made.run_stock()
        yield made


def put(world: DesktopWorld, document: Any) -> None:
    world.records[f"r-{document.external_id}"] = {document.external_id: document}
    world.save(f"r-{document.external_id}")


def invoices(world: DesktopWorld) -> int:
    return sum(one.kind == "Invoice" for one in world.simulator.company.transactions)


def asked(world: DesktopWorld) -> list[str]:
    """The requests of the last visit."""
    return [exchange.request for exchange in world.simulator.connector.visits[-1].exchanges]


def lose_the_answer(world: DesktopWorld) -> str:
    """QuickBooks carries the invoice out, and the Web Connector vanishes before it can say so; the request."""
    world.simulator.faults.add([{"kind": "crash", "at": "after process", "skip": READS}])
    world.run_ledger()
    assert invoices(world) == 1
    return asked(world)[-1]


def test_an_identical_set_is_carried_out_again_where_its_memory_is_lost_and_an_empty_one_never() -> None:
    """Why a later session asks for the stored answer instead of sending the set once more."""
    with Simulator() as simulator:
        caller = Caller(simulator)
        caller.send(sale(), **SET)
        caller.send(sale(), **SET)
        assert len(list(simulator.company.transactions)) == 1
        simulator.faults.add([{"kind": "memory_lost"}])
        caller.send(sale(), **SET)
        assert len(list(simulator.company.transactions)) == 2
        simulator.faults.add([{"kind": "memory_lost"}])
        told = caller.send(oldMessageSetID="abc", **SET)
        assert told.attributes["messageSetStatusCode"] == "9002"
        assert len(list(simulator.company.transactions)) == 2


def test_the_next_session_asks_for_the_stored_answer_and_sends_nothing_again(world: DesktopWorld) -> None:
    lost = lose_the_answer(world)
    world.run_ledger()
    [again, *others] = asked(world)
    assert "InvoiceAddRq" in lost
    assert again.count("MessageSetID=") == 2
    assert not any("InvoiceAdd" in request for request in (again, *others))
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]
    assert invoices(world) == 1


def test_what_quickbooks_has_forgotten_is_looked_for_by_its_number_before_anything_else(world: DesktopWorld) -> None:
    lose_the_answer(world)
    world.simulator.faults.add([{"kind": "memory_lost"}])
    world.run_ledger()
    [again, look, *_] = asked(world)
    assert again.count("MessageSetID=") == 2
    assert "<RefNumber>N-i1</RefNumber>" in look
    assert not any("InvoiceAdd" in request for request in asked(world))
    assert invoices(world) == 1


def test_a_set_that_never_arrived_is_sent_under_another_id_after_a_look(world: DesktopWorld) -> None:
    lost = lose_the_answer(world)
    company = world.simulator.company
    company.remove_transaction(next(one for one in company.transactions if one.kind == "Invoice"))
    for stored in list(company.stored_sets):
        company.stored_sets.remove(stored.application)
    world.run_ledger()
    sent = [request for request in asked(world) if "InvoiceAddRq" in request]
    assert len(sent) == 1
    assert set_id(sent[0]) != set_id(lost)
    assert invoices(world) == 1


def set_id(request: str) -> str:
    return request.partition('newMessageSetID="')[2].partition('"')[0]


def test_an_answer_that_only_says_what_was_recovered_is_understood(world: DesktopWorld) -> None:
    world.simulator.switches.set({"recovered_answers": "short"})
    lose_the_answer(world)
    world.run_ledger()
    answers = [exchange.response for exchange in world.simulator.connector.visits[-1].exchanges]
    assert "<ErrorRecovery>" in answers[0]
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]
    world.run_ledger()
    [kept] = [row for row in world.house.links() if row.source_id == "i1"]
    assert Decimal(kept.state["total"]) == Decimal("20.00")
    assert not kept.edited


def test_a_change_after_such_an_answer_is_nobodys_edit(world: DesktopWorld) -> None:
    """What is read later was not there when the ledger said that it was done, and a person did not do it."""
    world.simulator.switches.set({"recovered_answers": "short"})
    lose_the_answer(world)
    world.run_ledger()
    for net in ("35.10", "10.00"):
        sold = line(net, tax_code="NONE", percent=0)
        put(world, invoice("i1", lines=(sold,), currency="USD", date=date(2026, 2, 1)))
        world.run_stock()
        # The change is looked at, then sent: its answer is lost too, and only recovered in short.
        world.simulator.faults.add([{"kind": "crash", "at": "after process", "skip": READS}])
        world.run_ledger()
        world.settle_down()
        assert [row.state for row in world.house.operations() if row.state not in ("done", "replaced")] == []
    [made] = [one for one in world.simulator.company.transactions if one.kind == "Invoice"]
    assert made.total == Decimal("10.00")


def test_a_process_that_hung_while_another_visit_went_on_hands_nothing_out(
    world: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Web Connector that waited for it is still there, which is more than happens: it may not get a stale write."""
    hands_out = Desk.hand_out
    hung: list[str] = []

    def late(desk: Desk, row: Any) -> bool:
        if row.request_set and not hung:
            hung.append(row.ticket_digest)
            world.come_between()
        return hands_out(desk, row)

    monkeypatch.setattr(Desk, "hand_out", late)
    world.run_ledger()
    assert world.outcomes[-2:] == ["done, between", "stopped"]
    world.settle_down()
    assert invoices(world) == 1
    assert faults_in(world) == []
