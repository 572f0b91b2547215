"""What leaves, and what becomes of it: frozen, stored, owned by one run, looked for before it is repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from books_check import faults_in
from houses import contact, invoice, line, payment, put, trade
from worlds import STALE, Died, FragileLedger, FragileSession, World, another, on_both

from hub.documents import Bill, Kind
from hub.engine import looking, runs, settling
from hub.engine.taking import operation_of
from hub.errors import BusyError, Problem, RejectedError, RunLostError, UnauthorizedError, UnreachableError, UnsureError
from hub.models import BatchRow, ConnectionRow, FlowMode, OperationRow, Run, RunState, table
from hub.providers import Batch, Operation, Outcome, TargetState, TargetStatus
from hub.reconcile import Look
from hub.testing import Fault
from hub.testing.books import Entry

Push = Callable[[FragileSession, Batch], Iterator[Outcome]]


def ledger(world: World) -> FragileLedger:
    found = world.hub.providers["memoryledger"]
    assert isinstance(found, FragileLedger)
    return found


def planned(world: World, *documents: Any) -> None:
    """Documents that are waiting to be sent."""
    for document in documents:
        name = f"r-{document.external_id}"
        world.records[name] = {document.external_id: document}
        world.save(name)
    world.run_stock()


def only(world: World, **where: Any) -> Any:
    [row] = world.house.operations(**where)
    return row


def batches(world: World) -> list[Any]:
    with world.hub.store.read() as db:
        return list(db.execute(sa.select(table(BatchRow)).order_by(table(BatchRow).c.sent_at, table(BatchRow).c.id)))


def entries(world: World, kind: Kind) -> list[Entry]:
    return [entry for entry in world.books.entries.values() if entry.kind is kind]


def around_push(monkeypatch: pytest.MonkeyPatch, around: Push) -> None:
    monkeypatch.setattr(FragileSession, "push", around)


def set_operation(world: World, id: int, **values: Any) -> None:
    with world.hub.store.write() as db:
        db.execute(sa.update(table(OperationRow)).where(table(OperationRow).c.id == id).values(**values))


# -- look before repeating --------------------


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.LOST_REQUEST])
@on_both
def test_a_lost_answer_ends_with_one_record_in_the_books(world: World, fault: Fault) -> None:
    planned(world, contact(), invoice())
    world.books.faults.append(fault)
    world.run_ledger()
    assert world.books.faults == []
    world.settle_down()
    assert faults_in(world) == []
    assert len(world.books.entries) == 2


def test_without_the_look_the_checks_find_a_duplicate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The promise rests on the look, and the checks would notice its absence."""

    def blind(*_: Any) -> tuple[Look, TargetState | None]:
        return Look.NOT_DONE, None

    monkeypatch.setattr(looking, "judge_look", blind)
    planned(world, contact())
    world.books.faults.append(Fault.LOST_ANSWER)
    world.run_ledger()
    world.settle_down()
    assert any("c1 is live 2 times" in fault for fault in faults_in(world))


def test_a_lost_update_that_arrived_is_no_conflict(world: World) -> None:
    planned(world, contact(), invoice())
    world.run_ledger()
    planned(world, invoice(lines=(line("20.00"),)))
    world.books.faults.append(Fault.LOST_ANSWER)
    world.run_ledger()
    assert only(world, action="update").state == "done"
    assert entries(world, Kind.INVOICE)[0].total == Decimal("24.00")


def test_a_lost_removal_that_arrived_is_settled_even_when_the_record_is_gone_altogether(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(world, contact(), invoice(), payment())
    world.run_ledger()
    planned(world, payment(amount="5.00"))
    world.books.faults.append(Fault.LOST_ANSWER)
    gone = entries(world, Kind.PAYMENT)[0]
    look = FragileSession.look

    def look_and_miss(session: FragileSession, operations: Sequence[Operation]) -> Any:
        found = look(session, operations)
        return {id: [state for state in states if state.status.is_live] for id, states in found.items()}

    monkeypatch.setattr(FragileSession, "look", look_and_miss)
    world.run_ledger()
    assert not gone.status.is_live
    assert [entry.total for entry in entries(world, Kind.PAYMENT) if entry.status.is_live] == [Decimal("5.00")]


def test_not_found_counts_only_after_the_settling_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FragileLedger, "settling_seconds", 30.0)
    planned(world, contact())
    world.books.faults.append(Fault.LOST_REQUEST)
    looked: list[Any] = []
    look = FragileSession.look

    def timed(session: FragileSession, operations: Sequence[Operation]) -> Any:
        looked.append(world.house.clock())
        return look(session, operations)

    monkeypatch.setattr(FragileSession, "look", timed)
    begun = world.house.clock()
    world.run_ledger()
    assert looked[0] >= begun + timedelta(seconds=30)
    assert len(entries(world, Kind.CONTACT)) == 1


