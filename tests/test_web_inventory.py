"""The inventory method and how journals are posted, on their page; and tracking, among the mappings."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, item, journal, line, make_perpetual, put, trade
from people import OWNER
from visitors import Visitor, visitor

from hub.documents import Bill, Kind, Tracking
from hub.mapping import MappingList
from hub.models import AuditEvent, FlowMode, Integration, table
from hub.store import Store
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


@pytest.fixture
def path(house: House) -> str:
    return f"/integrations/{house.integration_id}/set-up/inventory"


@pytest.fixture
def tracking(house: House) -> str:
    """The tracking page of a ledger that has three categories."""
    house.books.tracking[:] = [
        Tracking(external_id=f"k{n}", name=name, options=options)
        for n, (name, options) in enumerate(
            [("Region", ("North", "South")), ("Channel", ("Web",)), ("Brand", ("Own",))]
        )
    ]
    house.run_ledger()
    return f"/integrations/{house.integration_id}/mappings/tracking"


def integration(house: House) -> Integration:
    return house.hub.integration(house.integration_id)


def audited(house: House) -> list[tuple[str, str]]:
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        chosen = sa.select(rows.c.what, rows.c.subject).where(rows.c.actor == OWNER).order_by(rows.c.id)
        return [(row.what, row.subject) for row in db.execute(chosen)]


def map_stock(house: House) -> None:
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"630": "630", "320": "320"})


# -- the method ----------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_missing_for_the_perpetual_method(seen: Visitor, path: str) -> None:
    page = seen.get(path)
    assert page.faults == []
    assert "Not yet: this is missing. 630 Inventory is mapped to 310 Purchases" in page.text
    refused = seen.post(f"{path}/perpetual", {"since": "2026-03-01", "mode": "review"})
    assert (refused.status, refused.faults) == (422, [])
    assert "it has to be an asset account, where stock is kept" in refused.text


def test_the_method_is_switched_with_a_date_and_noted_with_the_name(house: House, seen: Visitor, path: str) -> None:
    map_stock(house)
    page = seen.follow(f"{path}/perpetual", {"since": "2026-03-01", "mode": "review"})
    assert "The method is perpetual for documents dated 2026-03-01 or later" in page.text
    assert f"{OWNER} confirmed the perpetual method" in page.text
    assert house.flow(Kind.JOURNAL).mode == FlowMode.REVIEW
    assert ("set inventory method", "perpetual from 2026-03-01") in audited(house)


def test_a_date_before_the_start_and_no_date_are_refused_at_the_form(house: House, seen: Visitor, path: str) -> None:
    map_stock(house)
    assert (
        "Nothing dated before 2026-01-01 is posted"
        in seen.post(f"{path}/perpetual", {"since": "2025-12-31", "mode": "review"}).text
    )
    assert "Please fill this in" in seen.post(f"{path}/perpetual", {"mode": "review"}).text
    assert "choose one of the list" in seen.post(f"{path}/perpetual", {"since": "2026-03-01", "mode": "off"}).text
    assert integration(house).inventory_method == "periodic"


def test_going_back_to_periodic_is_asked_first_and_says_what_stays(house: House, seen: Visitor, path: str) -> None:
    make_perpetual(house)
    asked = seen.get(f"{path}/periodic")
    assert asked.faults == []
    assert "What changes" in asked.text
    assert "Everything that was posted stays in the ledger" in asked.text
    assert integration(house).inventory_method == "perpetual"
    assert "The method is periodic" in seen.follow(f"{path}/periodic").text
    assert ("set inventory method", "periodic") in audited(house)


def test_journals_are_not_switched_on_from_the_flows_while_the_method_is_periodic(house: House, seen: Visitor) -> None:
    address = f"/integrations/{house.integration_id}"
    page = seen.get(address)
    assert page.faults == []
    assert "With the perpetual method only: each is left out, since the method is periodic" in page.text
    flow = house.flow(Kind.JOURNAL).id
    told = seen.follow(f"{address}/flows/{flow}", {"mode": "review", "post_as": "draft"})
    assert "Journals go with the perpetual inventory method" in told.text
    assert house.flow(Kind.JOURNAL).mode == FlowMode.OFF


def test_the_checklist_says_where_journals_are_off_though_the_method_is_perpetual(house: House, seen: Visitor) -> None:
    make_perpetual(house)
    house.set_flow(Kind.JOURNAL, FlowMode.OFF)
    page = seen.get(f"/integrations/{house.integration_id}/set-up")
    assert "It is perpetual, but journals are off: nothing relieves stock" in page.text


def test_how_journals_are_posted_is_saved_and_says_from_when(house: House, seen: Visitor, path: str) -> None:
    make_perpetual(house)
    put(house, journal())
    house.sync()
    page = seen.follow(f"{path}/journals", {"posted": "month"})
    assert page.faults == []
    assert "It holds from 2026-03-01: the months before were begun in another way" in page.text
    assert "One journal a month for the cost of goods, the others one by one, for what is dated 2026-03-01" in page.text
    assert integration(house).journal_modes == [{"mode": "month", "since": "2026-03-01"}]
    assert not integration(house).journals_on_cash_basis


def test_where_goods_of_earlier_bills_go_is_chosen_in_place_on_attention(house: House, seen: Visitor) -> None:
    make_perpetual(house, date(2026, 3, 1))
    put(house, contact(), trade(Bill, "b1", lines=(line(account="630"),)))
    house.sync()
    assert "Account of goods bought before the perpetual method began" in seen.get("/attention").text
    cause = {"state": "held", "code": "goods_before_perpetual", "subject": "earlier_purchases"}
    seen.follow("/attention/fix", {**cause, "integration": str(house.integration_id), "chosen": "310"})
    house.run_ledger()
    [bill] = [entry for entry in house.books.live() if entry.kind is Kind.BILL]
    assert bill.native["lines"][0]["account"] == "310"


# -- tracking ------------------------------------------------------------------------------------------------------


def sell(house: House, location: str = "main", **more: Any) -> None:
    put(house, contact(), item().model_copy(update={"attributes": (("brand", "own"),)}))
    put(house, invoice("i1", lines=(line(item_id="p1"),), attributes=(("location", location),), **more))


def tracked(house: House, kind: Kind = Kind.INVOICE) -> list[Any]:
    [entry] = [entry for entry in house.books.live() if entry.kind is kind]
    return [one.get("tracking", []) for one in entry.native["lines"]]


def test_a_category_is_fed_and_its_values_are_mapped(house: House, seen: Visitor, tracking: str) -> None:
    sell(house)
    house.run_stock()
    assert seen.get(tracking).faults == []
    page = seen.follow(
        tracking, {"category": ["Region", "Brand"], "attribute": ["location", "brand"], "unmapped": "warn"}
    )
    assert page.faults == []
    assert "Region, from the location" in page.text
    assert "own Suggested" in page.text.replace("None Own ", "")
    assert "1 suggestion accepted" in seen.follow(f"{tracking}/accept").text
    seen.follow(f"{tracking}/options", {"category": "Region", "value": ["main"], "option": ["North"]})
    house.sync()
    assert tracked(house) == [[{"category": "Brand", "option": "Own"}, {"category": "Region", "option": "North"}]]
    [row] = house.operations(kind="invoice", state="done")
    assert "location main of the document gives tracking Region: North" in row.trace
    assert "brand own of the item gives tracking Brand: Own" in row.trace


def test_a_value_without_an_option_is_left_out_with_a_warning(house: House, seen: Visitor, tracking: str) -> None:
    sell(house)
    seen.follow(tracking, {"category": "Region", "attribute": "location", "unmapped": "warn"})
    house.sync()
    [row] = house.operations(kind="invoice", state="done")
    assert tracked(house) == [[]]
    assert row.warnings == ["The location main of the document has no option of tracking Region. It is posted without."]


def test_a_value_without_an_option_holds_where_that_is_chosen_until_it_has_one(
    house: House, seen: Visitor, tracking: str
) -> None:
    seen.follow(tracking, {"category": "Region", "attribute": "location", "unmapped": "hold"})
    sell(house)
    house.sync()
    [row] = house.operations(state="held")
    assert row.problem_code == "tracking_option_missing"
    seen.follow(f"{tracking}/options", {"category": "Region", "value": ["main"], "option": ["South"]})
    house.sync()
    assert tracked(house) == [[{"category": "Region", "option": "South"}]]


def test_at_most_two_categories_are_fed_and_only_from_what_there_is(house: House, seen: Visitor, tracking: str) -> None:
    every = {"category": ["Region", "Channel", "Brand"], "unmapped": "warn"}
    assert "At most 2 categories can be used" in seen.follow(tracking, {**every, "attribute": ["brand"] * 3}).text
    wrong = {"category": "Region", "attribute": "colour", "unmapped": "warn"}
    assert "Please choose one of the list" in seen.follow(tracking, wrong).text
    option = {"category": "Region", "value": ["main"], "option": ["East"]}
    assert "Region has no option 'East'" in seen.follow(f"{tracking}/options", option).text


def test_journals_get_the_tracking_of_their_document_and_a_month_keeps_it_apart(
    house: House, seen: Visitor, tracking: str
) -> None:
    make_perpetual(house)
    seen.follow(f"/integrations/{house.integration_id}/set-up/inventory/journals", {"posted": "month"})
    seen.follow(tracking, {"category": "Region", "attribute": "location", "unmapped": "warn"})
    options = {"category": "Region", "value": ["main", "east"], "option": ["North", "South"]}
    seen.follow(f"{tracking}/options", options)
    put(house, journal("j1", attributes=(("location", "main"), ("sales_rep", "Ann"))))
    put(house, journal("j2", attributes=(("location", "main"), ("sales_rep", "Bob"))))
    put(house, journal("j3", "5.00", attributes=(("location", "east"),)))
    house.sync()
    [entry] = [entry for entry in house.books.live() if entry.kind is Kind.JOURNAL]
    found = {(one["account"], one["tracking"][0]["option"]): one["amount"] for one in entry.native["lines"]}
    assert found == {
        ("320", "North"): "60.00",
        ("320", "South"): "5.00",
        ("630", "North"): "-60.00",
        ("630", "South"): "-5.00",
    }
