"""QuickBooks' lists in the hub's words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from lxml import etree

from hub import (
    Account,
    AccountClass,
    Contact,
    Item,
    Organisation,
    PaymentMethod,
    PaymentTerm,
    TaxRate,
    Tracking,
)
from hub_qbdesktop import currencies, ids, refs, taxes, xmltext
from hub_qbdesktop.settings import CURRENCIES
from hub_qbdesktop.states import LISTED, amount, day, flag, text

_CLASSES = {
    **dict.fromkeys(
        ("AccountsReceivable", "Bank", "FixedAsset", "OtherAsset", "OtherCurrentAsset"), AccountClass.ASSET
    ),
    **dict.fromkeys(
        ("AccountsPayable", "CreditCard", "LongTermLiability", "OtherCurrentLiability"), AccountClass.LIABILITY
    ),
    "Equity": AccountClass.EQUITY,
    **dict.fromkeys(("Income", "OtherIncome"), AccountClass.REVENUE),
}
"""The types of accounts (QuickBooks Desktop API reference, Account); every other one counts as an expense."""
_OWN = frozenset({"AccountsReceivable", "AccountsPayable", "NonPosting"})
_PAID_INTO = frozenset({"Bank", "OtherCurrentAsset"})


def is_active(node: etree._Element) -> bool:
    """Whether a record of a list is in use; one that does not say is."""
    return text(node, "IsActive").lower() not in ("false", "0")


def _named(nodes: Iterable[etree._Element]) -> dict[str, list[etree._Element]]:
    named: dict[str, list[etree._Element]] = {}
    for node in nodes:
        named.setdefault(xmltext.local(node), []).append(node)
    return named


def organisation(nodes: Iterable[etree._Element], owner_id: str) -> Organisation:
    """The company, from what the host, the company, the preferences and the list of currencies say.

    QuickBooks names no time zone; it keeps dates without any, and times are compared as it writes them.
    """
    named = _named(nodes)
    [company, *_], [host, *_] = named["CompanyRet"], named.get("HostRet", [None])
    [preferences, *_] = named.get("PreferencesRet", [None])
    country = text(host, "Country") if host is not None else "US"
    listed = named.get("CurrencyRet", ())
    home = currencies.home(preferences, currencies.codes(listed))
    currency = home or CURRENCIES.get(country.upper(), "USD")
    own = (each for each in company.iterfind("DataExtRet") if text(each, "OwnerID").upper() == owner_id.upper())
    file_id = next((text(each, "DataExtValue") for each in own if text(each, "DataExtName") == "FileID"), "")
    name = text(company, "CompanyName") or "QuickBooks company"
    closing = day(preferences, "AccountingPreferences/ClosingDate") if preferences is not None else None
    kept = tuple(sorted({currency, *currencies.codes(filter(is_active, listed)).values()})) if home else (currency,)
    return Organisation(id=file_id or name, name=name, base_currency=currency, lock_date=closing, currencies=kept)


def accounts(nodes: Iterable[etree._Element]) -> list[Account]:
    """The chart of accounts; an account in another currency than the company's own names it."""
    named = _named(nodes)
    [preferences, *_] = named.get("PreferencesRet", [None])
    known = currencies.codes(named.get("CurrencyRet", ()))
    home = currencies.home(preferences, known)
    foreign = {name: code for name, code in known.items() if home and code != home}
    return [account(node, foreign) for node in named.get("AccountRet", ())]


def account(node: etree._Element, foreign: Mapping[str, str]) -> Account:
    """An account. Its code is its number, or its full name where the company numbers none."""
    full, sort = text(node, "FullName"), text(node, "AccountType")
    special = text(node, "SpecialAccountType")
    return Account(
        external_id=text(node, "ListID"),
        code=text(node, "AccountNumber") or full,
        name=full,
        account_class=_CLASSES.get(sort, AccountClass.EXPENSE),
        type=sort,
        system=special,
        active=is_active(node),
        takes_payments=sort in _PAID_INTO,
        takes_documents=sort not in _OWN | {"Bank"},
        takes_journals=sort not in _OWN | {"Bank"} and special != "RetainedEarnings",
        currency=foreign.get(text(node, "CurrencyRef/FullName"), ""),
    )


