"""What a plan knows of a company in the United States."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hub import Account, AccountClass, Facts, Kind, Organisation, TaxRate


def facts_of_a_company() -> Facts:
    """A company in the United States with one customer, vendor, item, invoice and bill linked."""
    sorts = {
        "4000": ("Sales", AccountClass.REVENUE, "Income"),
        "5000": ("Purchases", AccountClass.EXPENSE, "CostOfGoodsSold"),
        "1200": ("Inventory", AccountClass.ASSET, "OtherCurrentAsset"),
        "1000": ("Checking", AccountClass.ASSET, "Bank"),
        "1100": ("Receivable", AccountClass.ASSET, "AccountsReceivable"),
    }
    accounts = {
        code: Account(external_id=f"8000-{code}", code=code, name=name, account_class=sort, type=type)
        for code, (name, sort, type) in sorts.items()
    }
    rates = [
        _rate("Tax:San Mateo", "8.25", on_purchases=False),
        _rate("Tax:Alameda", "9.5", on_purchases=False),
        _rate("Non", "0", on_purchases=False, special=True),
        _rate("In cost", "0", on_sales=False, special=True),
    ]
    return Facts(
        organisation=Organisation(id="f1", name="Acme Inc", base_currency="USD"),
        accounts=accounts,
        taxes={rate.code: rate for rate in rates},
        targets={
            (Kind.CONTACT, "c1"): "customer:80000001-1",
            (Kind.CONTACT, "s1"): "vendor:80000002-1",
            (Kind.ITEM, "p1"): "noninventory:80000003-1",
            (Kind.INVOICE, "i1"): "1A-1",
            (Kind.BILL, "b1"): "1B-1",
            (Kind.CREDIT_NOTE, "cn1"): "1C-1",
            (Kind.SUPPLIER_CREDIT, "sc1"): "1D-1",
            (Kind.CONTACT, "=invoice:i1"): "customer:80000001-1",
            (Kind.CONTACT, "=credit_note:cn1"): "customer:80000001-1",
            (Kind.CONTACT, "=bill:b1"): "vendor:80000002-1",
        },
    )


def _rate(code: str, percent: str, **more: Any) -> TaxRate:
    return TaxRate(external_id=code, code=code, name=code, percent=Decimal(percent), **more)
