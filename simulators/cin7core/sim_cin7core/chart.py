"""The company's reference lists: its own small chart of accounts, tax rules, terms, banks, locations and /me.

The codes are those of a small trading company in the United Kingdom; Core takes its chart over from the
ledger when an accounting integration is connected, so codes and class names follow the ledger's vocabulary
(Cin7 Core API v2 documentation, Account).
"""

from __future__ import annotations

from decimal import Decimal

from sim_cin7core.records import JsonObject, identifier

COMPANY, CURRENCY, LOCATION = "Northgate Gifts Ltd", "GBP", "Main Warehouse"
LOCATION_ID = identifier("location", LOCATION)
SALES, OTHER_REVENUE, COST_OF_GOODS, SAMPLES, BANK_FEES = "200", "260", "310", "400", "404"
CONSUMABLES, FREIGHT, RECEIVABLE, INVENTORY, PAYABLE, DEPOSITS = "429", "425", "610", "630", "800", "810"
BANK, DOLLAR_BANK = "090", "092"
PREPAYMENTS, ACCRUALS, VAT, EQUITY, DISCREPANCY = "620", "805", "820", "970", CONSUMABLES
IN_TRANSIT, ACCRUED = "631", "632"
NO_VAT = "No VAT"
DEFAULT_TERMS = "30 days"

_ACCOUNTS: tuple[tuple[str, str, str, str], ...] = (
    ("090", "Business Bank Account", "BANK", "ASSET"),
    ("091", "Business Savings Account", "BANK", "ASSET"),
    ("092", "US Dollar Account", "BANK", "ASSET"),
    ("200", "Sales", "REVENUE", "REVENUE"),
    ("260", "Other Revenue", "REVENUE", "REVENUE"),
    ("270", "Interest Income", "REVENUE", "REVENUE"),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "EXPENSE"),
    ("400", "Advertising & Marketing", "EXPENSE", "EXPENSE"),
    ("401", "Audit & Accountancy Fees", "EXPENSE", "EXPENSE"),
    ("404", "Bank Fees", "EXPENSE", "EXPENSE"),
    ("408", "Cleaning", "EXPENSE", "EXPENSE"),
    ("412", "Consulting", "EXPENSE", "EXPENSE"),
    ("425", "Postage, Freight & Courier", "EXPENSE", "EXPENSE"),
    ("429", "General Expenses", "EXPENSE", "EXPENSE"),
    ("433", "Insurance", "EXPENSE", "EXPENSE"),
    ("445", "Light, Power, Heating", "EXPENSE", "EXPENSE"),
    ("461", "Printing & Stationery", "EXPENSE", "EXPENSE"),
    ("469", "Rent", "EXPENSE", "EXPENSE"),
    ("473", "Repairs & Maintenance", "EXPENSE", "EXPENSE"),
    ("477", "Salaries", "EXPENSE", "EXPENSE"),
    ("489", "Telephone & Internet", "EXPENSE", "EXPENSE"),
    ("497", "Bank Revaluations", "EXPENSE", "EXPENSE"),
    ("499", "Realised Currency Gains", "EXPENSE", "EXPENSE"),
    ("610", "Accounts Receivable", "CURRENT", "ASSET"),
    ("620", "Prepayments", "CURRENT", "ASSET"),
    ("630", "Inventory", "CURRENT", "ASSET"),
    ("710", "Office Equipment", "FIXED", "ASSET"),
    ("800", "Accounts Payable", "CURRLIAB", "LIABILITY"),
    ("805", "Accruals", "CURRLIAB", "LIABILITY"),
    ("810", "Customer Deposits", "CURRLIAB", "LIABILITY"),
    ("820", "VAT", "CURRLIAB", "LIABILITY"),
    ("840", "Historical Adjustment", "CURRLIAB", "LIABILITY"),
    ("850", "Suspense", "CURRLIAB", "LIABILITY"),
    ("860", "Rounding", "CURRLIAB", "LIABILITY"),
    ("900", "Loan", "TERMLIAB", "LIABILITY"),
    ("960", "Retained Earnings", "EQUITY", "EQUITY"),
    ("970", "Owner's Share Capital", "EQUITY", "EQUITY"),
)
_FLOATING = (
    (IN_TRANSIT, "Stock in Transit", "CURRENT", "ASSET"),
    (ACCRUED, "Goods Received Not Invoiced", "CURRLIAB", "LIABILITY"),
)
_SYSTEM = {
    "610": ("Accounts receivable", "DEBTORS"),
    "800": ("Accounts payable", "CREDITORS"),
    "820": ("VAT", "GST"),
    "840": ("Historical adjustment", "HISTORICAL"),
    "860": ("Rounding", "ROUNDING"),
    "960": ("Retained earnings", "RETAINEDEARNINGS"),
    "497": ("Bank revaluations", "BANKCURRENCYGAIN"),
    "499": ("Realised currency gains", "REALISEDCURRENCYGAIN"),
}
_BANK_CURRENCIES = {"090": "GBP", "091": "GBP", "092": "USD"}
_TAXES: tuple[tuple[str, str, bool, bool, bool], ...] = (
    ("20% (VAT on Income)", "20", True, True, False),
    ("20% (VAT on Expenses)", "20", True, False, True),
    ("5% (VAT on Income)", "5", True, True, False),
    ("5% (VAT on Expenses)", "5", True, False, True),
    ("Zero Rated Income", "0", True, True, False),
    ("Zero Rated Expenses", "0", True, False, True),
    ("Zero Rated EC Goods Income", "0", True, True, False),
    ("Exempt Income", "0", True, True, False),
    ("Exempt Expenses", "0", True, False, True),
    ("No VAT", "0", True, True, True),
    ("17.5% (VAT on Income)", "17.5", False, True, False),
)
_TERMS: tuple[tuple[str, int, str, bool, bool], ...] = (
    ("30 days", 30, "number of days", True, True),
    ("14 days", 14, "number of days", True, False),
    ("Due on receipt", 0, "number of days", True, False),
    ("20th of next month", 20, "day of next month", True, False),
    ("Last day of next month", 0, "last day of next month", True, False),
    ("60 days", 60, "number of days", False, False),
)


