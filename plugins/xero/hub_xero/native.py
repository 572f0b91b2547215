"""Xero's lists and cards in the hub's words. Pure: parsed JSON in, documents out.

Sources: Xero API documentation, Organisation, Accounts, Tax Rates, Tracking Categories, Contacts, Items; Xero Central,
Locked and system accounts in your chart of accounts.
"""

from __future__ import annotations

from decimal import Decimal

from hub import Account, AccountClass, Address, Contact, Item, Organisation, Tracking
from hub_xero.dates import day_of
from hub_xero.exact import Json
from hub_xero.marks import CONTACT_PREFIX
from hub_xero.timezones import iana

_REFUSING_SYSTEM_ACCOUNTS = frozenset(
    {
        "DEBTORS",
        "CREDITORS",
        "BANKCURRENCYGAIN",
        "GST",
        "HISTORICAL",
        "REALISEDCURRENCYGAIN",
        "RETAINEDEARNINGS",
        "TRACKINGTRANSFERS",
        "UNPAIDEXPCLM",
        "UNREALISEDCURRENCYGAIN",
    }
)
"""System accounts that Xero posts to by itself."""
_REFUSING_TYPES = frozenset({"BANK", "INVENTORY"})
"""Bank accounts take payments, inventory accounts only what Xero's own tracked items put there."""
_JOURNAL_REFUSING_SYSTEM_ACCOUNTS = frozenset(
    {
        "DEBTORS",
        "CREDITORS",
        "BANKCURRENCYGAIN",
        "RETAINEDEARNINGS",
        "TRACKINGTRANSFERS",
        "UNPAIDEXPCLM",
        "UNREALISEDCURRENCYGAIN",
        "WAGEPAYABLES",
    }
)
"""System accounts that no manual journal may touch: they are to equal what documents say, or Xero reckons them."""


def organisation(native: Json, tenant_id: str, *, has_pages: bool = True) -> Organisation:
    """Whose books these are, under the id that calls name them by. The later of both lock dates binds, since
    an adviser's lock binds us as well. A simulated organisation ``has_pages`` nowhere, so no short code leads to any.
    """
    locks = [lock for name in ("PeriodLockDate", "EndOfYearLockDate") if (lock := day_of(native, name))]
    return Organisation(
        id=tenant_id,
        name=native["Name"],
        base_currency=native["BaseCurrency"],
        time_zone=iana(native.get("Timezone") or ""),
        lock_date=max(locks, default=None),
        short_code=(native.get("ShortCode") or "") if has_pages else "",
    )


def account(native: Json) -> Account:
    """An account of the chart; one without a code can be seen but not mapped to."""
    system, kind = native.get("SystemAccount") or "", native.get("Type") or ""
    return Account(
        external_id=native["AccountID"],
        code=native.get("Code") or "",
        name=native["Name"],
        account_class=AccountClass(native["Class"].lower()),
        type=kind,
        system=system,
        active=native.get("Status", "ACTIVE") == "ACTIVE",
        takes_payments=kind == "BANK" or native.get("EnablePaymentsToAccount") is True,
        takes_documents=kind not in _REFUSING_TYPES and system not in _REFUSING_SYSTEM_ACCOUNTS,
        takes_journals=kind not in _REFUSING_TYPES and system not in _JOURNAL_REFUSING_SYSTEM_ACCOUNTS,
        currency=native.get("CurrencyCode") or "",
        tax_code=native.get("TaxType") or "",
    )


def tracking(native: Json) -> Tracking:
    """A tracking category with its active options."""
    options = [option["Name"] for option in native.get("Options") or () if option.get("Status", "ACTIVE") == "ACTIVE"]
    return Tracking(
        external_id=native["TrackingCategoryID"],
        name=native["Name"],
        options=tuple(options),
        active=native.get("Status", "ACTIVE") == "ACTIVE",
    )


def contact(native: Json) -> Contact:
    """A contact. ``number`` is the customer or supplier number people see, not the mark we left."""
    number, mark = native.get("AccountNumber") or "", native.get("ContactNumber") or ""
    return Contact(
        external_id=native["ContactID"],
        name=native["Name"],
        is_customer=bool(native.get("IsCustomer")),
        is_supplier=bool(native.get("IsSupplier")),
        active=native.get("ContactStatus", "ACTIVE") == "ACTIVE",
        first_name=native.get("FirstName") or "",
        last_name=native.get("LastName") or "",
        email=native.get("EmailAddress") or "",
        phone=_phone(native),
        tax_number=native.get("TaxNumber") or "",
        currency=native.get("DefaultCurrency") or "",
        number=number or ("" if mark.startswith(CONTACT_PREFIX) else mark),
        addresses=tuple(_address(address) for address in native.get("Addresses") or () if _is_filled(address)),
    )


def _phone(native: Json) -> str:
    for phone in native.get("Phones") or ():
        if phone.get("PhoneType") == "DEFAULT":
            parts = (phone.get(f"Phone{part}") for part in ("CountryCode", "AreaCode", "Number"))
            return " ".join(part for part in parts if part)
    return ""


def _is_filled(address: Json) -> bool:
    return any(value for name, value in address.items() if name != "AddressType")


def _address(native: Json) -> Address:
    return Address(
        type="shipping" if native.get("AddressType") == "STREET" else "billing",
        line1=native.get("AddressLine1") or "",
        line2=", ".join(line for number in (2, 3, 4) if (line := native.get(f"AddressLine{number}"))),
        city=native.get("City") or "",
        region=native.get("Region") or "",
        postcode=native.get("PostalCode") or "",
        country=native.get("Country") or "",
    )


def keeps_stock(native: Json) -> bool:
    """Whether Xero counts and values the item itself; to use it as well would book its cost twice."""
    return native.get("IsTrackedAsInventory") is True


def item(native: Json) -> Item:
    """An item that Xero keeps no stock of."""
    sale, purchase = native.get("SalesDetails") or {}, native.get("PurchaseDetails") or {}
    return Item(
        external_id=native["ItemID"],
        code=native["Code"],
        name=native.get("Name") or "",
        description=native.get("Description") or "",
        is_stock=False,
        sale_price=_decimal(sale.get("UnitPrice")),
        purchase_price=_decimal(purchase.get("UnitPrice")),
        sale_account=sale.get("AccountCode") or "",
        purchase_account=purchase.get("AccountCode") or "",
        sale_tax=sale.get("TaxType") or "",
        purchase_tax=purchase.get("TaxType") or "",
    )


def _decimal(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)