def tax_rates(nodes: Iterable[etree._Element]) -> list[TaxRate]:
    """The sales tax items and groups, each with the taxable code, and the codes that are not taxed."""
    named = _named(nodes)
    preferences = next(iter(named.get("PreferencesRet", ())), None)
    codes = named.get("SalesTaxCodeRet", ())
    taxable = _taxable_code(preferences, codes)
    if preferences is not None and preferences.find("SalesTaxPreferences") is None:
        return taxes.listed(())
    rates = {text(node, "ListID"): amount(node, "TaxRate") or Decimal(0) for node in named.get("ItemSalesTaxRet", ())}
    items = [*named.get("ItemSalesTaxRet", ()), *named.get("ItemSalesTaxGroupRet", ())]
    found = [_taxed(node, taxable, rates) for node in items] if taxable else []
    return taxes.listed([*found, *(_untaxed(node) for node in codes if not flag(node, "IsTaxable"))])


def _taxable_code(preferences: etree._Element | None, codes: Iterable[etree._Element]) -> str:
    path = "SalesTaxPreferences/DefaultTaxableSalesTaxCodeRef/FullName"
    usual = text(preferences, path) if preferences is not None else ""
    return usual or next((text(node, "Name") for node in codes if flag(node, "IsTaxable") and is_active(node)), "")


def _taxed(node: etree._Element, code: str, rates: Mapping[str, Decimal]) -> TaxRate:
    name = text(node, "Name")
    parts = tuple(rates.get(text(each, "ListID"), Decimal(0)) for each in node.iterfind("ItemSalesTaxRef"))
    percent = sum(parts, Decimal(0)) if parts else amount(node, "TaxRate")
    return TaxRate(
        external_id=text(node, "ListID"),
        code=taxes.code_of(code, name),
        name=text(node, "ItemDesc") or name,
        percent=percent or Decimal(0),
        active=is_active(node),
        on_purchases=False,
        special=not percent,
        parts=parts,
    )


def _untaxed(node: etree._Element) -> TaxRate:
    return TaxRate(
        external_id=text(node, "ListID"),
        code=text(node, "Name"),
        name=text(node, "Desc") or text(node, "Name"),
        percent=Decimal(0),
        active=is_active(node),
        on_purchases=False,
        special=True,
    )


def classes(nodes: Iterable[etree._Element]) -> Tracking:
    """The classes, as the options of the one tracking category."""
    options = tuple(sorted(text(node, "FullName") for node in nodes if is_active(node)))
    return Tracking(external_id=refs.CLASS, name=refs.CLASS, options=options, active=bool(options))


def term(node: etree._Element) -> PaymentTerm:
    """Terms of payment."""
    days = text(node, "StdDueDays")
    is_standard = xmltext.local(node) == "StandardTermsRet"
    return PaymentTerm(
        external_id=text(node, "ListID"),
        name=text(node, "Name"),
        days=int(days) if days.isdigit() else 0,
        method="days after the date" if is_standard else "day of the month",
        active=is_active(node),
    )


def payment_method(node: etree._Element) -> PaymentMethod:
    """How a customer may pay."""
    return PaymentMethod(external_id=text(node, "ListID"), name=text(node, "Name"), active=is_active(node))


def contact(node: etree._Element) -> Contact:
    """A customer or a vendor."""
    is_customer = xmltext.local(node) == "CustomerRet"
    return Contact(
        external_id=ids.joined(LISTED[xmltext.local(node)], text(node, "ListID")),
        name=text(node, "FullName") or text(node, "Name"),
        is_customer=is_customer,
        is_supplier=not is_customer,
        active=is_active(node),
        first_name=text(node, "FirstName"),
        last_name=text(node, "LastName"),
        email=text(node, "Email"),
        phone=text(node, "Phone"),
        tax_number=text(node, "VendorTaxIdent"),
        number=text(node, "AccountNumber"),
        currency=currencies.code_of(text(node, "CurrencyRef/FullName")),
    )


def item(node: etree._Element) -> Item:
    """An item that QuickBooks keeps no stock of."""
    sales, only = "SalesAndPurchase", "SalesOrPurchase"
    return Item(
        external_id=ids.joined(ids.ITEM_SORTS[xmltext.local(node)], text(node, "ListID")),
        code=text(node, "FullName") or text(node, "Name"),
        name=text(node, f"{sales}/SalesDesc") or text(node, f"{only}/Desc"),
        active=is_active(node),
        is_stock=False,
        sale_price=amount(node, f"{sales}/SalesPrice") or amount(node, f"{only}/Price"),
        purchase_price=amount(node, f"{sales}/PurchaseCost"),
    )


def stamps(nodes: Iterable[etree._Element]) -> Iterator[str]:
    """When each record was changed or deleted, as QuickBooks writes it but for the offset.

    Its offset is wrong by an hour while summer time lasts, so it is left out: the rest is the computer's own time.
    """
    for node in nodes:
        said = text(node, "TimeModified") or text(node, "TimeDeleted")
        if said:
            yield said[:19]
