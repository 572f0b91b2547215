"""Creating invoices and bills."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]


def created(xero: Caller, body: Body, **query: Any) -> Body:
    reply = xero.put("/Invoices", {"Invoices": [body]}, **query)
    assert reply.status == 200, reply.body
    found: Body = reply.body["Invoices"][0]
    return found


def refused(xero: Caller, body: Body) -> list[str]:
    reply = xero.put("/Invoices", body)
    assert reply.status == 400, reply.body
    assert reply.body["ErrorNumber"] == 10
    assert reply.body["Elements"][0]["HasErrors"] is True
    return reply.messages()


def line(**changes: Any) -> Body:
    return {"Description": "Oak board", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200", **changes}


def test_an_approved_sale_gets_a_number_its_tax_and_both_forms_of_dates(xero: Caller, sale: Body) -> None:
    shown = created(xero, sale)
    assert shown["InvoiceNumber"] == "INV-0001"
    assert (shown["SubTotal"], shown["TotalTax"], shown["Total"], shown["AmountDue"]) == (100, 20, 120, 120)
    assert shown["DateString"] == "2026-11-02T00:00:00"
    assert shown["Date"] == "/Date(1793577600000+0000)/"
    assert shown["StatusAttributeString"] == "OK"
    assert shown["LineItems"][0]["TaxType"] == "OUTPUT2"


def test_tax_is_rounded_per_line_and_then_summed(xero: Caller, sale: Body) -> None:
    rate = {"Name": "Fifteen", "ReportTaxType": "OUTPUT", "TaxComponents": [{"Name": "VAT", "Rate": 15}]}
    tax_type = xero.put("/TaxRates", {"TaxRates": [rate]}).body["TaxRates"][0]["TaxType"]
    assert tax_type == "TAX001"
    lines = [line(UnitAmount=amount, TaxType=tax_type) for amount in (25.06, 25.61, 25.63)]
    assert created(xero, {**sale, "LineItems": lines})["TotalTax"] == 11.44


def test_tax_on_a_zero_rate_is_refused_unless_the_switch_is_off(sim: Simulator, xero: Caller, sale: Body) -> None:
    taxed = {**sale, "LineItems": [line(TaxType="ZERORATEDOUTPUT", TaxAmount=1)]}
    (message,) = refused(xero, taxed)
    assert message == "The TaxAmount 1.00 cannot be used with the TaxType 'ZERORATEDOUTPUT', whose rate is zero."
    assert created(xero, {**taxed, "LineItems": [line(TaxType="ZERORATEDOUTPUT", TaxAmount=0)]})["TotalTax"] == 0
    sim.world.switches.set({"tax_on_zero_rate_refused": False})
    assert created(xero, taxed)["TotalTax"] == 1


@pytest.mark.parametrize("url", ["ftp://x", "www.example.com/1", "javascript:alert(1)"])
def test_a_link_back_is_a_web_address_unless_the_switch_is_off(
    sim: Simulator, xero: Caller, sale: Body, url: str
) -> None:
    assert refused(xero, {**sale, "Url": url}) == ["Url must be valid."]
    assert created(xero, {**sale, "Url": "https://example.com/1"})["Url"] == "https://example.com/1"
    sim.world.switches.set({"url_must_be_http": False})
    assert created(xero, {**sale, "Url": url})["Url"] == url


def test_numbers_that_differ_by_letter_case_only_are_one_number_unless_the_switch_is_off(
    sim: Simulator, xero: Caller, sale: Body
) -> None:
    first = created(xero, {**sale, "InvoiceNumber": "A-1"})
    assert refused(xero, {**sale, "InvoiceNumber": "a-1"}) == ["Invoice # must be unique."]
    sim.world.switches.set({"invoice_numbers_ignore_case": False})
    assert created(xero, {**sale, "InvoiceNumber": "a-1"})["InvoiceID"] != first["InvoiceID"]
    assert refused(xero, {**sale, "InvoiceNumber": "a-1"}) == ["Invoice # must be unique."]


def test_halves_are_rounded_up(xero: Caller, sale: Body) -> None:
    shown = created(
        xero, {**sale, "LineItems": [line(Quantity=0.5, UnitAmount=4.33), line(UnitAmount=0.625)]}, unitdp=4
    )
    assert [row["LineAmount"] for row in shown["LineItems"]] == [2.17, 0.63]
    assert created(xero, {**sale, "LineItems": [line(UnitAmount=0.125, TaxType="RROUTPUT")]})["TotalTax"] == 0.01


def test_inclusive_amounts_contain_their_tax(xero: Caller, sale: Body) -> None:
    shown = created(xero, {**sale, "LineAmountTypes": "Inclusive", "LineItems": [line(UnitAmount=47.85)]})
    assert (shown["Total"], shown["TotalTax"], shown["SubTotal"]) == (47.85, 7.98, 39.87)


def test_no_tax_means_no_tax(xero: Caller, sale: Body) -> None:
    shown = created(xero, {**sale, "LineAmountTypes": "NoTax"})
    assert shown["TotalTax"] == 0
    assert shown["LineItems"][0]["TaxType"] == "NONE"


def test_a_sent_tax_amount_stands_and_sent_totals_are_ignored(xero: Caller, sale: Body) -> None:
    shown = created(xero, {**sale, "Total": 999, "LineItems": [line(TaxAmount=1.99)]})
    assert (shown["TotalTax"], shown["Total"]) == (1.99, 11.99)


def test_unit_amounts_have_two_decimals_unless_four_are_asked_for(xero: Caller, sale: Body) -> None:
    body = {**sale, "LineItems": [line(Quantity=100, UnitAmount=0.1234)]}
    assert created(xero, body)["SubTotal"] == 12
    fine = created(xero, body, unitdp=4)
    assert fine["SubTotal"] == 12.34
    assert fine["LineItems"][0]["UnitAmount"] == 0.1234
    again = xero.get(f"/Invoices/{fine['InvoiceID']}").body["Invoices"][0]
    assert again["LineItems"][0]["UnitAmount"] == 0.12


def test_a_line_total_that_does_not_fit_is_refused(xero: Caller, sale: Body) -> None:
    body = {**sale, "LineItems": [line(LineAmount=10.01)]}
    assert refused(xero, body) == ["The line total 10.01 does not match the expected line total 10.00"]


def test_a_discount_works_on_a_sale_and_is_refused_on_a_bill(xero: Caller, sale: Body, bill: Body) -> None:
    shown = created(xero, {**sale, "LineItems": [line(DiscountRate=15)]})
    assert shown["SubTotal"] == 8.5
    assert shown["IsDiscounted"] is True
    messages = refused(xero, {**bill, "LineItems": [line(AccountCode="310", DiscountRate=15)]})
    assert messages == ["Discounts are only supported on sales invoices."]


def test_the_number_of_a_sale_is_unique_and_that_of_a_bill_is_not(xero: Caller, sale: Body, bill: Body) -> None:
    created(xero, {**sale, "InvoiceNumber": "S-1"})
    assert refused(xero, {**sale, "InvoiceNumber": "S-1"}) == ["Invoice # must be unique."]
    first, second = created(xero, bill), created(xero, bill)
    assert first["InvoiceID"] != second["InvoiceID"]


def test_two_sales_of_one_batch_cannot_share_a_number(xero: Caller, sale: Body) -> None:
    body = {"Invoices": [{**sale, "InvoiceNumber": "S-1"}] * 2}
    reply = xero.put("/Invoices", body, summarizeErrors="false")
    assert [row["StatusAttributeString"] for row in reply.body["Invoices"]] == ["OK", "ERROR"]


def test_post_overwrites_the_bill_of_another_supplier_with_the_same_number(xero: Caller, bill: Body) -> None:
    first = created(xero, bill)
    other = {**bill, "Contact": {"Name": "Birch Ltd"}}
    second = xero.post("/Invoices", other).body["Invoices"][0]
    assert second["InvoiceID"] == first["InvoiceID"]
    assert second["Contact"]["Name"] == "Birch Ltd"


def test_a_batch_with_one_bad_element_saves_nothing_unless_errors_are_not_summarised(
    sim: Simulator, xero: Caller, sale: Body
) -> None:
    batch = {"Invoices": [sale, {**sale, "LineItems": []}]}
    assert xero.put("/Invoices", batch).status == 400
    assert len(sim.books.invoices) == 0
    reply = xero.put("/Invoices", batch, summarizeErrors="false")
    good, bad = reply.body["Invoices"]
    assert reply.status == 200
    assert good["StatusAttributeString"] == "OK"
    assert bad["ValidationErrors"] == [{"Message": "One or more line items must be specified"}]
    assert bad["InvoiceID"] == "00000000-0000-0000-0000-000000000000"
    assert len(sim.books.invoices) == 1


def test_a_refused_invoice_leaves_no_contact_behind(sim: Simulator, xero: Caller, sale: Body) -> None:
    refused(xero, {**sale, "Contact": {"Name": "Never Seen"}, "LineItems": []})
    assert sim.books.active_contact("Never Seen") is None
    bad = {**sale, "Contact": {"Name": "Never Seen"}, "LineItems": []}
    xero.put("/Invoices", {"Invoices": [bad, sale]}, summarizeErrors="false")
    assert sim.books.active_contact("Never Seen") is None
    assert len(sim.books.invoices) == 1


def test_an_unknown_account_is_an_error_when_approved_and_a_warning_on_a_draft(xero: Caller, sale: Body) -> None:
    body = {**sale, "LineItems": [line(AccountCode="476", TaxType="OUTPUT2")]}
    assert refused(xero, body) == ["Account code '476' is not a valid code for this document."]
    shown = created(xero, {**body, "Status": "DRAFT"})
    message = "Account code '476' has been removed as it does not match a recognised account."
    assert shown["Warnings"] == [{"Message": message}]
    assert shown["StatusAttributeString"] == "WARNING"
    assert "AccountCode" not in shown["LineItems"][0]


@pytest.mark.parametrize("code", ["090", "610", "800", "960"])
def test_bank_and_control_accounts_are_not_for_lines(xero: Caller, sale: Body, code: str) -> None:
    messages = refused(xero, {**sale, "LineItems": [line(AccountCode=code, TaxType="NONE")]})
    assert messages == [f"Account code '{code}' is not a valid code for this document."]


def test_the_tax_type_must_exist_and_suit_the_account(xero: Caller, sale: Body) -> None:
    unknown = refused(xero, {**sale, "LineItems": [line(TaxType="GST")]})
    assert unknown == [
        "The TaxType code GST does not exist or cannot be used for this type of transaction.",
        "The TaxType code 'GST' cannot be used with account code '200'.",
    ]
    wrong = refused(xero, {**sale, "LineItems": [line(TaxType="INPUT2")]})
    assert wrong == ["The TaxType code 'INPUT2' cannot be used with account code '200'."]


def test_an_archived_tax_rate_is_no_longer_accepted(xero: Caller, sale: Body) -> None:
    xero.post("/_sim/person/archive_tax_rate", {"tax_type": "OUTPUT2"})
    assert "The TaxType code OUTPUT2 does not exist" in refused(xero, sale)[0]


def test_a_currency_must_have_been_added(xero: Caller, sale: Body) -> None:
    body = {**sale, "CurrencyCode": "SEK"}
    assert refused(xero, body) == ["Organisation is not subscribed to currency SEK"]
    xero.put("/Currencies", {"Code": "SEK"})
    assert refused(xero, body) == ["A currency rate must be specified"]
    assert created(xero, {**body, "CurrencyRate": 13.1234567})["CurrencyRate"] == 13.123457
    assert created(xero, {**sale, "CurrencyCode": "USD"})["CurrencyRate"] == 1.2725


def test_a_document_in_a_locked_period_is_refused(xero: Caller, sale: Body) -> None:
    xero.post("/_sim/person/lock_dates", {"year": "2013-07-31"})
    messages = refused(xero, {**sale, "Date": "2013-07-31"})
    assert messages == ["The document date cannot be before the end of year lock date, currently set at 31-Jul-2013"]
    xero.post("/_sim/person/lock_dates", {"period": "2026-11-02"})
    assert "currently dated before the period lock date" in refused(xero, sale)[0]
    created(xero, {**sale, "Date": "2026-11-03"})


def test_a_status_that_cannot_be_created_is_refused(xero: Caller, sale: Body) -> None:
    assert refused(xero, {**sale, "Status": "PAID"}) == ["Invoice not of valid status for creation"]


def test_a_negative_quantity_is_refused_with_four_decimals_in_the_message(xero: Caller, sale: Body) -> None:
    messages = refused(xero, {**sale, "LineItems": [line(Quantity=-3)]})
    assert messages[0] == "The quantity value '-3.0000' is invalid. Quantity must not be less than zero."


@pytest.mark.parametrize(
    ("field", "value"),
    [("Date", "2017-12-14 00:00:00"), ("LineAmountTypes", "NO_TAX"), ("CurrencyRate", "much")],
)
def test_what_cannot_be_read_ends_the_request_with_error_14(xero: Caller, sale: Body, field: str, value: str) -> None:
    reply = xero.put("/Invoices", {**sale, field: value}, summarizeErrors="false")
    assert (reply.status, reply.body["ErrorNumber"]) == (400, 14)
    assert reply.body["Type"] == "PostDataInvalidException"


def test_an_item_fills_what_the_line_leaves_out(xero: Caller, sale: Body) -> None:
    item = {"Code": "OAK", "Description": "Oak, planed", "SalesDetails": {"UnitPrice": 7.5, "AccountCode": "202"}}
    xero.put("/Items", item)
    shown = created(xero, {**sale, "LineItems": [{"ItemCode": "OAK", "Quantity": 2}]})["LineItems"][0]
    assert (shown["Description"], shown["AccountCode"], shown["LineAmount"]) == ("Oak, planed", "202", 15)
    assert refused(xero, {**sale, "LineItems": [line(ItemCode="ELM")]}) == ["Item code 'ELM' is not valid"]


def test_tracking_needs_an_option_that_exists(xero: Caller, sale: Body) -> None:
    category = xero.put("/TrackingCategories", {"Name": "Region"}).body["TrackingCategories"][0]
    path = f"/TrackingCategories/{category['TrackingCategoryID']}/Options"
    option = xero.put(path, {"Name": "North"}).body["Options"][0]
    body = {**sale, "LineItems": [line(Tracking=[{"Name": "Region", "Option": "North"}])]}
    tracked = created(xero, body)["LineItems"][0]["Tracking"]
    assert tracked[0]["TrackingOptionID"] == option["TrackingOptionID"]
    body["LineItems"][0]["Tracking"][0]["Option"] = "Moon"
    assert refused(xero, body) == ["The tracking option 'Moon' is not valid."]
    assert xero.delete(f"{path}/{option['TrackingOptionID']}").status == 400


def test_the_date_left_out_is_today_where_the_organisation_is(sim: Simulator, xero: Caller, sale: Body) -> None:
    xero.post("/_sim/clock", {"set": "2026-07-31T23:30:00+00:00"})
    caller = sim.caller()
    del sale["Date"]
    assert created(caller, sale)["DateString"] == "2026-08-01T00:00:00"
