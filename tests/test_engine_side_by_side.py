"""Batches that are under way together: quicker, and otherwise as if they had gone one after another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from books_check import faults_in
from houses import contact, invoice, payment
from patience import PATIENCE
from worlds import FragileLedger, FragileSession, World, on_both

from hub.documents import Document, Kind
from hub.errors import BusyError, UnauthorizedError, UnsureError
from hub.models import OperationState, Run, table
from hub.providers import Batch, Outcome
from hub.testing.memory import LedgerSession

TOGETHER = 3
Answer = Callable[[Batch, int], None]


class Traffic:
    """What is under way, and what was at the same time as it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now: list[Batch] = []
        self.met: list[tuple[Batch, Batch]] = []
        self.count = 0
        self.company = threading.Event()

    def enter(self, batch: Batch) -> int:
        with self.lock:
            self.met += [(other, batch) for other in self.now]
            self.now.append(batch)
            if len(self.now) > 1:
                self.company.set()
            self.count += 1
            return self.count

    def leave(self, batch: Batch) -> None:
        with self.lock:
            self.now.remove(batch)


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """The ledger takes three batches at once, and each waits a moment for company."""
    return _busy_ledger(monkeypatch, lambda *_: None, patience=0.5)


def _busy_ledger(monkeypatch: pytest.MonkeyPatch, before: Answer, patience: float = 0.05) -> Traffic:
    traffic = Traffic()

    def push(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        number = traffic.enter(batch)
        try:
            traffic.company.wait(patience)
            before(batch, number)
            with traffic.lock:
                outcomes = list(LedgerSession.push(session, batch))
        finally:
            traffic.leave(batch)
        yield from outcomes

    monkeypatch.setattr(FragileLedger, "pushes_at_once", TOGETHER)
    monkeypatch.setattr(FragileSession, "push", push)
    return traffic


def planned(world: World, *documents: Document) -> None:
    for document in documents:
        world.records[f"r-{document.external_id}"] = {document.external_id: document}
        world.save(f"r-{document.external_id}")
    world.run_stock()


def many_contacts(count: int = 30) -> list[Document]:
    return [contact(f"c{number}", f"Customer {number}") for number in range(1, count + 1)]


@on_both
def test_batches_of_one_kind_are_under_way_together_and_everything_arrives_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    traffic = _busy_ledger(monkeypatch, lambda *_: None, patience=PATIENCE)
    planned(world, *many_contacts(), *(invoice(f"i{number}", contact_id=f"c{number}") for number in range(1, 31)))
    world.run_ledger()
    assert traffic.met
    assert len(world.books.entries) == 60
    assert faults_in(world) == []


def test_what_refers_to_a_batch_waits_for_its_answer(world: World, traffic: Traffic) -> None:
    planned(world, *many_contacts(), *(invoice(f"i{number}", contact_id=f"c{number}") for number in range(1, 31)))
    world.run_ledger()
    assert all(one.kind is other.kind for one, other in traffic.met)


def test_payments_of_one_invoice_are_never_under_way_together(world: World, traffic: Traffic) -> None:
    parts = [payment(f"pay{number}", amount="1.00") for number in range(1, 13)]
    planned(world, contact(), invoice(), *parts)
    world.run_ledger()
    assert not [pair for pair in traffic.met if pair[0].kind is Kind.PAYMENT]
    assert faults_in(world) == []


def test_a_lost_answer_among_them_is_looked_for_and_nothing_is_there_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_second(batch: Batch, number: int) -> None:
        if number == 2:
            world.books.write(batch.payload.body)
            raise UnsureError("the answer was lost")

    _busy_ledger(monkeypatch, lose_the_second)
    planned(world, *many_contacts())
    world.run_ledger()
    world.settle_down()
    assert faults_in(world) == []
    assert len(world.books.entries) == 30


def test_when_one_is_refused_for_its_rate_the_others_are_settled_and_it_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_the_first(_: Batch, number: int) -> None:
        if number == 1:
            raise BusyError("the ledger asks us to wait", 3600)

    traffic = _busy_ledger(monkeypatch, refuse_the_first)
    planned(world, *many_contacts())
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.state == "parked"
    states = [row.state for row in world.house.operations()]
    assert states.count(OperationState.DONE.value) == len(world.books.entries) == 5 * (traffic.count - 1)
    assert states.count(OperationState.PENDING.value) == 30 - len(world.books.entries)


def test_of_two_that_fail_together_the_second_is_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Batch, number: int) -> None:
        if number == 1:
            raise BusyError("the ledger asks us to wait", 3600)
        raise UnauthorizedError("the consent was withdrawn")

    _busy_ledger(monkeypatch, fail, patience=PATIENCE)
    planned(world, *many_contacts())
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.state in ("parked", "failed")
    other = "the consent was withdrawn" if report.state == "parked" else "the ledger asks us to wait"
    assert f"besides, while others were on their way: {other}" in caplog.text
    assert {row.state for row in world.house.operations()} == {OperationState.PENDING.value}


def test_a_stop_leaves_nothing_unsure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    is_asked = threading.Event()

    def ask_to_stop(_: Batch, number: int) -> None:
        if number == 1:
            with world.hub.store.write() as db:
                db.execute(sa.update(table(Run)).where(table(Run).c.state == "open").values(stop_requested=True))
            is_asked.set()
        assert is_asked.wait(PATIENCE)

    _busy_ledger(monkeypatch, ask_to_stop)
    planned(world, *many_contacts())
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.state == "stopped"
    states = {row.state for row in world.house.operations()}
    assert states == {OperationState.DONE.value, OperationState.PENDING.value}