def test_the_settling_time_holds_after_a_death_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FragileLedger, "settling_seconds", 1000.0)
    planned(world, contact())
    ledger(world).cut_in = _die
    with pytest.raises(Died):
        world.hub.run(world.house.ledger_id)
    died = world.house.clock()
    world.reborn()
    world.run_ledger()
    assert world.house.clock() >= died + timedelta(seconds=1000)


def _die() -> None:
    raise Died


def test_after_three_lost_answers_a_person_is_asked_and_a_retry_looks_first(world: World) -> None:
    planned(world, contact())
    world.books.faults.extend([Fault.LOST_REQUEST] * 3)
    world.run_ledger()
    asked = only(world, state="failed")
    assert (asked.problem_code, asked.attempt) == ("unsure", 3)
    world.books.faults.clear()
    world.house.person.retry([asked.id])
    world.run_ledger()
    assert only(world).state == "done"
    assert len(world.books.entries) == 1


@on_both
def test_what_may_be_in_the_ledger_is_not_planned_again_unasked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer, then a person's edit there: the look can't tell, and a source edit must not post it twice."""
    planned(world, contact(), invoice())
    put(world.house, invoice())
    world.run_ledger()
    planned(world, invoice("i2"))
    world.books.faults.append(Fault.LOST_ANSWER)
    look = FragileSession.look

    def edited_before(session: FragileSession, operations: Sequence[Operation]) -> Any:
        for entry in entries(world, Kind.INVOICE):
            if entry.native["mark"] == "i2#1":
                entry.native["total"] = "99.00"
        return look(session, operations)

    with monkeypatch.context() as interfering:
        interfering.setattr(FragileSession, "look", edited_before)
        world.run_ledger()
    assert only(world, source_id="i2").problem_code == "unsure"
    planned(world, invoice("i2", lines=(line("30.00"),)))
    world.run_ledger()
    assert len(entries(world, Kind.INVOICE)) == 2
    world.house.person.retry([only(world, source_id="i2").id])
    world.run_ledger()
    assert len(entries(world, Kind.INVOICE)) == 2, "a retry looks again, and asks again"


def test_an_unsure_operation_can_not_be_dropped_before_it_was_looked_for(world: World) -> None:
    planned(world, contact())
    ledger(world).cut_in = _die
    with pytest.raises(Died):
        world.hub.run(world.house.ledger_id)
    world.reborn()
    with world.hub.store.write() as db:
        runs.mark_unsure(db, world.house.ledger_id)
    assert world.house.person.drop([only(world, state="unsure").id], "no") == 0
    assert only(world).state == "unsure"


# -- batches --------------------


@on_both
def test_the_exact_bytes_are_committed_encrypted_before_they_leave(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bytes, bytes, str]] = []
    push = FragileSession.push

    def watch(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        [row] = [row for row in batches(world) if row.id == batch.id]
        seen.append((batch.payload.body, row.body, row.state))
        return push(session, batch)

    around_push(monkeypatch, watch)
    planned(world, contact(name="Secret Ltd"))
    world.run_ledger()
    [(sent, stored, state)] = seen
    assert b"Secret Ltd" in sent
    assert b"Secret Ltd" not in stored
    assert world.hub.vault.open_bytes(stored) == sent
    assert state == "sending"


@pytest.mark.parametrize("faults", [[], [Fault.LOST_ANSWER], [Fault.LOST_REQUEST], [Fault.REFUSED]], ids=str)
def test_the_bytes_are_forgotten_when_the_batch_is_settled(world: World, faults: list[Fault]) -> None:
    planned(world, contact(), invoice())
    world.books.faults.extend(faults)
    world.run_ledger()
    world.settle_down()
    assert [(row.state, row.body) for row in batches(world)] == [("settled", None)] * len(batches(world))


def test_a_batch_id_fits_the_shortest_idempotency_key_and_message_id(world: World) -> None:
    planned(world, contact())
    world.run_ledger()
    assert [len(row.id) for row in batches(world)] == [24]


def test_batches_hold_one_kind_and_no_more_than_the_rule_allows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, int]] = []
    push = FragileSession.push

    def watch(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        sent.append((batch.kind, len(batch.operations)))
        return push(session, batch)

    around_push(monkeypatch, watch)
    planned(world, contact(), *(invoice(f"i{number}") for number in range(7)))
    world.run_ledger()
    assert sent == [("contact", 1), ("invoice", 5), ("invoice", 2)]


def test_a_payload_above_the_limit_is_halved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    push = FragileSession.push

    def watch(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        sizes.append(len(batch.operations))
        return push(session, batch)

    around_push(monkeypatch, watch)
    long = "x" * 40_000
    planned(world, contact(), *(invoice(f"i{number}", lines=(line(description=long),)) for number in range(4)))
    world.run_ledger()
    assert sizes == [1, 2, 2]


# -- what was approved is what is sent --------------------


def test_an_edit_after_the_take_stays_due(world: World) -> None:
    planned(world, contact(), invoice())
    world.run_ledger()
    planned(world, invoice("i2"))

    def edited_meanwhile() -> None:
        put(world.house, invoice("i2", lines=(line("20.00"),)))
        another(world.hub).run(world.house.stock_id)

    ledger(world).cut_in = edited_meanwhile
    world.run_ledger()
    states = [(row.action, row.state) for row in world.house.operations(source_id="i2")]
    assert states == [("create", "done"), ("update", "done")]
    assert entries(world, Kind.INVOICE)[1].total == Decimal("24.00")


def test_something_else_than_what_was_approved_is_not_sent(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    planned(world, contact(), invoice())
    waiting = only(world, kind="invoice")
    world.house.person.approve([waiting.id])
    set_operation(world, waiting.id, approved_hash="another")
    world.run_ledger()
    assert entries(world, Kind.INVOICE) == []
    assert only(world, kind="invoice", state="proposed").approved_hash == ""


def test_an_approval_of_what_is_no_longer_shown_is_no_approval(world: World) -> None:
    world.house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    planned(world, contact(), invoice())
    waiting = only(world, kind="invoice")
    assert world.house.person.approve([waiting.id], hashes={waiting.id: "what I saw"}) == 0
    assert only(world, kind="invoice").state == "proposed"


def test_a_preview_is_what_is_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(world, contact())
    world.run_ledger()
    planned(world, invoice())
    route, body = world.house.person.preview(only(world, kind="invoice").id)
    sent: list[tuple[str, bytes]] = []
    push = FragileSession.push

    def watch(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        sent.append((batch.payload.route, batch.payload.body))
        return push(session, batch)

    around_push(monkeypatch, watch)
    world.run_ledger()
    assert sent == [(route, body)]


# -- the target is read again --------------------


def test_an_update_goes_out_only_on_a_fresh_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(world, contact(), invoice())
    world.run_ledger()
    planned(world, invoice(lines=(line("20.00"),)))
    order: list[str] = []
    look, push = FragileSession.look, FragileSession.push

    def watched_look(session: FragileSession, operations: Sequence[Operation]) -> Any:
        order.append("look")
        return look(session, operations)

    def watched_push(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        order.append("push")
        return push(session, batch)

    monkeypatch.setattr(FragileSession, "look", watched_look)
    monkeypatch.setattr(FragileSession, "push", watched_push)
    world.run_ledger()
    assert order == ["look", "push"]


def test_an_update_is_planned_anew_when_the_look_shows_another_state(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(world, contact(), invoice())
    world.run_ledger()
    planned(world, invoice(lines=(line("20.00"),)))
    entry = entries(world, Kind.INVOICE)[0]
    pull = FragileSession.pull

    def paid_after_the_pull(session: FragileSession, want: Any) -> Any:
        pages = list(pull(session, want))
        if want.feed.name == "states" and entry.state.due:
            world.books.add(Kind.PAYMENT, document=entry.id, amount="12.00")
        return iter(pages)

    monkeypatch.setattr(FragileSession, "pull", paid_after_the_pull)
    world.run_ledger()
    assert entry.total == Decimal("12.00")
    assert only(world, state="held").problem_code == "change_not_allowed"


def test_a_create_beside_a_live_link_is_refused(world: World) -> None:
    """The link came while the create was waiting: a late answer of another process, for instance."""
    planned(world, contact())
    waiting = only(world)
    theirs = world.books.add(Kind.CONTACT, name="Other", mark="c1#1")
    outcome = Outcome(waiting.id, state=world.books.entries[theirs].state)
    token = runs.claim(world.hub.store, world.house.ledger_id, "late", world.house.clock, STALE)
    assert token is not None
    batch = Batch("f" * 24, Kind.CONTACT, waiting.action, (_operation(waiting),), None)  # type: ignore[arg-type]
    settling.settle(world.hub.store, token, batch, [outcome], settling_seconds=0)
    set_operation(world, waiting.id, state="pending")
    runs.close(token, RunState.DONE)
    world.run_ledger()
    assert len(world.books.entries) == 1


def _operation(row: Any) -> Operation:
    return operation_of(row, "f" * 24)


# -- refusals --------------------


def test_a_refusal_is_not_repeated_by_itself(world: World) -> None:
    """Somebody took the number: one call, one refusal, a person is asked; the run ends."""
    planned(world, contact(), invoice())
    world.books.add(Kind.INVOICE, number="N-i1", total="1.00")
    world.run_ledger()
    refused = only(world, state="failed")
    assert refused.problem_code == "refused"
    writes = world.books.writes
    world.house.sync()
    assert world.books.writes == writes


def test_a_payment_refused_because_somebody_paid_meanwhile_says_so(world: World) -> None:
    planned(world, contact(), invoice())
    world.run_ledger()
    planned(world, payment())
    entry = entries(world, Kind.INVOICE)[0]

    def paid_meanwhile() -> None:
        world.books.add(Kind.PAYMENT, document=entry.id, amount="12.00")

    ledger(world).cut_in = paid_meanwhile
    world.run_ledger()
    assert only(world, state="held").problem_code == "payment_exceeds_due"
    assert entry.paid == Decimal("12.00")


def test_a_batch_refused_as_a_whole_says_why_on_each(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: FragileSession, __: Batch) -> Iterator[Outcome]:
        raise RejectedError(Problem(code="no_contacts_today", what="Not today."))

    around_push(monkeypatch, refuse)
    planned(world, contact("c1", "One"), contact("c2", "Two"))
    world.run_ledger()
    assert [row.problem_code for row in world.house.operations()] == ["no_contacts_today"] * 2


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (BusyError("wait", 60.0), RunState.PARKED),
        (UnreachableError("no route"), RunState.FAILED),
        (UnauthorizedError("expired"), RunState.FAILED),
    ],
    ids=["busy", "unreachable", "unauthorized"],
)
def test_what_was_certainly_not_sent_waits_again(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, state: RunState
) -> None:
    def fail(_: FragileSession, __: Batch) -> Iterator[Outcome]:
        raise error

    planned(world, contact())
    with monkeypatch.context() as broken:
        around_push(broken, fail)
        report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert (report.state, only(world).state, only(world).attempt) == (state, "pending", 0)


def test_an_unauthorised_connection_is_suspended_until_it_is_reconnected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: FragileSession, __: Batch) -> Iterator[Outcome]:
        raise UnauthorizedError("the consent was withdrawn")

    planned(world, contact())
    around_push(monkeypatch, fail)
    world.hub.run(world.house.ledger_id)
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert (report.run_id, str(report.problem).startswith("the consent was withdrawn")) == (0, True)


def test_whatever_else_a_provider_raises_while_pushing_is_unsure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push = FragileSession.push

    def crash(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        list(push(session, batch))
        raise KeyError("InvoiceID")

    planned(world, contact())
    with monkeypatch.context() as broken:
        around_push(broken, crash)
        world.run_ledger()
    world.settle_down()
    assert len(world.books.entries) == 1


def test_an_operation_missing_from_the_answer_is_looked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push = FragileSession.push

    def half(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        yield next(iter(list(push(session, batch))))

    around_push(monkeypatch, half)
    planned(world, contact("c1", "One"), contact("c2", "Two"))
    world.run_ledger()
    assert len(entries(world, Kind.CONTACT)) == 2
    assert [row.warnings for row in world.house.operations()][1] == ["its answer was lost; it was found by looking"]


# -- one identical resend --------------------


class Remembering:
    """A vendor that remembers what it was sent under a key, and whose answers get lost as told."""

    def __init__(self, world: World, lost: Sequence[type[Exception] | None]) -> None:
        self.world = world
        self.lost = list(lost)
        self.sent: list[bytes] = []
        self._answers: dict[str, list[Outcome]] = {}

    def forget(self) -> None:
        """Time passes: the vendor knows its keys no more."""
        self._answers.clear()

    def push(self, session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        self.sent.append(batch.payload.body)
        error = self.lost.pop(0) if self.lost else None
        if error is BusyError:
            raise BusyError("wait", 60.0)
        if batch.id not in self._answers:
            self._answers[batch.id] = list(super(FragileSession, session).push(batch))
        if error:
            raise error("lost")
        yield from self._answers[batch.id]


def vendor(
    world: World, monkeypatch: pytest.MonkeyPatch, *lost: type[Exception] | None, memory: float = 300
) -> Remembering:
    remembering = Remembering(world, lost)
    monkeypatch.setattr(FragileLedger, "resend_seconds", memory)
    planned(world, contact())
    world.run_ledger()
    around_push(monkeypatch, lambda session, batch: remembering.push(session, batch))
    planned(world, trade(Bill, "b1", "INV-1", lines=(line(account="310"),)))
    return remembering


def test_the_identical_bytes_are_sent_once_more_within_the_vendors_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembering = vendor(world, monkeypatch, UnsureError)
    world.run_ledger()
    assert len(remembering.sent) == 2
    assert remembering.sent[0] == remembering.sent[1]
    sent = only(world, kind="bill")
    assert (sent.state, len(entries(world, Kind.BILL)), sent.attempt) == ("done", 1, 1)


def test_only_one_resend_then_a_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering = vendor(world, monkeypatch, UnsureError, UnsureError)
    world.run_ledger()
    assert len(remembering.sent) == 2
    assert only(world, kind="bill").warnings == ["its answer was lost; it was found by looking"]


def test_nothing_is_resent_when_the_vendor_has_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering = vendor(world, monkeypatch, UnsureError, memory=0)
    world.run_ledger()
    assert len(remembering.sent) == 1
    assert len(entries(world, Kind.BILL)) == 1


def test_a_resend_that_is_turned_away_says_nothing_about_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first may have arrived: taking "busy" for "nothing was done" would post it twice later."""
    remembering = vendor(world, monkeypatch, UnsureError, BusyError)
    world.run_ledger()
    remembering.forget()
    world.settle_down()
    assert len(entries(world, Kind.BILL)) == 1


