"""Accounts, tax rates, items, tracking, organisation."""

from __future__ import annotations

from sim_xero import Simulator
from sim_xero.caller import Caller


def test_the_organisation_shows_its_lock_dates(xero: Caller) -> None:
    xero.post("/_sim/person/lock_dates", {"period": "2026-03-31"})
    shown = xero.get("/Organisation").body["Organisations"][0]
    assert (shown["BaseCurrency"], shown["Timezone"]) == ("GBP", "GMTSTANDARDTIME")
    assert shown["PeriodLockDate"] == "/Date(1774915200000+0000)/"
    assert "EndOfYearLockDate" not in shown
    assert {"Name": "UseMulticurrency", "Status": "ALLOWED"} in xero.get("/Organisation/Actions").body["Actions"]


def test_an_account_is_created_changed_and_archived_one_at_a_time(xero: Caller) -> None:
    body = {"Code": "206", "Name": "Repairs Income", "Type": "REVENUE", "TaxType": "OUTPUT2"}
    made = xero.put("/Accounts", body).body["Accounts"][0]
    assert (made["Class"], made["Status"]) == ("REVENUE", "ACTIVE")
    path = f"/Accounts/{made['AccountID']}"
    assert xero.post(path, {"Name": "Repair Income"}).body["Accounts"][0]["Name"] == "Repair Income"
    assert xero.post(path, {"Status": "ARCHIVED", "Name": "X"}).status == 400
    assert xero.post(path, {"Status": "ARCHIVED"}).body["Accounts"][0]["Status"] == "ARCHIVED"
    assert xero.put("/Accounts", {"Accounts": [body, body]}).status == 400
    assert xero.put("/Accounts", {**body, "Code": "200", "Name": "Y"}).messages() == ["Please enter a unique Code."]


def test_bank_and_system_accounts_are_not_updated(xero: Caller) -> None:
    for code in ("090", "610"):
        assert xero.post(f"/Accounts/{code}", {"Name": "Other"}).status == 400
    rows = xero.get("/Accounts", where='SystemAccount=="ROUNDING"').body["Accounts"]
    assert [row["Code"] for row in rows] == ["860"]


def test_an_account_in_use_cannot_be_deleted(xero: Caller, sale: dict[str, object]) -> None:
    xero.put("/Invoices", sale)
    assert xero.delete("/Accounts/200").status == 400
    assert xero.delete("/Accounts/201").body["Accounts"][0]["Status"] == "DELETED"


def test_the_uk_tax_rates_carry_xeros_names(xero: Caller) -> None:
    rates = {row["TaxType"]: row for row in xero.get("/TaxRates").body["TaxRates"]}
    assert rates["OUTPUT2"]["Name"] == "20% (VAT on Income)"
    assert rates["OUTPUT2"]["CanApplyToExpenses"] is False
    assert rates["INPUT2"]["EffectiveRate"] == 20
    assert rates["NONE"]["CanApplyToEquity"] is True
    assert xero.get("/TaxRates/RRINPUT").body["TaxRates"][0]["EffectiveRate"] == 5


def test_a_compound_tax_component_is_on_top_of_the_others(xero: Caller) -> None:
    parts = [{"Name": "A", "Rate": 10}, {"Name": "B", "Rate": 10, "IsCompound": True}]
    body = {"Name": "Two", "ReportTaxType": "OUTPUT", "TaxComponents": parts}
    assert xero.put("/TaxRates", body).body["TaxRates"][0]["EffectiveRate"] == 21


def test_item_codes_are_unique_and_deletion_answers_204(xero: Caller) -> None:
    assert xero.put("/Items", {"Code": "abc"}).status == 200
    assert xero.put("/Items", {"Code": "abc"}).messages() == ["Price List Item with Code 'abc' already exists"]
    assert xero.post("/Items", {"Code": "abc", "Name": "Now named"}).body["Items"][0]["Name"] == "Now named"
    assert xero.delete("/Items/abc").status == 204
    assert xero.get("/Items/abc").status == 404
    assert xero.put("/Items", {"Code": "x" * 31}).status == 400


def test_a_tracked_item_needs_an_inventory_and_a_cost_account(xero: Caller) -> None:
    assert xero.put("/Items", {"Code": "T", "InventoryAssetAccountCode": "630"}).status == 400
    body = {"Code": "T", "InventoryAssetAccountCode": "630", "PurchaseDetails": {"COGSAccountCode": "300"}}
    assert xero.put("/Items", body).body["Items"][0]["IsTrackedAsInventory"] is True


def test_at_most_two_tracking_categories_are_active(xero: Caller) -> None:
    assert [xero.put("/TrackingCategories", {"Name": n}).status for n in "ABC"] == [200, 200, 400]


def test_the_empty_lists_can_be_read(xero: Caller) -> None:
    for name in ("BankTransactions", "Prepayments", "Overpayments"):
        assert xero.get(f"/{name}", page=1).body["pagination"]["itemCount"] == 0


def test_organisations_do_not_see_each_other(sim: Simulator) -> None:
    both = (sim.tenant_id, sim.other_tenant_id)
    first, second = sim.caller(*both), sim.caller(*reversed(both))
    first.put("/Contacts", {"Name": "Only here"})
    assert second.get("/Contacts").body["Contacts"] == []
    assert second.get("/Organisation").body["Organisations"][0]["Name"] == "Other Trading Ltd"
