"""What feeds a tracking category: the values that are known of it, and what is planned again when it changes."""

from __future__ import annotations

import pytest
from houses import House, contact, invoice, item, line, put
from worlds import World, on_both

from hub.documents import Kind, Tracking
from hub.engine.tracking import TrackingChoices, values
from hub.errors import SettingsError
from hub.models import FlowMode


@pytest.fixture
def house(world: World) -> House:
    world.books.tracking[:] = [Tracking(external_id="k1", name="Region", options=("North", "South"))]
    world.house.run_ledger()
    return world.house


@on_both
def test_the_values_of_an_attribute_are_those_of_the_items_and_the_documents(house: House) -> None:
    put(house, contact(), item().model_copy(update={"attributes": (("brand", "Own"), ("category", "Tea"))}))
    put(house, invoice("i1", attributes=(("brand", "theirs"), ("location", "Main"))), invoice("i2"))
    house.run_stock()
    with house.hub.store.read() as db:
        found = {name: values(db, house.stock_id, name) for name in ("brand", "location", "channel")}
    assert found == {"brand": ["Own", "theirs"], "location": ["Main"], "channel": []}


def test_what_waits_for_approval_is_planned_again_with_the_option_that_was_chosen(house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1", lines=(line(),), attributes=(("location", "Main"),)))
    house.sync()
    chosen = TrackingChoices(house.person)
    chosen.feed(house.integration_id, {"Region": "location"}, "warn")
    house.sync()
    [row] = house.operations(kind="invoice", state="proposed")
    assert row.warnings == ["The location Main of the document has no option of tracking Region. It is posted without."]
    chosen.options(house.integration_id, "Region", {"Main": "north"})
    house.sync()
    [row] = house.operations(kind="invoice", state="proposed")
    assert row.warnings == []
    assert '"option":"North"' in row.document


def test_an_option_that_the_ledger_no_longer_has_is_told(house: House) -> None:
    chosen = TrackingChoices(house.person)
    chosen.feed(house.integration_id, {"Region": "location"}, "hold")
    chosen.options(house.integration_id, "Region", {"Main": "North"})
    house.books.tracking[:] = [Tracking(external_id="k1", name="Region", options=("South",))]
    put(house, contact(), invoice("i1", attributes=(("location", "Main"),)))
    house.sync()
    [row] = house.operations(state="held")
    assert row.problem["what"] == "Tracking Region has no option North any more (location Main of the document)."
    house.books.tracking[:] = [Tracking(external_id="k1", name="Region", options=("South", "North"))]
    house.sync()
    assert not house.operations(state="held")


def test_a_category_that_the_ledger_no_longer_has_is_told(house: House) -> None:
    TrackingChoices(house.person).feed(house.integration_id, {"Region": "location"}, "hold")
    house.books.tracking.clear()
    put(house, contact(), invoice("i1", attributes=(("location", "Main"),)))
    house.sync()
    [row] = house.operations(state="held")
    assert row.problem_code == "tracking_category_missing"


def test_an_attribute_that_nothing_is_fed_from_changes_nothing_that_is_posted(house: House) -> None:
    put(house, contact(), invoice("i1", attributes=(("sales_rep", "Ann"),)))
    house.sync()
    writes = house.books.writes
    put(house, invoice("i1", attributes=(("sales_rep", "Bob"),)))
    house.sync()
    assert house.books.writes == writes


def test_a_category_that_the_ledger_does_not_have_can_not_be_fed(house: House) -> None:
    with pytest.raises(SettingsError, match="choose one of the list"):
        TrackingChoices(house.person).feed(house.integration_id, {"Colour": "location"}, "warn")