# -- one run at a time --------------------


@on_both
def test_a_second_run_of_a_connection_does_not_begin(world: World) -> None:
    reports: list[Any] = []
    ledger(world).cut_in = lambda: reports.append(another(world.hub).run(world.house.ledger_id))
    planned(world, contact())
    world.run_ledger()
    assert reports == [None]


@on_both
def test_a_run_whose_process_died_is_taken_over_and_what_it_sent_is_unsure(world: World) -> None:
    planned(world, contact())
    ledger(world).cut_in = _die
    with pytest.raises(Died):
        world.hub.run(world.house.ledger_id)
    assert another(world.hub).run(world.house.ledger_id) is None, "it may still live"
    world.house.clock.at += STALE
    token = runs.claim(world.hub.store, world.house.ledger_id, "next", world.house.clock, timedelta(seconds=300))
    assert token is not None
    assert only(world).state == "unsure"
    with world.hub.store.read() as db:
        states = list(db.execute(sa.select(table(Run).c.state).order_by(table(Run).c.id)).scalars())[-2:]
    assert states == ["taken_over", "open"]


@on_both
def test_a_run_that_was_taken_over_neither_sends_nor_commits(world: World) -> None:
    store, clock = world.hub.store, world.house.clock
    first = runs.claim(store, world.house.ledger_id, "first", clock, timedelta(seconds=300))
    assert first is not None
    clock.at += STALE
    second = runs.claim(store, world.house.ledger_id, "second", clock, timedelta(seconds=300))
    assert second is not None
    with pytest.raises(RunLostError):
        first.before_send()
    with pytest.raises(RunLostError), store.write() as db:
        first.guard(db)
    with pytest.raises(RunLostError):
        runs.close(first, RunState.DONE)
    second.before_send()


