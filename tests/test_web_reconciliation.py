"""The pages of reconciliations: asked for with the cost known, shown as a picture and a table, listed, and exported."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, put, trade
from people import add_person
from python_calamine import CalamineWorkbook
from reconciled import busy_month, by_hand, journal, perpetual, reconciled
from visitors import Visitor, visitor

from hub.app import create_app
from hub.causes import CAUSES
from hub.documents import Bill, Kind
from hub.engine.reconciling import Reconciling, reconcile
from hub.models import Exchange, FlowMode, ReconciliationLine, Snapshot, table
from hub.scheduler import Timing, add_schedule
from hub.store import Store
from hub.vault import Vault
from hub.web.charts import waterfall
from hub.web.reconciliation_words import WORDS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    return house


@pytest.fixture
def waiting(house: House) -> Any:
    """Sixty journals wait, and somebody made one by hand."""
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    put(house, *(journal(f"w{number}", f"{number + 1}.00") for number in range(60)))
    house.sync()
    by_hand(house, "-1.50")
    return reconciled(house)


def test_there_is_nothing_yet_and_the_page_says_what_to_do(house: House) -> None:
    page = visitor(house).get("/reconciliations")
    assert "Nothing was reconciled yet." in page.text
    assert "Proof of no double posting" in page.text


def test_the_cost_and_the_accounts_are_shown_before_anything_is_read(house: House) -> None:
    seen = visitor(house)
    page = seen.get(f"/integrations/{house.integration_id}/reconcile")
    assert "Shelf: about 2 calls (one call for the entries and one for the value of the stock)." in page.text
    assert page.value("start") == "2026-02-01"
    assert page.value("end") == "2026-02-28"
    other = seen.post(
        f"/integrations/{house.integration_id}/reconcile", {"start": "2026-01-01", "end": "2026-01-31", "look": "yes"}
    )
    assert "What 2026-01-01 to 2026-01-31 costs" in other.text
    assert "Nothing was reconciled yet." in seen.get("/reconciliations").text


def test_the_usual_periods_are_offered_and_any_other_may_be_typed(house: House) -> None:
    seen, address = visitor(house), f"/integrations/{house.integration_id}/reconcile"
    house.clock.at = house.clock.at.replace(month=5, day=14)
    page = seen.get(address)
    assert page.faults == []
    told = (
        *("Last full month 2026-04-01 to 2026-04-30", "This month to date 2026-05-01 to 2026-05-14"),
        *("Last full quarter 2026-01-01 to 2026-03-31", "This quarter to date 2026-04-01 to 2026-05-14"),
        "This calendar year to date 2026-01-01 to 2026-05-14",
    )
    assert [words for words in told if words not in page.text] == []
    chosen = seen.get(f"{address}?start=2026-01-01&end=2026-03-31")
    assert "What 2026-01-01 to 2026-03-31 costs" in chosen.text
    assert (chosen.value("start"), chosen.value("end")) == ("2026-01-01", "2026-03-31")
    assert [
        tag["href"] for tag in chosen.tags("a") if tag.get("aria-current") == "page" and "start=" in tag["href"]
    ] == [f"{address}?start=2026-01-01&end=2026-03-31"]
    odd = seen.get(f"{address}?start=2026-03-31&end=2026-01-01")
    assert (odd.status, "ends before it begins" in odd.text) == (422, True)


def test_it_is_asked_for_followed_and_then_shown(house: House) -> None:
    seen = visitor(house)
    page = seen.follow(f"/integrations/{house.integration_id}/reconcile", {"start": "2026-02-01", "end": "2026-02-28"})
    assert "waiting to begin" in page.text
    assert seen.get("/reconciliations/1/live").status == 200
    assert reconcile(house.hub, 1)
    live = seen.get("/reconciliations/1/live")
    assert live.status == 286
    assert [live.headers[name] for name in ("HX-Retarget", "HX-Reselect")] == ["#content", "#content"]
    assert "hx-trigger" not in live.html
    shown = seen.get("/reconciliations/1")
    assert "Stock: the stock system says" not in shown.text  # both agree: there is no picture to read
    assert "Both sides agree." in shown.text
    assert shown.faults == []


def test_one_that_ended_says_only_that_and_not_what_was_true_before(house: House) -> None:
    seen = visitor(house)
    page = seen.follow(f"/integrations/{house.integration_id}/reconcile", {"start": "2026-02-01", "end": "2026-02-28"})
    assert "Asked for. You can leave this page: the result is kept." in page.text
    assert "No call was made" not in page.text  # it has not begun
    assert reconcile(house.hub, 1)
    ended = seen.get("/reconciliations/1/live")
    for stale in ("begins in a moment", "waiting to begin", "Asked for. You", "Show what it found"):
        assert stale not in ended.text, stale
    assert "Both sides agree." in ended.text
    assert ended.faults == []


def test_a_period_that_makes_no_sense_is_told_at_the_form_and_what_was_typed_is_kept(house: House) -> None:
    page = visitor(house).post(
        f"/integrations/{house.integration_id}/reconcile", {"start": "2026-02-10", "end": "2026-02-01"}
    )
    assert page.status == 422
    assert "ends before it begins" in page.text
    assert page.value("start") == "2026-02-10"


def test_the_picture_has_its_figures_as_text_and_as_a_table(house: House, waiting: Any) -> None:
    page = visitor(house).get(f"/reconciliations/{waiting.id}")
    reading = (
        "Stock: the stock system says 1,890.05 GBP, the ledger 58.55 GBP: a difference of 1,831.50 GBP."
        " Not posted yet 1,830.00; made by hand in the ledger 1.50."
    )
    assert reading in page.text
    assert {image["alt"] for image in page.tags("img") if "stock.svg" in image["src"]} == {reading}
    picture = visitor(house).get(f"/reconciliations/{waiting.id}/stock.svg")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert "<script" not in picture.html
    assert "Not posted" in picture.html


def test_a_waterfall_that_falls_below_zero_and_rises_again_is_drawn(house: House) -> None:
    assert house
    steps = [("down", Decimal(-30)), ("up", Decimal(50)), ("over", Decimal(-25))]
    drawn = waterfall("light", steps, ("Difference", Decimal(-5)))
    assert drawn.count(b"<rect") >= 6


def test_the_axis_of_a_few_cents_names_each_cent_once(house: House) -> None:
    assert house
    drawn = waterfall("light", [("down", Decimal("-0.02")), ("up", Decimal("0.01"))], ("Difference", Decimal("-0.01")))
    written = re.findall(r'<text[^>]*class="[^"]*"[^>]*>(-?0\.\d+)</text>', drawn.decode())
    assert sorted(set(written)) == sorted(written) == ["-0.01", "-0.02", "0.00"]


def test_one_that_a_later_one_took_the_place_of_leads_there_and_is_not_signed(house: House) -> None:
    first, second = reconciled(house), reconciled(house)
    seen = visitor(house)
    page = seen.get(f"/reconciliations/{first.id}")
    assert "A later reconciliation of this period was made" in page.text
    assert "Sign off…" not in page.text
    assert f"/reconciliations/{second.id}" in {tag["href"] for tag in page.tags("a")}
    assert "Sign off…" in seen.get(f"/reconciliations/{second.id}").text


def test_a_cause_opens_its_documents_a_page_at_a_time_with_the_largest_first(house: House, waiting: Any) -> None:
    seen = visitor(house)
    first = seen.get(f"/reconciliations/{waiting.id}/stock/not_posted")
    links = [tag["href"] for tag in first.tags("a") if tag.get("href", "").startswith("/operations/")]
    assert f"60 lines, 1 to {len(links)} shown, largest first" in first.text
    assert first.text.index("N-w59") < first.text.index("N-w58")
    second = seen.get(f"/reconciliations/{waiting.id}/stock/not_posted?page=2")
    assert f"60 lines, {len(links) + 1} to " in second.text
    assert "It waits for approval." in second.text
    assert first.faults == second.faults == []
    assert seen.get(links[0]).status == 200


def test_bills_of_one_number_are_told_apart_by_their_contacts(house: House, waiting: Any) -> None:
    bills = (trade(Bill, "b1", "1001"), trade(Bill, "b2", "1001", contact_id="c2"))
    put(house, contact(), contact("c2", "Brightwater"), *bills)
    house.sync()
    snapshots, lines = table(Snapshot), table(ReconciliationLine)
    with house.hub.store.write() as db:
        ids = db.execute(sa.select(snapshots.c.id).where(snapshots.c.external_id.in_(["b1", "b2"]))).scalars().all()
        chosen = (
            sa.select(lines.c.id)
            .where(lines.c.measure == "stock", lines.c.cause == "not_posted")
            .order_by(lines.c.size.desc())
        )
        for line_id, snapshot_id in zip(db.execute(chosen).scalars().all(), ids, strict=False):
            values = {"snapshot_id": snapshot_id, "stock_number": "1001", "kind": Kind.BILL.value}
            db.execute(sa.update(lines).where(lines.c.id == line_id).values(values))
    page = visitor(house).get(f"/reconciliations/{waiting.id}/stock/not_posted")
    assert page.faults == []
    assert "1001 Bill Acme" in page.text
    assert "1001 Bill Brightwater" in page.text


def test_each_cause_leads_to_where_it_is_fixed(house: House, waiting: Any) -> None:
    seen = visitor(house)
    for cause in CAUSES:
        page = seen.get(f"/reconciliations/{waiting.id}/stock/{cause.value}")
        assert WORDS[cause].meaning in page.text
        for tag in page.tags("a"):
            if "btn-outline-primary" in tag.get("class", ""):
                assert seen.get(tag["href"], follow_redirects=True).status == 200, tag["href"]


def test_the_sheet_has_every_line_and_its_parts_add_up_to_the_difference(house: House, waiting: Any) -> None:
    seen = visitor(house)
    text = seen.get(f"/reconciliations/{waiting.id}/export?form=csv").html
    table = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    stock = [row for row in table if row["Compared"] == "Stock"]
    parts = [Decimal(row["Part of the difference"]) for row in stock if row["Cause"] != "All of it"]
    assert len(parts) == 64
    assert sum(parts) == Decimal(stock[0]["Part of the difference"]) == Decimal("1831.50")
    answer = seen.client.get(f"/reconciliations/{waiting.id}/export?form=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert len(sheet) == len(table) + 1
    assert sheet[1][2] == 1831.5


def test_the_calls_beyond_the_first_have_pages_of_their_own(house: House, waiting: Any) -> None:
    call = {"connection_id": house.ledger_id, "method": "GET", "url": "/balances", "milliseconds": 3, "status": 200}
    call |= {"request": "", "response": "", "error": ""}
    at = waiting.started_at
    with house.hub.store.write() as db:
        db.execute(sa.insert(table(Exchange)), [{**call, "at": at, "url": f"/balances/{n}"} for n in range(60)])
    seen = visitor(house)
    page = seen.get(f"/reconciliations/{waiting.id}")
    assert "60 calls in the log, 1 to 5 shown" in page.text
    (rest,) = [tag["href"] for tag in page.tags("a") if tag.get("href", "").endswith("/calls")]
    first = seen.get(rest)
    assert first.faults == []
    assert "60 calls in the log, 1 to 25 shown" in first.text
    assert "60 calls in the log, 51 to 60 shown" in seen.get(f"{rest}?page=3").text


def test_the_accounts_of_a_measure_are_changed_on_a_page(house: House) -> None:
    seen, address = visitor(house), f"/integrations/{house.integration_id}/reconcile/accounts/stock"
    ticked = [tag["value"] for tag in seen.get(address).tags("input") if "checked" in tag]
    assert ticked == ["630", "630"]
    page = seen.follow(address, {"stock": ["630"], "ledger": ["630", "860"]})
    assert "630 Inventory, 860 Rounding" in page.text
    assert "860 Rounding" not in seen.follow(address, {"found": "yes"}).text.partition("Sales")[0]
    assert "those that the hub finds are compared" in seen.follow(address, {}).text


def test_stock_is_not_compared_with_nothing(house: House) -> None:
    seen, address = visitor(house), f"/integrations/{house.integration_id}/reconcile/accounts/stock"
    assert "Tick at least one account on each side" in seen.follow(address, {"stock": ["630"]}).text
    ticked = [tag["value"] for tag in seen.get(address).tags("input") if "checked" in tag]
    assert ticked == ["630", "630"]


def test_who_may_not_start_it_sees_what_is_compared_and_who_can(house: House, waiting: Any) -> None:
    seen = Visitor(create_app(house.hub), add_person(house.hub, "ursula@example.com"))
    page = seen.get(f"/integrations/{house.integration_id}/reconcile")
    assert "Somebody with the right to approve imports can start it." in page.text
    shown = seen.get(f"/reconciliations/{waiting.id}")
    assert "Sign off…" not in shown.text
    assert seen.post(f"/reconciliations/{waiting.id}/sign").status == 403


def test_one_that_failed_says_why_and_how_to_go_on(house: House) -> None:
    made = Reconciling(house.hub, "olga").ask(house.integration_id)
    del house.hub.providers["memorystock"]
    assert reconcile(house.hub, made)
    page = visitor(house).get(f"/reconciliations/{made}")
    assert "The plugin for 'memorystock' is not installed." in page.text
    assert "Reconcile again" in page.text
    assert page.faults == []


def test_a_schedule_that_reconciles_comes_once_a_month_and_names_both_sides(house: House) -> None:
    seen, address = visitor(house), f"/schedules/new?reconcile={house.integration_id}"
    page = seen.get(address)
    assert (page.status, page.faults) == (200, [])
    assert "Reconcile Shelf with Books by schedule" in page.text
    chosen = [tag["value"] for tag in page.tags("option") if "selected" in tag]
    assert "monthly" in chosen
    assert (page.value("date"), page.value("at"), page.value("name")) == ("5", "06:00", "Month end")
    form = {"connection": str(house.ledger_id), "reconcile": str(house.integration_id), "often": "monthly"}
    form |= {"date": "5", "at": "06:00", "name": "Month end", "time_zone": "UTC"}
    told = "On the 5th of each month at 06:00 UTC, reconcile Shelf with Books"
    assert told in seen.post(address, {**form, "look": "yes"}).text
    assert told in seen.follow(address, form).text
    assert told in seen.post("/schedules/1", {**form, "look": "yes"}).text
    assert told in seen.get("/schedules/1/delete").text


def test_the_next_run_of_the_dashboard_says_that_it_is_a_reconciliation(house: House) -> None:
    timing = Timing("cron", "0 6 5 * *", name="Month end")
    add_schedule(house.hub, house.stock_id, timing, integration_id=house.integration_id)
    assert "Reconciliation of Shelf with Books, 2026-03-05 06:00 UTC" in visitor(house).get("/").text
