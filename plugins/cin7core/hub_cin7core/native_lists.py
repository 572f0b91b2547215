"""Core's cards and reference lists -> documents: pure.

Sources: Cin7 Core API v2 documentation, pages Customer, Supplier, Product, Chart of Accounts, Bank Accounts,
Tax and Payment Terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hub import Account, AccountClass, Address, BankAccount, Contact, Item, PaymentTerm, TaxRate
from hub_cin7core.fields import Native, ReadError, blocks, flag, guid, number, text
from hub_cin7core.native_attributes import product_attributes

CONTROL_ACCOUNTS = frozenset({"DEBTORS", "CREDITORS"})
"""What Core calls the accounts of receivables and payables."""
_SPECIAL_TAX_WORDS = ("exempt", "reverse", "import", "excluded", "out of scope", "outside", "zero", "free")


def read_customer(native: Native, site: str) -> Contact:
    """A customer card. The unique ``Name`` is used, not ``DisplayName``, which several may share."""
    return _contact(native, f"{site}/Customer#", is_customer=True, account=text(native, "RevenueAccount"))


def read_supplier(native: Native, site: str) -> Contact:
    """A supplier card. ``AccountPayable`` is the control account, no default for lines, so none is given."""
    return _contact(native, f"{site}/Supplier#", is_supplier=True)


def _contact(
    native: Native, link: str, *, is_customer: bool = False, is_supplier: bool = False, account: str = ""
) -> Contact:
    card = guid(native, "ID")
    person = _default_first(blocks(native, "Contacts"), "Default")
    first, _, last = text(person, "Name").partition(" ")
    return Contact(
        external_id=card,
        source_url=f"{link}{card}",
        name=text(native, "Name"),
        is_customer=is_customer,
        is_supplier=is_supplier,
        active=text(native, "Status").upper() != "DEPRECATED",
        first_name=first,
        last_name=last.strip(),
        email=text(person, "Email"),
        phone=text(person, "Phone", "MobilePhone"),
        tax_number=text(native, "TaxNumber"),
        currency=text(native, "Currency").upper(),
        account=account,
        tax_code=text(native, "TaxRule"),
        payment_term=text(native, "PaymentTerm"),
        addresses=tuple(_addresses(blocks(native, "Addresses"))),
    )


def _default_first(entries: tuple[Native, ...], mark: str) -> Native:
    return next((entry for entry in entries if flag(entry, mark)), entries[0] if entries else {})


def _addresses(entries: tuple[Native, ...]) -> Iterator[Address]:
    """One billing and one shipping address; a business address stands in for a missing billing address."""
    by_type = {
        kind: tuple(entry for entry in entries if text(entry, "Type").casefold() == kind)
        for kind in ("billing", "business", "shipping")
    }
    if billing := by_type["billing"] or by_type["business"]:
        yield _address(_default_first(billing, "DefaultForType"), Address(type="billing"))
    if by_type["shipping"]:
        yield _address(_default_first(by_type["shipping"], "DefaultForType"), Address(type="shipping"))


def _address(native: Native, kind: Address) -> Address:
    return Address(
        type=kind.type,
        line1=text(native, "Line1"),
        line2=text(native, "Line2"),
        city=text(native, "City"),
        region=text(native, "State"),
        postcode=text(native, "Postcode"),
        country=text(native, "Country"),
    )


def read_product(native: Native, site: str) -> Item:
    """A product or service. Bought stock is booked to the inventory account, bought services to the expense
    account.
    """
    product = guid(native, "ID")
    is_stock = text(native, "Type").casefold() != "service"
    bought = ("InventoryAccount", "ExpenseAccount") if is_stock else ("ExpenseAccount", "COGSAccount")
    return Item(
        external_id=product,
        source_url=f"{site}/Product#{product}",
        code=text(native, "SKU"),
        name=text(native, "Name"),
        description=text(native, "ShortDescription", "Description"),
        active=text(native, "Status").upper() != "DEPRECATED",
        is_stock=is_stock,
        sale_price=number(native, "PriceTier1"),
        purchase_price=number(native, "AverageCost"),
        sale_account=text(native, "RevenueAccount"),
        purchase_account=text(native, *bought),
        sale_tax=text(native, "SaleTaxRule"),
        purchase_tax=text(native, "PurchaseTaxRule"),
        attributes=product_attributes(native),
    )


def read_account(native: Native, site: str) -> Account:
    """An account of the chart. It has no id of its own: documents and Core itself name it by its code."""
    code = text(native, "Code")
    kind = text(native, "Type").upper()
    system = text(native, "SystemAccountCode", "SystemAccount")
    return Account(
        external_id=code,
        code=code,
        name=text(native, "Name", "DisplayName"),
        account_class=_account_class(native),
        type=kind,
        system=system,
        active=text(native, "Status").upper() in ("", "ACTIVE"),
        takes_payments=kind == "BANK" or flag(native, "ForPayments"),
        takes_documents=kind != "BANK" and system.upper() not in CONTROL_ACCOUNTS,
    )


def _account_class(native: Native) -> AccountClass:
    name = text(native, "Class").lower()
    try:
        return AccountClass(name)
    except ValueError as error:
        raise ReadError(f"Class is none of the five classes of accounts: {name!r}") from error


def read_bank_account(native: Native, site: str) -> BankAccount:
    """A bank account; ``code`` is its account in the chart."""
    return BankAccount(
        external_id=guid(native, "AccountID"),
        code=text(native, "AccountCode"),
        name=text(native, "AccountName"),
        currency=text(native, "Currency").upper(),
    )


def read_tax_rule(native: Native, site: str) -> TaxRate:
    """A tax rule. Documents name it by ``Name``, which Core holds unique whatever the letter case."""
    name = text(native, "Name")
    parts = blocks(native, "Components")
    percents = [number(part, "Percent") or Decimal(0) for part in parts]
    percent = number(native, "TaxPercent")
    effective = _effective(parts) if percent is None else percent
    offsetting = min(percents, default=Decimal(0)) < 0
    named_special = any(word in name.casefold() for word in _SPECIAL_TAX_WORDS)
    return TaxRate(
        external_id=guid(native, "ID"),
        code=name,
        name=name,
        percent=effective,
        active=flag(native, "IsActive", default=True),
        on_sales=flag(native, "IsTaxForSale"),
        on_purchases=flag(native, "IsTaxForPurchase"),
        special=effective == 0 or offsetting or named_special,
    )


def _effective(parts: tuple[Native, ...]) -> Decimal:
    """What several components come to: a compound one is charged on the amount and the taxes before it."""
    total = Decimal(0)
    for part in sorted(parts, key=lambda entry: number(entry, "ComponentOrder") or Decimal(0)):
        percent = number(part, "Percent") or Decimal(0)
        total += percent * (1 + total / 100) if flag(part, "Compound") else percent
    return total


def read_payment_term(native: Native, site: str) -> PaymentTerm:
    """A payment term; an inactive one is still listed."""
    return PaymentTerm(
        external_id=guid(native, "ID"),
        name=text(native, "Name"),
        days=int(number(native, "Duration") or 0),
        method=text(native, "Method"),
        active=flag(native, "IsActive", default=True),
    )