def test_a_waiting_run_shows_that_it_lives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FragileLedger, "settling_seconds", 1000.0)
    planned(world, contact())
    world.books.faults.append(Fault.LOST_REQUEST)
    sleep, beats = world.house.clock.sleep, []

    def watched(seconds: float) -> None:
        sleep(seconds)
        with world.hub.store.read() as db:
            beat = db.execute(sa.select(sa.func.max(table(Run).c.heartbeat_at))).scalar_one()
        beats.append((world.house.clock() - beat).total_seconds())

    world.hub.sleep = watched
    world.run_ledger()
    assert len(beats) >= 900
    assert max(beats) < 10


@on_both
def test_a_late_answer_is_recorded_and_nothing_is_posted_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It arrived before the other process looked: the look finds it, the late answer agrees."""
    push = FragileSession.push
    overtaken: list[Any] = []

    def slow(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        outcomes = list(push(session, batch))
        if not overtaken:
            world.house.clock.at += STALE
            overtaken.append(None)
            overtaken.append(another(world.hub).run(world.house.ledger_id))
        yield from outcomes

    around_push(monkeypatch, slow)
    planned(world, contact())
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.state is RunState.TAKEN_OVER
    assert (only(world).state, only(world).problem_code) == ("done", "")
    assert len(world.books.entries) == 1


@on_both
def test_a_second_target_is_told_to_a_person_and_stays_told(world: World) -> None:
    """It arrived after the other process had looked and sent again: both answers are kept."""

    def overtake() -> None:
        world.house.clock.at += STALE
        another(world.hub).run(world.house.ledger_id)

    ledger(world).cut_in = overtake
    planned(world, contact())
    world.hub.run(world.house.ledger_id)
    told = only(world, state="failed")
    assert told.problem_code == "posted_twice"
    assert [row.target_id for row in world.house.links()] == ["contact-1"]
    assert told.problem["subject"] == "contact-2"
    planned(world, contact(name="Acme Ltd"))
    world.run_ledger()
    assert only(world, state="failed").id == told.id, "no plan makes it disappear"
    world.books.archive("contact-2")
    world.house.person.retry([told.id])
    world.run_ledger()
    assert world.books.entries["contact-1"].native["name"] == "Acme Ltd"


# -- what the ledger says --------------------


def test_a_target_that_belongs_to_another_record_is_not_linked_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(world, contact(), invoice())
    world.run_ledger()
    first = entries(world, Kind.INVOICE)[0].state

    def the_same_again(_: FragileSession, batch: Batch) -> Iterator[Outcome]:
        for one in batch.operations:
            yield Outcome(one.id, state=first)

    with monkeypatch.context() as merged:
        around_push(merged, the_same_again)
        planned(world, invoice("i2"))
        world.run_ledger()
    assert only(world, source_id="i2").problem_code == "target_taken"
    assert [row.source_id for row in world.house.links() if row.kind == "invoice"] == ["i1"]


def test_warnings_of_the_ledger_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push = FragileSession.push

    def warn(session: FragileSession, batch: Batch) -> Iterator[Outcome]:
        for outcome in push(session, batch):
            yield Outcome(outcome.operation_id, state=outcome.state, warnings=("the name was cut",))

    around_push(monkeypatch, warn)
    planned(world, contact())
    world.run_ledger()
    assert only(world).warnings == ["the name was cut"]


def test_marks_carry_the_generation(world: World) -> None:
    planned(world, contact(), invoice())
    _, body = world.house.person.preview(only(world, kind="invoice").id)
    assert json.loads(body)[0]["native"]["mark"] == "i1#1"


def test_a_reference_that_is_still_to_come_shows_as_a_symbol_in_the_preview(world: World) -> None:
    planned(world, contact(), invoice())
    _, body = world.house.person.preview(only(world, kind="invoice").id)
    assert json.loads(body)[0]["native"]["contact"] == "<contact:c1>"


def test_the_connections_suspension_is_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: FragileSession, __: Batch) -> Iterator[Outcome]:
        raise UnauthorizedError("expired")

    around_push(monkeypatch, fail)
    planned(world, contact())
    world.hub.run(world.house.ledger_id)
    with world.hub.store.read() as db:
        chosen = sa.select(table(ConnectionRow).c.suspended).where(table(ConnectionRow).c.id == world.house.ledger_id)
        assert db.execute(chosen).scalar_one()["what"] == "expired"


def test_money_comes_off_what_is_due_at_once(world: World) -> None:
    planned(world, contact(), invoice(), payment(amount="5.00"))
    world.run_ledger()
    [link] = [row for row in world.house.links() if row.kind == "invoice"]
    assert (link.state["due"], link.state["status"]) == ("7.00", TargetStatus.PART_PAID)
