"""The kinds of lists and transactions, and what a reference may name.

Source: QuickBooks Desktop SDK, onscreen reference of qbXML 13.0 (United States).
"""

from __future__ import annotations

from dataclasses import dataclass

ENTITIES = ("Customer", "Vendor", "Employee", "OtherName")
ITEMS = (
    "ItemService",
    "ItemNonInventory",
    "ItemInventory",
    "ItemOtherCharge",
    "ItemDiscount",
    "ItemSubtotal",
    "ItemSalesTax",
    "ItemSalesTaxGroup",
    "ItemGroup",
)
TAX_ITEMS = ("ItemSalesTax", "ItemSalesTaxGroup")


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list: in which space its names are unique, whether entries can be under others, what a person calls it."""

    names: str
    noun: str
    nested: bool = False


LISTS = {
    "Account": ListKind("account", "Account", True),
    "Customer": ListKind("entity", "Customer", True),
    "Vendor": ListKind("entity", "Vendor"),
    "Employee": ListKind("entity", "Employee"),
    "OtherName": ListKind("entity", "Other Name"),
    "Class": ListKind("class", "Class", True),
    "StandardTerms": ListKind("terms", "Terms"),
    "PaymentMethod": ListKind("payment method", "Payment Method"),
    "SalesTaxCode": ListKind("sales tax code", "Sales Tax Code"),
    "Currency": ListKind("currency", "Currency"),
    "CustomerType": ListKind("customer type", "Customer Type", True),
    "VendorType": ListKind("vendor type", "Vendor Type", True),
    "ShipMethod": ListKind("ship method", "Ship Method"),
    "SalesRep": ListKind("sales rep", "Sales Rep"),
    "CustomerMsg": ListKind("customer message", "Customer Message"),
    **{kind: ListKind("item", "Item", kind not in ("ItemSubtotal", *TAX_ITEMS, "ItemGroup")) for kind in ITEMS},
}

_ACCOUNT_REFS = (
    "AccountRef",
    "IncomeAccountRef",
    "ExpenseAccountRef",
    "COGSAccountRef",
    "AssetAccountRef",
    "DepositToAccountRef",
    "DiscountAccountRef",
    "OverrideItemAccountRef",
    "ARAccountRef",
    "APAccountRef",
    "BankAccountRef",
    "PrefillAccountRef",
)
REFERENCES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_ACCOUNT_REFS, ("Account",)),
    "CustomerRef": ("Customer",),
    "VendorRef": ("Vendor",),
    "PrefVendorRef": ("Vendor",),
    "TaxVendorRef": ("Vendor",),
    "EntityRef": ENTITIES,
    "PayeeEntityRef": ENTITIES,
    "ItemRef": ITEMS,
    "ItemSalesTaxRef": TAX_ITEMS,
    "ClassRef": ("Class",),
    "DiscountClassRef": ("Class",),
    "TermsRef": ("StandardTerms",),
    "SalesTaxCodeRef": ("SalesTaxCode",),
    "CustomerSalesTaxCodeRef": ("SalesTaxCode",),
    "PaymentMethodRef": ("PaymentMethod",),
    "PreferredPaymentMethodRef": ("PaymentMethod",),
    "CurrencyRef": ("Currency",),
    "ShipMethodRef": ("ShipMethod",),
    "SalesRepRef": ("SalesRep",),
    "CustomerMsgRef": ("CustomerMsg",),
    "CustomerTypeRef": ("CustomerType",),
    "VendorTypeRef": ("VendorType",),
}
"""What the entry named by an element may be. `ParentRef` names one of the entry's own kind."""

FEATURES = {
    "ClassRef": "class tracking",
    "DiscountClassRef": "class tracking",
    "ExchangeRate": "multiple currencies",
    "CurrencyRef": "multiple currencies",
    "ItemSalesTaxRef": "sales tax",
    "CustomerSalesTaxCodeRef": "sales tax",
    "SalesTaxCodeRef": "sales tax",
    "InventorySiteRef": "multiple inventory sites",
    "InventorySiteLocationRef": "multiple inventory sites",
    "SerialNumber": "serial and lot numbers",
    "LotNumber": "serial and lot numbers",
    "UnitOfMeasure": "units of measure",
    "UnitOfMeasureSetRef": "units of measure",
    "OverrideUOMSetRef": "units of measure",
    "PriceLevelRef": "price levels",
    "BarCode": "bar codes",
}
"""Fields that belong to a feature which the company may not use."""


@dataclass(frozen=True, slots=True)
class TxnKind:
    """A sort of transaction: what its messages call it, its party's element, its account's, and its lines' names."""

    noun: str
    party: str
    account: str
    voidable: bool = True


TRANSACTIONS = {
    "Invoice": TxnKind("Invoice", "CustomerRef", "ARAccountRef"),
    "CreditMemo": TxnKind("Credit Memo", "CustomerRef", "ARAccountRef"),
    "Bill": TxnKind("Bill", "VendorRef", "APAccountRef"),
    "VendorCredit": TxnKind("Vendor Credit", "VendorRef", "APAccountRef"),
    "JournalEntry": TxnKind("Journal Entry", "", ""),
    "ReceivePayment": TxnKind("Payment", "CustomerRef", "ARAccountRef", False),
    "BillPaymentCheck": TxnKind("Bill Payment", "PayeeEntityRef", "APAccountRef"),
    "Check": TxnKind("Check", "PayeeEntityRef", "AccountRef"),
    "InventoryAdjustment": TxnKind("Inventory Adjustment", "", "AccountRef"),
}

AREAS = {
    "sales": ("Customer", "Invoice", "CreditMemo", "ReceivePayment"),
    "purchases": ("Vendor", "Bill", "VendorCredit", "BillPaymentCheck", "Check"),
    "accounting": ("Account", "JournalEntry", "Class"),
    "inventory": ("ItemInventory", "InventoryAdjustment"),
}
"""Areas of a QuickBooks user's permissions that can be taken away, and what they cover."""


def noun(kind: str) -> str:
    """What messages call a kind of list or transaction."""
    found: ListKind | TxnKind | None = LISTS.get(kind) or TRANSACTIONS.get(kind)
    return found.noun if found else kind
