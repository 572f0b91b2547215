"""Cards and reference lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.fields import ReadError
from hub_cin7core.native_lists import (
    read_account,
    read_bank_account,
    read_customer,
    read_payment_term,
    read_product,
    read_supplier,
    read_tax_rule,
)
from pydantic import ValidationError

from hub import AccountClass

SITE = "https://inventory.dearsystems.com"


def customer(natives: Any, **fields: Any) -> dict[str, Any]:
    return {
        "ID": natives.id(800),
        "Name": "Acme Ltd",
        "DisplayName": "Acme",
        "Status": "Active",
        "Currency": "GBP",
        "RevenueAccount": "200",
        "TaxRule": "20% (VAT on Income)",
        "PaymentTerm": "30 days",
        "TaxNumber": None,
        "Addresses": [],
        "Contacts": [],
        **fields,
    }


def test_a_renamed_or_deprecated_customer_keeps_its_id(natives: Any) -> None:
    before = read_customer(customer(natives), SITE)
    after = read_customer(customer(natives, Name="Acme Holdings", Status="Deprecated"), SITE)
    assert (after.external_id, after.name, after.active) == (before.external_id, "Acme Holdings", False)


def test_two_customers_with_one_display_name_keep_their_own_names(natives: Any) -> None:
    first = read_customer(customer(natives, Name="Acme North"), SITE)
    second = read_customer(customer(natives, ID=natives.id(801), Name="Acme South"), SITE)
    assert {first.name, second.name} == {"Acme North", "Acme South"}
    assert first.external_id != second.external_id


def test_the_default_person_and_one_address_of_each_sort_are_taken(natives: Any) -> None:
    read = read_customer(
        customer(
            natives,
            Contacts=[
                {"Name": "Ann Other", "Email": "ann@acme.example", "Default": False},
                {"Name": "Bo van Dam", "Email": "bo@acme.example", "MobilePhone": "07700", "Default": True},
            ],
            Addresses=[
                {"Type": "Business", "Line1": "1 Works Lane", "DefaultForType": True},
                {"Type": "Shipping", "Line1": "2 Back Door", "DefaultForType": False},
                {"Type": "Shipping", "Line1": "3 Dock", "DefaultForType": True, "Country": "United Kingdom"},
            ],
        ),
        SITE,
    )
    assert (read.first_name, read.last_name, read.email, read.phone) == ("Bo", "van Dam", "bo@acme.example", "07700")
    assert [(one.type, one.line1) for one in read.addresses] == [("billing", "1 Works Lane"), ("shipping", "3 Dock")]


def test_a_customer_brings_its_defaults_and_a_supplier_no_control_account(natives: Any) -> None:
    sold = read_customer(customer(natives), SITE)
    bought = read_supplier(customer(natives, AccountPayable="800"), SITE)
    assert (sold.is_customer, sold.account, sold.tax_code) == (True, "200", "20% (VAT on Income)")
    assert (bought.is_supplier, bought.account) == (True, "")


def test_a_customer_without_a_name_is_refused(natives: Any) -> None:
    with pytest.raises(ValidationError):
        read_customer(customer(natives, Name="  "), SITE)


def test_names_with_quotes_colons_and_emoji_pass_unchanged(natives: Any) -> None:
    name = 'A:B\\"C" 🧁 ' + "x" * 240
    assert read_customer(customer(natives, Name=name), SITE).name == name


def product(natives: Any, **fields: Any) -> dict[str, Any]:
    return {
        "ID": natives.id(900),
        "SKU": "BREAD",
        "Name": "Bread",
        "Type": "Stock",
        "Status": "Active",
        "PriceTier1": Decimal("8.00"),
        "AverageCost": Decimal("5.2512345"),
        "RevenueAccount": "200",
        "InventoryAccount": "715",
        "ExpenseAccount": "429",
        "SaleTaxRule": "Out",
        "PurchaseTaxRule": "In",
        **fields,
    }


def test_bought_stock_goes_to_inventory_and_bought_services_to_expense(natives: Any) -> None:
    stock = read_product(product(natives), SITE)
    service = read_product(product(natives, Type="Service"), SITE)
    assert (stock.is_stock, stock.purchase_account, stock.sale_account) == (True, "715", "200")
    assert (service.is_stock, service.purchase_account) == (False, "429")
    assert (stock.sale_price, stock.purchase_price) == (Decimal("8.000000"), Decimal("5.251235"))


def rule(natives: Any, **fields: Any) -> dict[str, Any]:
    return {
        "ID": natives.id(60),
        "Name": "GST on Income",
        "IsActive": True,
        "TaxPercent": 10,
        "IsTaxForSale": True,
        "IsTaxForPurchase": False,
        "Components": [{"Name": "Tax", "Percent": "10.0000000000", "Compound": "0", "ComponentOrder": "1"}],
        **fields,
    }


def test_a_tax_rule_is_named_by_its_name_because_documents_do(natives: Any) -> None:
    read: Any = read_tax_rule(rule(natives), SITE)
    assert (read.code, read.percent, read.on_sales, read.on_purchases, read.active) == (
        "GST on Income",
        10,
        True,
        False,
        True,
    )


def test_an_inactive_tax_rule_is_listed_as_inactive(natives: Any) -> None:
    assert read_tax_rule(rule(natives, IsActive=False), SITE).active is False


def test_several_components_add_up_and_a_compound_one_is_charged_on_top(natives: Any) -> None:
    parts = [
        {"Name": "PST", "Percent": "9.9750000000", "Compound": "1", "ComponentOrder": "2"},
        {"Name": "GST", "Percent": "5.0000000000", "ComponentOrder": "1"},
    ]
    assert read_tax_rule(rule(natives, TaxPercent=None, Components=parts), SITE).percent == Decimal("15.4738")
    assert read_tax_rule(rule(natives, TaxPercent=Decimal("14.975"), Components=parts), SITE).percent == Decimal(
        "14.975"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"TaxPercent": 0},
        {"Name": "Reverse Charge Expenses (20%)"},
        {"Components": [{"Percent": "20"}, {"Percent": "-20"}]},
    ],
)
def test_zero_rated_and_reverse_charge_rules_are_special(natives: Any, fields: dict[str, Any]) -> None:
    assert read_tax_rule(rule(natives, **fields), SITE).special is True
    assert read_tax_rule(rule(natives), SITE).special is False


def test_a_payment_term_keeps_days_and_method(natives: Any) -> None:
    read = read_payment_term(
        {"ID": natives.id(70), "Name": "EOM", "Duration": 10, "Method": "day of next month", "IsActive": "false"}, SITE
    )
    assert (read.name, read.days, read.method, read.active) == ("EOM", 10, "day of next month", False)


def account(**fields: Any) -> dict[str, Any]:
    return {"Code": "200", "Name": "Sales", "Status": "ACTIVE", "Class": "REVENUE", "Type": "REVENUE", **fields}


def test_an_account_is_named_by_its_code() -> None:
    read = read_account(account(), SITE)
    assert (read.external_id, read.code, read.account_class, read.active) == (
        "200",
        "200",
        AccountClass.REVENUE,
        True,
    )


def test_bank_and_control_accounts_take_no_documents() -> None:
    bank = read_account(account(Class="ASSET", Type="BANK"), SITE)
    debtors = read_account(account(Class="ASSET", Type="CURRENT", SystemAccountCode="DEBTORS"), SITE)
    assert (bank.takes_payments, bank.takes_documents) == (True, False)
    assert (debtors.takes_payments, debtors.takes_documents, debtors.system) == (False, False, "DEBTORS")


def test_an_account_of_an_unknown_class_is_refused() -> None:
    with pytest.raises(ReadError, match="Class"):
        read_account(account(Class="COSMIC"), SITE)


def test_a_bank_account_names_its_account_in_the_chart(natives: Any) -> None:
    native = {"AccountID": natives.id(80), "AccountCode": "090", "AccountName": "Current", "Currency": "gbp"}
    read = read_bank_account(native, SITE)
    assert (read.code, read.currency, read.label) == ("090", "GBP", "090 Current")
