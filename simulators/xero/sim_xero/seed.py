"""What a fresh simulator holds: two UK organisations and three registered apps. All of it made up by us."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

from .books import Books
from .records import Account, Currency, Organisation, TaxRate

NAMESPACE = uuid.UUID("5d3e0f6c-64a1-4c54-9a0f-7b8f6f1d2a10")
DEMO_TENANT = str(uuid.uuid5(NAMESPACE, "Demo Trading Ltd"))
OTHER_TENANT = str(uuid.uuid5(NAMESPACE, "Other Trading Ltd"))
_STARTED = datetime(2025, 4, 1, 9, 0, tzinfo=UTC)
_CLASSES = {"A": "ASSET", "E": "EQUITY", "R": "REVENUE", "X": "EXPENSE", "L": "LIABILITY"}


def read(name: str) -> Any:
    """One of the package's data files."""
    return json.loads((files("sim_xero") / "data" / name).read_text(encoding="utf-8"))


def day_rates() -> dict[str, Decimal]:
    """Stand-ins for the XE day rates, foreign units for one GBP."""
    return {code: Decimal(rate) for code, rate in read("currencies.json")["day_rates"].items()}


def organisation(tenant_id: str, name: str) -> Organisation:
    return Organisation(tenant_id, name, "GBP", "GMTSTANDARDTIME", "GB", _STARTED)


def fill(books: Books) -> None:
    """Give an organisation its chart of accounts, tax rates and currencies."""
    for row in read("tax_rates.json"):
        books.tax_rates.put(_tax_rate(row))
    for code, description in read("currencies.json")["subscribed"].items():
        books.currencies.put(Currency(code, description))
    for row in read("accounts.json"):
        books.accounts.put(_account(books.tenant_id, row))


def _tax_rate(row: dict[str, str]) -> TaxRate:
    rate = Decimal(row["Rate"])
    component = {"Name": "VAT", "Rate": row["Rate"], "IsCompound": False, "IsNonRecoverable": False}
    applies_to = [_CLASSES[letter] for letter in row["AppliesTo"]]
    return TaxRate(row["TaxType"], row["Name"], rate, [component], row["ReportTaxType"], applies_to)


def _account(tenant_id: str, row: dict[str, Any]) -> Account:
    return Account(
        account_id=str(uuid.uuid5(NAMESPACE, f"{tenant_id}/{row['Code']}")),
        code=row["Code"],
        name=row["Name"],
        type=row["Type"],
        tax_type=row["TaxType"],
        updated=_STARTED,
        system_account=row.get("SystemAccount", ""),
        enable_payments=row.get("EnablePaymentsToAccount", False),
        show_in_expense_claims=row.get("ShowInExpenseClaims", False),
        currency_code=row.get("CurrencyCode", ""),
        bank_account_number=row.get("BankAccountNumber", ""),
        bank_account_type="BANK" if row["Type"] == "BANK" else "",
    )