def accounts(*, floating: bool = False) -> list[JsonObject]:
    """The chart of accounts as rows of AccountsList; ``floating`` adds the two that accrual of stock needs."""
    rows = sorted((*_ACCOUNTS, *_FLOATING)) if floating else _ACCOUNTS
    return [_account(*row) for row in rows]


def display_name(code: str) -> str:
    """``code: name``, as adjustments and stocktakes show an account; the bare code when it is not in the chart."""
    return next((f"{row[0]}: {row[1]}" for row in (*_ACCOUNTS, *_FLOATING) if row[0] == code), code)


def _account(code: str, name: str, kind: str, klass: str) -> JsonObject:
    system, system_code = _SYSTEM.get(code, (None, None))
    bank = kind == "BANK"
    return {
        "Code": code,
        "Status": "ACTIVE",
        "Name": name,
        "Type": kind,
        "Description": "",
        "Class": klass,
        "SystemAccount": system,
        "SystemAccountCode": system_code,
        "BankAccountNumber": "12345678" if bank else None,
        "BankAccountId": identifier("bank", code) if bank else None,
        "ForPayments": bank,
        "DisplayName": f"{code}: {name}",
        "OldCode": None,
    }


def banks() -> list[JsonObject]:
    """Bank accounts as rows of BankAccountsList."""
    return [
        {
            "AccountID": identifier("bank", code),
            "Bank": "High Street Bank",
            "AccountName": name,
            "AccountNumber": "12345678",
            "AccountCode": code,
            "Currency": _BANK_CURRENCIES[code],
            "StatementBalance": 0,
            "BalanceInDear": 0,
            "InitialBalance": 0,
        }
        for code, name, kind, _ in _ACCOUNTS
        if kind == "BANK"
    ]


def tax_rules() -> list[JsonObject]:
    """Tax rules as rows of TaxRuleList, keyed by Name; component numbers are text, as documented."""
    return [
        {
            "ID": identifier("tax", name),
            "Name": name,
            "Account": "820",
            "IsActive": active,
            "TaxInclusive": False,
            "TaxPercent": float(percent),
            "IsTaxForSale": sale,
            "IsTaxForPurchase": purchase,
            "Components": [
                {
                    "ID": identifier("tax", name, 1).upper(),
                    "Name": "VAT",
                    "Percent": f"{Decimal(percent):.10f}",
                    "AccountCode": "820" if percent != "0" else "",
                    "Compound": "0",
                    "ComponentOrder": "1",
                }
            ],
        }
        for name, percent, active, sale, purchase in _TAXES
    ]


def tax_percent(name: str) -> Decimal:
    """The percentage of a tax rule by name, whatever its letter case; KeyError when there is none."""
    for rule in _TAXES:
        if rule[0].casefold() == name.casefold():
            return Decimal(rule[1])
    raise KeyError(name)


def payment_terms() -> list[JsonObject]:
    """Payment terms as rows of PaymentTermList."""
    return [
        {
            "ID": identifier("term", name),
            "Name": name,
            "Duration": duration,
            "Method": method,
            "IsActive": active,
            "IsDefault": default,
        }
        for name, duration, method, active, default in _TERMS
    ]


def locations() -> list[JsonObject]:
    """The one warehouse."""
    return [
        {
            "ID": LOCATION_ID,
            "Name": LOCATION,
            "IsDefault": True,
            "IsDeprecated": False,
            "Bins": None,
            "FixedAssetsLocation": False,
            "ParentID": None,
            "ParentName": None,
            "ReferenceCount": 0,
            "AddressLine1": "",
            "AddressLine2": "",
            "AddressCitySuburb": "",
            "AddressStateProvince": "",
            "AddressZipPostCode": "",
            "AddressCountry": "United Kingdom",
            "PickZones": None,
            "IsShopfloor": False,
            "IsCoMan": False,
            "IsStaging": False,
        }
    ]


def me() -> JsonObject:
    """The company, as /me answers."""
    return {
        "Company": COMPANY,
        "Currency": CURRENCY,
        "TimeZone": "Europe/London",
        "DefaultWeightUnits": "g",
        "DefaultDimensionsUnits": "cm",
        "LockDate": None,
        "OpeningBalanceDate": "2010-11-30T00:00:00",
        "TaxCalculationMethod": "Total",
        "DefaultSaleTaxRuleId": identifier("tax", NO_VAT),
        "DefaultSaleTaxRuleName": NO_VAT,
        "MaximumDecimalPlacesInQuantity": "N2",
        "DiscountRule": "Discount",
        "ApplyCustomerDiscountsAfterOtherDiscounts": True,
        "AutomaticallyApplyDiscounts": False,
        "RoundingTable": [{"RangeTo": 10, "RoundToNearest": 0.01, "AdjustmentRule": "N", "AdjustmentValue": 0}],
    }
