"""What a fresh simulator holds: a trading company and another one, for mistakes with files. All of it made up by us."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files

from .clock import Clock
from .company.file import Company
from .company.records import Preferences, Ref
from .settings import Settings
from .switches import Switchboard

DEMO_PATH = "C:\\QuickBooks\\Demo Trading.qbw"
OTHER_PATH = "C:\\QuickBooks\\Other Trading.qbw"
_TERMS = (("Due on receipt", 0), ("Net 7", 7), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))
_PAYMENT_METHODS = (("Cash", "Cash"), ("Check", "Check"), ("Visa", "Visa"), ("Bank transfer", "Other"))
_CURRENCIES = (("British Pound Sterling", "GBP"), ("Euro", "EUR"), ("US Dollar", "USD"))
_RATES = {"GBP": Decimal("1.2725"), "EUR": Decimal("1.0748"), "USD": Decimal(1)}
"""US dollars for one unit; rates between other currencies follow from these."""


def companies(clock: Clock, switches: Switchboard, settings: Settings) -> dict[str, Company]:
    """The company files of a fresh simulator, by path."""
    made = {}
    for path, name in ((DEMO_PATH, "Demo Trading Ltd"), (OTHER_PATH, "Other Trading Ltd")):
        preferences = Preferences(name, settings.home_currency, settings.timezone)
        preferences.classes = settings.classes
        company = made[path] = Company(path, clock, switches, preferences)
        if not settings.empty:
            fill(company, settings)
    return made


def fill(company: Company, settings: Settings) -> None:
    """Give a company its lists."""
    if settings.multicurrency:
        _currencies(company, settings)
    _chart(company)
    for name, days in _TERMS:
        company.add_entry("StandardTerms", Name=name, IsActive=True, StdDueDays=days)
    for name, sort in _PAYMENT_METHODS:
        company.add_entry("PaymentMethod", Name=name, IsActive=True, PaymentMethodType=sort)
    for name in ("Courier", "Collection"):
        company.add_entry("ShipMethod", Name=name, IsActive=True)
    if settings.classes:
        for name in ("Shop", "Online", "Wholesale"):
            company.add_entry("Class", Name=name, IsActive=True)
    _tax(company, settings)
    _people(company)
    _items(company)


def _chart(company: Company) -> None:
    rows = json.loads((files("sim_qbdesktop") / "data" / "chart.json").read_text(encoding="utf-8"))
    for number, name, account_type in rows:
        company.add_entry("Account", Name=name, IsActive=True, AccountType=account_type, AccountNumber=number)


def _tax(company: Company, settings: Settings) -> None:
    """Tax codes are there in any case; a rate and an agency only where sales tax is charged."""
    company.add_entry("SalesTaxCode", Name="Tax", IsActive=True, IsTaxable=True, Desc="Taxable Sales")
    company.add_entry("SalesTaxCode", Name="Non", IsActive=True, IsTaxable=False, Desc="Non-Taxable Sales")
    if not settings.sales_tax:
        return
    agency = company.add_entry("Vendor", Name="State Board of Equalization", IsActive=True)
    state = _tax_item(company, "State Tax", Decimal(settings.tax_rate), agency.list_id)
    _tax_item(company, "Out of State", Decimal(0), agency.list_id)
    company.set_preferences(sales_tax=True, default_sales_tax=state)


def _tax_item(company: Company, name: str, rate: Decimal, agency: str) -> str:
    fields = {"Name": name, "IsActive": True, "ItemDesc": name, "TaxRate": rate, "TaxVendorRef": Ref(agency)}
    return company.add_entry("ItemSalesTax", **fields).list_id


def _currencies(company: Company, settings: Settings) -> None:
    company.set_preferences(multicurrency=True)
    home = _RATES[settings.home_currency]
    for name, code in _CURRENCIES:
        is_home = code == settings.home_currency
        entry = company.add_entry(
            "Currency",
            Name=name,
            IsActive=True,
            CurrencyCode=code,
            IsUserDefinedCurrency=False,
            ExchangeRate=Decimal(1) if is_home else (_RATES[code] / home).quantize(Decimal("0.000001")),
        )
        if is_home:
            company.set_preferences(home_currency=entry.name)


def _people(company: Company) -> None:
    for name in ("Alder & Co", "Brook Stores"):
        company.add_entry("Customer", Name=name, IsActive=True, CompanyName=name)
    company.add_entry("Vendor", Name="Ironworks Ltd", IsActive=True, CompanyName="Ironworks Ltd")
    company.add_entry("Employee", Name="Jane Smith", IsActive=True, FirstName="Jane", LastName="Smith")
    company.add_entry("OtherName", Name="Petty Cash", IsActive=True)


def account(company: Company, name: str) -> Ref:
    """The account of a name that the seed made."""
    entry = company.named(("Account",), name)
    if entry is None:
        raise KeyError(name)
    return Ref(entry.list_id)


def _items(company: Company) -> None:
    sales = account(company, "Sales")
    both = {
        "SalesDesc": "Oak board",
        "SalesPrice": Decimal("25.00"),
        "IncomeAccountRef": sales,
        "PurchaseCost": Decimal("10.00"),
        "ExpenseAccountRef": account(company, "Purchases"),
    }
    company.add_entry("ItemNonInventory", Name="OAK", IsActive=True, SalesAndPurchase=both)
    delivery = {"Desc": "Delivery", "AccountRef": account(company, "Delivery Charged to Customers")}
    company.add_entry("ItemService", Name="Delivery", IsActive=True, SalesOrPurchase=delivery)
    company.add_entry(
        "ItemInventory",
        Name="LAMP",
        IsActive=True,
        SalesDesc="Brass lamp",
        SalesPrice=Decimal("40.00"),
        PurchaseCost=Decimal("18.00"),
        IncomeAccountRef=sales,
        COGSAccountRef=account(company, "Cost of Goods Sold"),
        AssetAccountRef=account(company, "Inventory Asset"),
    )
    company.add_entry("ItemSubtotal", Name="Subtotal", IsActive=True)
    company.add_entry(
        "ItemDiscount",
        Name="Discount",
        IsActive=True,
        DiscountRatePercent=Decimal(10),
        AccountRef=account(company, "Sales Discounts"),
    )
