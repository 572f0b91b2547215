"""Sign-offs: who vouched for what, that it stays what it was, and that nobody is left believing what has drifted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, put
from reconciled import busy_month, by_hand, journal, one, perpetual, reconciled
from visitors import visitor

from hub.engine.reconciling import Period, Signing, digest_of, signed_to
from hub.errors import SettingsError
from hub.models import AuditEvent, Reconciliation, ReconciliationLine, SignOff, table
from hub.store import Store
from hub.vault import Vault

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
sign_offs, lines, events = table(SignOff), table(ReconciliationLine), table(AuditEvent)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    return house


@pytest.fixture
def signed(house: House) -> Any:
    """A February that was signed off."""
    row = reconciled(house)
    Signing(house.hub, "anna@example.com").sign(row.id or 0, "Looked at with the warehouse")
    return stored(house)


def stored(house: House) -> Any:
    with house.hub.store.read() as db:
        return db.execute(sa.select(sign_offs).order_by(sign_offs.c.id.desc()).limit(1)).one()


def digest(house: House, reconciliation_id: int) -> str:
    with house.hub.store.read() as db:
        chosen = sa.select(table(Reconciliation)).where(table(Reconciliation).c.id == reconciliation_id)
        return digest_of(db, db.execute(chosen).one())


def test_a_sign_off_names_who_and_when_and_seals_every_line(house: House, signed: Any) -> None:
    assert (signed.signed_by, signed.note) == ("anna@example.com", "Looked at with the warehouse")
    assert signed.signed_at == house.clock()
    assert signed.digest == digest(house, signed.reconciliation_id)
    with house.hub.store.write() as db:
        db.execute(sa.update(lines).where(lines.c.source_id == "j1").values(stock_amount="100.01"))
    assert signed.digest != digest(house, signed.reconciliation_id)


@on_sqlite
def test_the_page_says_when_what_is_stored_is_not_what_was_signed(house: House, signed: Any) -> None:
    seen = visitor(house)
    address = f"/sign-offs/{signed.id}/seal"
    assert address in {tag["href"] for tag in seen.get(f"/reconciliations/{signed.reconciliation_id}").tags("a")}
    whole = seen.get(address)
    assert "Every figure and line stored is what anna@example.com signed" in whole.text
    assert whole.faults == []
    with house.hub.store.write() as db:
        db.execute(sa.delete(lines).where(lines.c.source_id == "j1"))
    assert "are not those that were signed" in seen.get(address).text


@on_sqlite
@pytest.mark.parametrize("state", ["failed", "stopped", "open"])
def test_what_did_not_come_to_its_end_offers_no_form_to_sign_and_says_why(house: House, state: str) -> None:
    row = reconciled(house)
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Reconciliation)).values(state=state))
    page = visitor(house).get(f"/reconciliations/{row.id}/sign")
    assert "Only a reconciliation that came to its end can be signed off." in page.text
    assert [tag for tag in page.tags("input") if tag.get("name") == "note"] == []
    assert page.faults == []


@on_sqlite
def test_a_signed_period_offers_no_form_to_sign_it_again(house: House, signed: Any) -> None:
    page = visitor(house).get(f"/reconciliations/{signed.reconciliation_id}/sign")
    assert "signed off already" in page.text
    assert [tag for tag in page.tags("input") if tag.get("name") == "note"] == []


@on_sqlite
def test_the_dashboard_says_up_to_where_it_is_signed_and_what_comes_next(house: House) -> None:
    reconciled(house)
    seen = visitor(house)
    assert "This period is not signed off. No period is signed off yet." in seen.get("/").text
    january = reconciled(house, Period(date(2026, 1, 1), date(2026, 1, 31)))
    Signing(house.hub, "anna@example.com").sign(january.id or 0)
    later = reconciled(house)
    page = seen.get("/")
    told = "This period is not signed off. Signed off up to 2026-01-31. Next: 2026-02-01 to 2026-02-28"
    assert told in page.text
    Signing(house.hub, "anna@example.com").sign(later.id or 0)
    assert "Signed off up to 2026-02-28. Next: 2026-03-01 to 2026-03-31, when it has ended." in seen.get("/").text


def test_what_is_signed_without_a_gap_ends_before_the_first_day_that_nobody_signed() -> None:
    months = [Period(date(2026, month, 1), date(2026, month, 28 if month == 2 else 31)) for month in (1, 2, 3)]
    assert signed_to(months) == date(2026, 3, 31)
    assert signed_to([months[0], months[2]]) == date(2026, 1, 31)
    assert signed_to([]) is None


def test_a_period_is_signed_off_once_until_that_is_withdrawn_with_a_reason(house: House, signed: Any) -> None:
    again = reconciled(house)
    verbs = Signing(house.hub, "ben@example.com")
    with pytest.raises(SettingsError, match="signed off already"):
        verbs.sign(again.id or 0)
    with pytest.raises(SettingsError, match="Say why"):
        verbs.withdraw(signed.id, "  ")
    verbs.withdraw(signed.id, "A delivery was forgotten")
    with pytest.raises(SettingsError, match="withdrawn already"):
        verbs.withdraw(signed.id, "again")
    verbs.sign(again.id or 0)
    with house.hub.store.read() as db:
        first = db.execute(sa.select(sign_offs).where(sign_offs.c.id == signed.id)).one()
        told = db.execute(sa.select(events.c.actor, events.c.what, events.c.reason).order_by(events.c.id)).all()
    assert (first.withdrawn_by, first.withdrawn_why) == ("ben@example.com", "A delivery was forgotten")
    assert (first.signed_by, first.digest) == (signed.signed_by, signed.digest)
    assert ("ben@example.com", "withdrew the sign-off", "A delivery was forgotten") in [tuple(row) for row in told]


@on_sqlite
def test_only_what_came_to_its_end_can_be_signed(house: House) -> None:
    row = reconciled(house)
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Reconciliation)).values(state="failed"))
    with pytest.raises(SettingsError, match="came to its end"):
        Signing(house.hub, "anna@example.com").sign(row.id or 0)


# -- drift -----------------------------------------------------------------------------------------------------------


def test_a_later_reconciliation_with_other_figures_is_drift(house: House, signed: Any) -> None:
    assert reconciled(house).state == "done"
    assert stored(house).drift is None
    by_hand(house, "2.50")
    later = reconciled(house)
    drift = stored(house).drift
    assert drift["reconciliation"] == later.id
    assert "stock: ledger 60.05 then, 62.55 now" in drift["why"]
    assert one(house, signed.reconciliation_id).figures["stock"]["ledger"] == "60.05"


def test_a_document_of_the_period_that_changed_is_drift_as_soon_as_it_was_read(house: House, signed: Any) -> None:
    house.clock.at += timedelta(hours=1)
    put(house, journal("j9", "12.00"))
    house.sync()
    drift = stored(house).drift
    assert "journals: 3 of" in drift["why"]
    assert "N-j9" in drift["why"]


@on_sqlite
def test_a_change_that_gives_no_other_figures_is_no_drift(house: House, signed: Any) -> None:
    put(house, journal("j1", "100.00", narration="Said better"))
    house.sync()
    assert stored(house).drift is None


@on_sqlite
def test_a_document_that_left_the_period_is_drift(house: House, signed: Any) -> None:
    put(house, journal("j1", "100.00", journal("x").date.replace(month=1)))
    house.sync()
    assert "journals: 3 of" in stored(house).drift["why"]


@on_sqlite
def test_drift_is_on_the_dashboard_and_among_what_needs_attention(house: House, signed: Any) -> None:
    seen = visitor(house)
    assert "Other figures since it was signed off" not in seen.get("/").text
    assert "nothing needs you" in seen.get("/").text
    by_hand(house, "2.50")
    later = reconciled(house)
    for address in ("/", "/attention"):
        page = seen.get(address)
        assert "ther figures since it was signed off" in page.text
        assert page.faults == []
    assert "1 needs you" in seen.get("/").text
    assert f"/reconciliations/{later.id}" in seen.get("/attention").html
    page = seen.get(f"/reconciliations/{later.id}")
    assert "The period is signed off already" in page.text
    assert "Sign off…" not in page.text
    Signing(house.hub, "anna@example.com").withdraw(signed.id, "It drifted")
    assert "ther figures since it was signed off" not in seen.get("/attention").text


@on_sqlite
def test_a_sign_off_is_made_and_withdrawn_on_the_pages(house: House) -> None:
    row = reconciled(house)
    seen = visitor(house)
    asked = seen.get(f"/reconciliations/{row.id}/sign")
    assert "Stock: 60.05 GBP in the stock system, 60.05 GBP in the ledger, difference 0.00 GBP." in asked.text
    page = seen.follow(f"/reconciliations/{row.id}/sign", {"note": "Fine"})
    assert "Signed off by olga@example.com" in page.text
    assert page.faults == []
    address = f"/sign-offs/{stored(house).id}/withdraw"
    assert seen.post(address, {"reason": " "}).status == 422
    assert "It moved" in seen.follow(address, {"reason": "It moved"}).text
    assert Decimal(row.figures["stock"]["difference"]) == 0
