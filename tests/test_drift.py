"""Sign-offs of figures that are old already, and changes of a signed period that make up for each other."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, put
from reconciled import FEBRUARY, busy_month, journal, perpetual, reconciled

from hub.documents import JournalLine, Kind, Status
from hub.engine.reconciling import Reconciling, Signing, work
from hub.errors import BusyError, SettingsError
from hub.models import Reconciliation, SignOff, table
from hub.store import Store
from hub.vault import Vault

sign_offs = table(SignOff)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    return house


def drift(house: House) -> Any:
    with house.hub.store.read() as db:
        return db.execute(sa.select(sign_offs.c.drift)).scalar_one()


def later(house: House, *documents: Any) -> None:
    """Something happens in the stock system an hour later, and is read."""
    house.clock.at += timedelta(hours=1)
    put(house, *documents)
    house.sync()


def test_figures_that_are_known_to_be_old_are_not_signed(house: House) -> None:
    row = reconciled(house)
    later(house, journal("j9", "12.00"))
    with pytest.raises(SettingsError, match="Documents of the period or before it changed since it was made: N-j9"):
        Signing(house.hub, "anna@example.com").sign(row.id or 0)
    again = reconciled(house)
    Signing(house.hub, "anna@example.com").sign(again.id or 0)
    assert drift(house) is None


def test_a_reconciliation_that_a_later_one_took_the_place_of_is_not_signed(house: House) -> None:
    first = reconciled(house)
    reconciled(house)
    with pytest.raises(SettingsError, match="A later reconciliation of this period was made"):
        Signing(house.hub, "anna@example.com").sign(first.id or 0)


def test_changes_that_make_up_for_each_other_are_drift(house: House) -> None:
    row = reconciled(house)
    Signing(house.hub, "anna@example.com").sign(row.id or 0)
    later(house, journal("j1", "40.00"), journal("j2", "-100.00"))
    assert "journals: 3 of 140.05 as before, booked in another way" in drift(house)["why"]


def test_a_journal_that_left_the_stock_account_of_a_signed_month_is_drift(house: House) -> None:
    row = reconciled(house)
    Signing(house.hub, "anna@example.com").sign(row.id or 0)
    moved = (JournalLine(account="310", amount=Decimal(100)), JournalLine(account="320", amount=Decimal(-100)))
    later(house, journal("j1", "100.00", lines=moved))
    assert "Changed since: N-j1" in drift(house)["why"]


def signed(house: House) -> None:
    row = reconciled(house)
    Signing(house.hub, "anna@example.com").sign(row.id or 0)


def test_an_older_document_that_books_something_else_now_is_drift_with_the_next_run(house: House) -> None:
    put(house, journal("old", "5.00", date(2026, 1, 20)))
    house.sync()
    signed(house)
    later(house, journal("old", "5.00", date(2026, 1, 21), narration="A day later: no balance of February moves"))
    assert drift(house) is None
    later(house, journal("old", "7.00", date(2026, 1, 21)))
    told = drift(house)["why"]
    assert "documents dated before the period are others: journals: 1 of 5.00 then, 1 of 7.00 now" in told
    assert "N-old" in told


def test_an_older_document_that_came_late_or_was_undone_is_drift(house: House) -> None:
    signed(house)
    later(house, journal("late", "5.00", date(2026, 1, 20)))
    assert "dated before the period are others: journals: 0 of 0.00 then, 1 of 5.00 now" in drift(house)["why"]
    later(house, journal("late", "5.00", date(2026, 1, 20), status=Status.VOIDED))
    assert "1 of 0.00 now" in drift(house)["why"]


def test_a_document_of_the_period_that_was_voided_is_drift(house: House) -> None:
    signed(house)
    later(house, journal("j1", "100.00", status=Status.VOIDED))
    assert "documents of the period are others: journals: 3 of 140.05 then, 3 of 40.05 now" in drift(house)["why"]


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.JOURNAL])
def test_what_was_voided_in_the_ledger_is_drift_with_the_next_run(house: House, kind: Kind) -> None:
    signed(house)
    target = next(entry for entry in house.books.entries.values() if entry.kind is kind)
    house.clock.at += timedelta(hours=1)
    house.books.void(target.id)
    house.sync()
    assert "What the hub posted to the ledger up to the end of the period is another" in drift(house)["why"]
    assert f"{kind}s: " in drift(house)["why"]


def test_what_is_posted_or_paid_later_in_another_period_is_no_drift_of_this_one(house: House) -> None:
    signed(house)
    later(house, journal("march", "5.00", date(2026, 3, 5)))
    assert drift(house) is None


def test_calls_count_over_all_tries_of_a_reconciliation_that_was_asked_to_wait(house: House) -> None:
    rows = table(Reconciliation)
    made = Reconciling(house.hub, "bookkeeper").ask(house.integration_id, FEBRUARY, most_calls=5)

    def three_calls() -> None:
        for _ in range(3):
            spend()
        raise BusyError("Wait.", retry_after=60)

    for _ in range(2):
        house.clock.at += timedelta(hours=1)
        claimed = work.claim(house.hub, rows, made)
        assert claimed is not None
        claimed.most_calls = 5
        spend = claimed.spender("stock")
        work.attempt(house.hub, claimed, three_calls)
    with house.hub.store.read() as db:
        row = db.execute(sa.select(rows).where(rows.c.id == made)).one()
    assert (row.state, row.problem["code"]) == ("stopped", "calls_used")
