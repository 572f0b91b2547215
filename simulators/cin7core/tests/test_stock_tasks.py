"""Adjustments, stocktakes, write-offs, assemblies, disassemblies and journals as the API shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sim_cin7core import Client, Simulator, new_purchase, new_sale, new_stock

Act = Callable[..., Any]
LISTS = {
    "stockadjustment": ("stockadjustmentList", "StockAdjustmentList", "create_adjustment"),
    "stocktake": ("stockTakeList", "StockAdjustmentList", "create_stocktake"),
    "inventoryWriteOff": ("inventoryWriteOffList", "InventoryWriteOffs", "create_write_off"),
    "finishedGoods": ("finishedGoodsList", "FinishedGoods", "create_assembly"),
    "disassembly": ("disassemblyList", "Disassemblies", "create_disassembly"),
}


def made(act: Act, path: str, **params: object) -> dict[str, Any]:
    """A completed task of one kind, of two out of a hundred BREAD at 2."""
    given: dict[str, Any] = {"date": "2026-03-05", "lines": [{"sku": "BREAD", "quantity": 2}], **params}
    if path in ("finishedGoods", "disassembly"):
        given = {"sku": "SET", "quantity": 1, **given}
    shown: dict[str, Any] = act(LISTS[path][2], **given)
    return shown


@pytest.fixture
def shelf(client: Client, act: Act) -> Client:
    """A hundred BREAD at 2, ten SET at 3."""
    new_stock(client.simulator, "BREAD", 100, 2)
    new_stock(client.simulator, "SET", 10, 3)
    return client


def posted(shown: dict[str, Any]) -> list[tuple[str, str, str, float]]:
    return [(row["EffectiveDate"][:10], row["Debit"], row["Credit"], row["Amount"]) for row in shown["Transactions"]]


def test_an_adjustment_gives_the_new_quantity_and_names_accounts_with_their_names(
    shelf: Client, act: Act, ledger: Any
) -> None:
    made_one = act("create_adjustment", lines=[{"sku": "BREAD", "quantity": 97}], date="2026-03-05")
    shown = shelf.ask("stockadjustment", TaskID=made_one["TaskID"]).json
    (line,) = shown["ExistingStockLines"]
    assert (line["QuantityOnHand"], line["Adjustment"]) == (100, 97)
    assert posted(shown) == [("2026-03-05", "630: Inventory", "429: General Expenses", -6)]
    assert ledger.posted(shown["TaskID"]) == [("2026-03-05", "630", "429", -6)]
    assert shown["StocktakeNumber"].startswith("ST-")
    assert ledger.difference() == 0


def test_an_adjustment_upwards_comes_in_at_the_average_and_new_stock_at_its_own_cost(
    shelf: Client, act: Act, ledger: Any
) -> None:
    lines = [{"sku": "BREAD", "quantity": 110}, {"sku": "SET", "quantity": 5, "unit_cost": "4.50"}]
    shown = act("create_adjustment", lines=lines, account="310", date="2026-03-05")
    assert posted(shown) == [("2026-03-05", "630: Inventory", "310: Cost of Goods Sold", 10 * 2 + 5 * 4.5)]
    (new,) = shown["NewStockLines"]
    assert (new["SKU"], new["Quantity"], new["UnitCost"]) == ("SET", 5, 4.5)
    assert ledger.value() == 110 * 2 + 10 * 3 + 5 * 4.5


def test_a_stocktake_has_its_list_under_the_key_of_adjustments_and_text_where_its_detail_has_lists(
    shelf: Client, act: Act
) -> None:
    made(act, "stocktake", lines=[{"sku": "BREAD", "quantity": 101}, {"sku": "SET", "quantity": 1, "unit_cost": 3}])
    answer = shelf.ask("stockTakeList").json
    (row,) = answer["StockAdjustmentList"]
    shown = shelf.ask("stocktake", TaskID=row["TaskID"]).json
    assert (row["Tags"], shown["Tags"]) == ("", [])
    assert row["LastUpdatedDate"].endswith("Z")
    assert "LastUpdatedDate" not in shown
    assert [line["Adjustment"] for line in shown["NonZeroStockOnHandProducts"]] == [101]
    assert [line["SKU"] for line in shown["ZeroStockOnHandProducts"]] == ["SET"]
    assert posted(shown)[0][1:3] == ("630: Inventory", "429: General Expenses")


def test_a_write_off_posts_its_cost_to_the_account_of_the_line_or_of_itself(shelf: Client, act: Act) -> None:
    lines = [{"sku": "BREAD", "quantity": 2}, {"sku": "SET", "quantity": 1, "account": "400"}]
    shown = act("create_write_off", lines=lines, date="2026-03-05")
    assert sorted(posted(shown)) == [("2026-03-05", "400", "630", 3), ("2026-03-05", "429", "630", 4)]
    assert [(line["ExpenseAccount"], line["Cost"], line["TotalCost"]) for line in shown["Lines"]] == [
        (None, 2, 4),
        ("400", 3, 3),
    ]
    (row,) = shelf.ask("inventoryWriteOffList").json["InventoryWriteOffs"]
    assert row["Date"].endswith("Z")


def test_an_assembly_is_listed_by_its_creation_and_moves_goods_on_its_completion(
    shelf: Client, act: Act, ledger: Any
) -> None:
    act("create_product", sku="BASKET")
    services = [{"name": "Wrapping", "account": "429", "amount": "1.50"}]
    lines = [{"sku": "BREAD", "quantity": 4}, {"sku": "SET", "quantity": 2}]
    days = {"started": "2026-03-03", "wip_date": "2026-03-05", "date": "2026-03-09"}
    shown = act("create_assembly", sku="BASKET", quantity=2, lines=lines, services=services, wip_account="620", **days)
    (row,) = shelf.ask("finishedGoodsList").json["FinishedGoods"]
    assert (row["Date"], shown["CompletionDate"]) == ("2026-03-03T00:00:00", "2026-03-09T00:00:00")
    assert row["UnitCost"] == 7.75
    assert posted(shown) == [
        ("2026-03-05", "620", "630", 14),
        ("2026-03-09", "620", "429", 1.5),
        ("2026-03-09", "630", "620", 15.5),
    ]
    assert [line["Cost"] for line in shown["PickLines"]] == [8, 6]
    assert [line["ExpenseAccount"] for line in shown["OrderLines"]] == ["", "", "429"]
    assert (ledger.difference(), ledger.balance("620")) == (0, 0)
    sale = new_sale(shelf.simulator, items=[("BASKET", 1, 20)], day=date(2026, 3, 10))
    assert shelf.sale(sale.id)["COGSAmount"] == 7.75


def test_components_in_work_stand_in_the_account_of_work_in_progress(shelf: Client, act: Act, ledger: Any) -> None:
    act("create_product", sku="BASKET")
    given = {"sku": "BASKET", "quantity": 1, "lines": [{"sku": "BREAD", "quantity": 4}], "date": "2026-03-05"}
    shown = act("create_assembly", status="IN PROGRESS", wip_account="620", **given)
    assert (shown["Status"], posted(shown)) == ("IN PROGRESS", [("2026-03-05", "620", "630", 8)])
    act("complete_task", id=shown["TaskID"], date="2026-03-07")
    assert (ledger.difference(), ledger.balance("620")) == (0, 0)
    act("create_assembly", status="IN PROGRESS", **given)
    assert ledger.difference() == 8


def test_a_later_cost_of_a_component_reaches_what_was_made_of_it_and_its_sale(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator, items=[("BREAD", 10, 4)], day=date(2026, 3, 1))
    act("create_product", sku="BASKET")
    made_one = act(
        "create_assembly", sku="BASKET", quantity=2, lines=[{"sku": "BREAD", "quantity": 4}], date="2026-03-05"
    )
    sale = new_sale(client.simulator, items=[("BASKET", 1, 20)], day=date(2026, 3, 6))
    act("add_landed_cost", id=purchase.id, amount="10", date="2026-03-20")
    costs = [row for row in client.sale(sale.id, IncludeTransactions="true")["Transactions"] if row["Debit"] == "310"]
    assert [(row["EffectiveDate"][:10], row["Amount"]) for row in costs] == [("2026-03-06", 8), ("2026-03-20", 2)]
    shown = client.ask("finishedGoods", TaskID=made_one["TaskID"]).json
    assert ("2026-03-20", "630", "630", 8) in posted(shown)
    assert ledger.difference() == 0


def test_a_disassembly_shares_the_cost_among_its_parts(shelf: Client, act: Act, ledger: Any) -> None:
    act("create_product", sku="LID")
    lines = [{"sku": "BREAD", "quantity": 2, "unit_cost": 3}, {"sku": "LID", "quantity": 1, "unit_cost": 1}]
    shown = act("create_disassembly", sku="SET", quantity=1, lines=lines, wip_account="620", date="2026-03-05")
    assert shown["PickLines"][0]["TotalCost"] == 3
    assert [line["Cost"] for line in shown["OrderLines"]] == [2.57, 0.43]
    assert sorted(posted(shown)) == [("2026-03-05", "620", "630", 3), ("2026-03-05", "630", "620", 3)]
    assert (ledger.difference(), ledger.balance("620")) == (0, 0)


def test_an_assembly_of_goods_without_value_posts_nothing(client: Client, act: Act) -> None:
    for sku in ("BOX", "BASKET"):
        act("create_product", sku=sku)
    shown = act("create_assembly", sku="BASKET", quantity=1, lines=[{"sku": "BOX", "quantity": 1}], date="2026-03-05")
    assert (shown["Status"], shown["Transactions"]) == ("COMPLETED", [])


@pytest.mark.parametrize("path", LISTS)
def test_a_list_filters_by_status_and_ignores_a_filter_by_change(shelf: Client, act: Act, path: str) -> None:
    listed, key, _ = LISTS[path]
    made(act, path)
    before = shelf.ask(listed).json["Total"]
    draft = made(act, path, complete=False)
    assert draft["Transactions"] == []
    assert shelf.ask(listed).json["Total"] == before + 1
    assert [row["TaskID"] for row in shelf.ask(listed, Status="DRAFT").json[key]] == [draft["TaskID"]]
    assert shelf.ask(listed, UpdatedSince="2099-01-01T00:00:00Z").json["Total"] == before + 1
    assert len(shelf.ask(listed, Limit=1, Page=2).json[key]) == 1


@pytest.mark.parametrize("path", LISTS)
def test_a_task_is_undone_completed_again_and_voided(shelf: Client, act: Act, ledger: Any, path: str) -> None:
    worth, task_id = ledger.value(), made(act, path)["TaskID"]
    changed = ledger.posted(task_id)
    assert changed
    undone = shelf.ask(path, method="DELETE", ID=task_id).json
    assert (undone["Status"], undone["Transactions"], ledger.posted(task_id)) == ("DRAFT", [], [])
    act("complete_task", id=task_id)
    assert ledger.posted(task_id) == changed
    voided = shelf.ask(path, method="DELETE", ID=task_id, Void="true").json
    assert (voided["Status"], voided["Transactions"]) == ("VOIDED", [])
    assert not any(voided.get(name) for name in ("Lines", "OrderLines", "PickLines", "ExistingStockLines"))
    assert (ledger.posted(task_id), ledger.value()) == ([], worth)
    assert shelf.ask(path, method="DELETE", ID=task_id, Void="true").status == 400
    assert shelf.ask(path, TaskID=task_id).json["Status"] == "VOIDED"


@pytest.mark.parametrize("path", LISTS)
def test_a_task_is_dated_back_without_a_trace_but_its_date(shelf: Client, act: Act, ledger: Any, path: str) -> None:
    task_id = made(act, path)["TaskID"]
    act("redate_task", id=task_id, date="2026-03-02")
    assert {row[0] for row in ledger.posted(task_id)} == {"2026-03-02"}


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_task_or_one_of_another_kind_is_not_found(shelf: Client, act: Act, path: str) -> None:
    other = next(name for name in LISTS if name != path)
    assert shelf.ask(path, TaskID=made(act, other)["TaskID"]).status == 400
    assert shelf.ask(path, TaskID="11111111-0000-0000-0000-000000000000").status == 400
    assert shelf.ask(path).status == 400


def test_only_the_statuses_of_a_kind_are_taken(shelf: Client, refused: Act) -> None:
    lines = [{"sku": "BREAD", "quantity": 2}]
    assert refused("create_adjustment", lines=lines, status="IN PROGRESS") == 400
    assert refused("create_stocktake", lines=lines, status="IN PROGRESS") == 200
    assert refused("create_disassembly", sku="SET", quantity=1, lines=lines, status="WORK IN PROGRESS") == 200
    assert refused("create_write_off", lines=[{"sku": "BREAD", "quantity": 0}]) == 400
    assert refused("create_adjustment", lines=[{"sku": "NOTHING", "quantity": 1}]) == 400
    assert refused("create_adjustment", lines=lines, account="9999") == 400
    assert refused("void_task", id="nothing") == 404


def test_a_journal_of_its_own_is_listed_with_its_lines_and_posted_in_base_currency(
    client: Client, act: Act, ledger: Any
) -> None:
    line = {"debit": "429", "credit": "805", "amount": "2", "reference": "3"}
    made_one = act("create_journal", lines=[line], date="2026-03-05", currency="USD", rate="1.25", narration="Fair")
    draft = act("create_journal", lines=[line], complete=False)
    answer = client.ask("journal", TaskID=made_one["TaskID"]).json
    assert (answer["Total"], answer["Journals"][0]) == (1, made_one)
    assert made_one["Lines"] == [{"Debit": "429", "Credit": "805", "Reference": "3", "Amount": 2, "BaseAmount": 2.5}]
    assert ledger.posted(made_one["TaskID"]) == [("2026-03-05", "429", "805", 2.5)]
    assert [row["TaskID"] for row in client.ask("journal", Status="draft").json["Journals"]] == [draft["TaskID"]]
    assert client.ask("journal", Search=made_one["JournalNumber"][1:]).json["Total"] == 1


def test_a_journal_is_voided_over_the_api_and_loses_its_lines(client: Client, act: Act, ledger: Any) -> None:
    made_one = act("create_journal", lines=[{"debit": "429", "credit": "805", "amount": "2"}], date="2026-03-05")
    answer = client.ask("journal", method="DELETE", ID=made_one["TaskID"], Void="true").json
    assert [(row["Status"], row["Lines"]) for row in answer["Journals"]] == [("VOIDED", [])]
    assert ledger.rows() == []
    assert client.ask("journal", method="DELETE", ID=made_one["TaskID"], Void="true").status == 400


def test_a_journal_on_the_inventory_account_is_a_difference(shelf: Client, act: Act, ledger: Any) -> None:
    act("create_journal", lines=[{"debit": "630", "credit": "850", "amount": "11"}], date="2026-03-05")
    assert ledger.difference() == 11


def test_nothing_of_it_is_written_over_the_api(client: Client) -> None:
    for path in LISTS:
        assert client.ask(path, method="POST", body={}).status == 405
    assert client.ask("saleList", method="DELETE").status == 405


def test_stock_documents_survive_a_restart(tmp_path: Any) -> None:
    state, told = tmp_path / "state.sqlite", list[Any]()
    for _ in range(2):
        with Simulator(state=state) as simulator:
            client = Client(simulator)
            if not told:
                new_stock(simulator, "BREAD", 100, 2)
                new_stock(simulator, "SET", 1, 2)
                lines = [{"sku": "BREAD", "quantity": 2}]
                services = [{"name": "Wrapping", "account": "429", "amount": "1"}]
                simulator.person("create_assembly", sku="SET", quantity=1, lines=lines, services=services)
            (row,) = client.ask("finishedGoodsList").json["FinishedGoods"]
            told.append(client.ask("finishedGoods", TaskID=row["TaskID"]).json)
    assert told[0] == told[1]
