"""Customers, suppliers and products with Core's field names (documentation pages of these names)."""

from __future__ import annotations

from decimal import Decimal

from sim_cin7core import chart
from sim_cin7core.records import Card, JsonObject, identifier

STOCK, SERVICE = "Stock", "Service"
_ATTRIBUTES = tuple(f"AdditionalAttribute{number}" for number in range(1, 11))


def number(value: Decimal) -> int | float:
    """A JSON number that prints exactly these digits; whole numbers without a fraction, as Core does."""
    whole = int(value)
    return whole if whole == value else float(value)


def _address(country: str, key: str) -> JsonObject:
    return {
        "Line1": "",
        "Line2": "",
        "City": "",
        "State": "",
        "Postcode": "",
        "Country": country,
        "Type": "Billing",
        "DefaultForType": True,
        "ID": identifier("address", key),
    }


def customer(
    key: str,
    name: str,
    stamp: int,
    country: str = "United Kingdom",
    currency: str = chart.CURRENCY,
    **fields: object,
) -> Card:
    """A customer card; ``key`` decides its ID, further ``fields`` overwrite the defaults by Core's names."""
    card: JsonObject = {
        "ID": identifier("customer", key),
        "Name": name,
        "DisplayName": name,
        "Currency": currency,
        "PaymentTerm": chart.DEFAULT_TERMS,
        "Discount": 0,
        "TaxRule": chart.NO_VAT,
        "Carrier": None,
        "SalesRepresentative": None,
        "Location": chart.LOCATION,
        "Comments": None,
        "AccountReceivable": chart.RECEIVABLE,
        "RevenueAccount": chart.SALES,
        "PriceTier": "Tier 1",
        "TaxNumber": None,
        **dict.fromkeys(_ATTRIBUTES, ""),
        "AttributeSet": None,
        "Tags": None,
        "Status": "Active",
        "CreditLimit": 0,
        "IsOnCreditHold": False,
        "IsLegalEntity": False,
        "CustomerParentID": None,
        "CustomerParentName": None,
        "IsBillParent": False,
        "Addresses": [_address(country, f"customer/{key}")],
        "Contacts": [],
        "ChildCustomers": [],
    }
    card.update(fields)
    return Card(str(card["ID"]), card, stamp, stamp)


def supplier(
    key: str,
    name: str,
    stamp: int,
    country: str = "United Kingdom",
    currency: str = chart.CURRENCY,
    **fields: object,
) -> Card:
    """A supplier card. Its addresses have no ID in the documented example."""
    address = _address(country, f"supplier/{key}")
    del address["ID"]
    card: JsonObject = {
        "ID": identifier("supplier", key),
        "Name": name,
        "Currency": currency,
        "PaymentTerm": chart.DEFAULT_TERMS,
        "TaxRule": chart.NO_VAT,
        "Discount": 0,
        "Comments": None,
        "AccountPayable": chart.PAYABLE,
        "TaxNumber": None,
        **dict.fromkeys(_ATTRIBUTES, ""),
        "AttributeSet": None,
        "Status": "Active",
        "Addresses": [address],
        "Contacts": [],
    }
    card.update(fields)
    return Card(str(card["ID"]), card, stamp, stamp)


def product(
    key: str,
    sku: str,
    name: str,
    stamp: int,
    kind: str = STOCK,
    price: Decimal = Decimal(0),
    cost: Decimal = Decimal(0),
    revenue: str | None = None,
    **fields: object,
) -> Card:
    """A product card; ``key`` decides its ID, ``price`` is tier 1, ``cost`` the read-only average cost."""
    stock = kind == STOCK
    tiers = {f"Tier {tier}": number(price) if tier == 1 else 0 for tier in range(1, 11)}
    card: JsonObject = {
        "ID": identifier("product", key),
        "SKU": sku,
        "Name": name[:256],
        "Category": "Other",
        "Brand": None,
        "Type": kind,
        "CostingMethod": "FIFO",
        "DropShipMode": "No Drop Ship",
        "DefaultLocation": chart.LOCATION,
        "UOM": "Item",
        "Barcode": None,
        **{f"PriceTier{tier}": value for tier, value in enumerate(tiers.values(), start=1)},
        "PriceTiers": tiers,
        "AverageCost": number(cost),
        "ShortDescription": None,
        "Description": None,
        "InternalNote": "",
        **dict.fromkeys(_ATTRIBUTES),
        "AttributeSet": None,
        "DiscountRule": None,
        "Tags": None,
        "Status": "Active",
        "COGSAccount": chart.COST_OF_GOODS if stock else None,
        "RevenueAccount": revenue or chart.SALES,
        "ExpenseAccount": None if stock else chart.CONSUMABLES,
        "InventoryAccount": chart.INVENTORY if stock else None,
        "PurchaseTaxRule": chart.NO_VAT,
        "SaleTaxRule": chart.NO_VAT,
        "Sellable": True,
        "BillOfMaterial": False,
        "AutoAssembly": False,
        "AutoDisassembly": False,
        "Suppliers": [],
        "ReorderLevels": [],
        "BillOfMaterialsProducts": [],
        "BillOfMaterialsServices": [],
        "Movements": [],
        "Attachments": [],
    }
    card.update(fields)
    return Card(str(card["ID"]), card, stamp, stamp)
