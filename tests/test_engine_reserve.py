"""A ledger's last calls of a day are kept for money: new documents wait for the next day, payments go."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, payment, put

from hub.documents import Kind
from hub.engine.connections import limits_of
from hub.engine.conversation import WAITS_FOR_CALLS
from hub.http import Door
from hub.http.limiter import Limiter
from hub.models import Run, table
from hub.providers import Limits
from hub.store import Store
from hub.testing.memory import MemoryLedger, MemorySettings
from hub.vault import Vault


@pytest.fixture(params=[1, 3], ids=["one at a time", "three at once"])
def house(store: Store, vault: Vault, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(MemoryLedger, "pushes_at_once", request.param)
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    return house


def posted(house: House, kind: Kind) -> int:
    return sum(one.kind is kind for one in house.books.live())


def test_when_only_the_reserve_is_left_payments_go_and_documents_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, *(invoice(f"i{number}") for number in range(2, 30)), payment(document_id="i1"))
    house.run_stock()
    with monkeypatch.context() as late:
        late.setattr(Door, "has_spare", lambda _: False)
        house.run_ledger()
    assert (posted(house, Kind.INVOICE), posted(house, Kind.PAYMENT)) == (1, 1)
    rows = table(Run)
    with house.hub.store.read() as db:
        last = db.execute(sa.select(rows).order_by(rows.c.id.desc()).limit(1)).one()
    assert (last.state, last.progress[WAITS_FOR_CALLS]) == ("done", 28)
    house.run_ledger()
    assert posted(house, Kind.INVOICE) == 29


def test_batches_side_by_side_stop_when_the_reserve_is_reached(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    put(house, *(invoice(f"i{number}") for number in range(2, 30)))
    house.run_stock()
    answers = iter([True, True])
    monkeypatch.setattr(Door, "has_spare", lambda _: next(answers, False))
    house.run_ledger()
    size = MemoryLedger.batch_rules[Kind.INVOICE].operations
    assert posted(house, Kind.INVOICE) <= 1 + 2 * size


def test_a_limiter_tells_when_only_reserved_calls_are_left(store: Store) -> None:
    now = 1_000.0
    limiter = Limiter(store, "a bucket", Limits(per_day=4, reserved=2), clock=lambda: now)
    told = []
    for _ in range(4):
        told.append(limiter.has_spare())
        limiter.finish(limiter.take())
    assert told == [True, True, False, False]
    assert limiter.take().wait > 0
    now += 86_400.0
    assert limiter.has_spare()


def test_a_smaller_share_of_a_day_has_a_smaller_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = MemoryLedger()
    monkeypatch.setattr(MemoryLedger, "limits", lambda *_: Limits(per_day=1000, reserved=100))
    assert limits_of(ledger, MemorySettings(), {"per_day": 200}).reserved == 20
    assert limits_of(ledger, MemorySettings(), {}).reserved == 100
